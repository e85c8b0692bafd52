"""The product dataset: what it writes, that its hash hangs on the words alone, and that it serves only what is permitted now."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownwords.core.errors import NotFound, Usage
from ownwords.core.manifest import Manifest
from ownwords.core.product import Artifact, Built, Opened
from ownwords.products.dataset import Options, Rows, Sample, Summary, forms, make, serve
from posts import WORDS, permitted, records


def network(seed: int, n: int = 60, n_people: int = 7) -> pl.DataFrame:
    """People who post, answer, mention one another and repeat themselves."""
    rng = random.Random(seed)
    rows: list[dict] = []
    for _ in range(n):
        text = " ".join(rng.choices(WORDS, k=rng.randint(1, 12)))
        kind = rng.random()
        if kind < 0.2 and rows:
            text = rng.choice(rows)["text"]
        elif kind < 0.3 and rows:
            text = rng.choice(rows)["text"] + " lol"
        elif kind < 0.4:
            text = f"@name_{rng.randrange(n_people)} {text}"
        row = {"text": text, "account_id": f"test:p{rng.randrange(n_people)}", "category": rng.choice(["post", "reply", "reply", "repost"])}
        rows.append(row | {"reply_to": f"test:{rng.randrange(n)}" if rng.random() < 0.6 else None})
    return records(rows)


def built(rows: pl.DataFrame, out: Path, options: Options | None = None) -> Built:
    out.mkdir(exist_ok=True)
    return make.build({"rows": Opened(permitted(rows))}, out, options or Options(), None)


def opened(rows: pl.DataFrame, out: Path, options: Options | None = None) -> Artifact:
    done = built(rows, out, options)
    manifest = Manifest("dataset/v1", "dataset", "train_ai", {}, {}, {}, [], dict(done.metrics), done.content_hash, {}, {}, 7, "", "")
    return Artifact(out, manifest)


@dataclass
class Gate:
    """A Context that permits all but some records."""

    held: pl.DataFrame
    refused: set[int] = field(default_factory=set)
    n_asked: int = 0

    def rows(self, record_nos) -> pl.DataFrame:
        return self.held.filter(pl.col("record_no").is_in(list(record_nos)) & ~pl.col("record_no").is_in(sorted(self.refused)))

    def allowed(self, record_nos: pl.Series) -> pl.Series:
        self.n_asked += 1
        return ~record_nos.is_in(sorted(self.refused))

    def numbers(self, account: str) -> pl.Series:
        return self.held.filter(pl.col("account_id") == account)["record_no"]

    def account(self, person: str) -> str:
        return person

    def settled(self) -> bool:
        return True


# --- what is written ------------------------------------------------------------------------------------------------------------


def read(folder: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(folder / f"{split}.parquet") for split in ("train", "held_out")])


FILES = ["README.md", "croissant.json", "dataset_info.json", "held_out.jsonl", "held_out.parquet", "report.html"]
FILES += ["train.jsonl", "train.parquet", "training_content.json", "training_content.md"]
MADE = ["conversations", "flat", "prompt_completion"]


@pytest.mark.parametrize("form", MADE)
def test_every_file_is_there_and_says_the_same(tmp_path, form):
    done = built(network(1), tmp_path / "out", Options(form=form, held_out=0.3))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    rows = read(tmp_path / "out")
    assert dict(rows.schema) == forms.columns(form)
    assert rows.height == done.metrics["dialogues"] == sum(done.metrics["split"].values()) > 0
    assert set(rows["origins"].explode()) <= set(done.origins)
    for split in ("train", "held_out"):
        part = pl.read_parquet(tmp_path / "out" / f"{split}.parquet")
        assert part["row_id"].is_sorted()
        assert set(part["split"]) <= {split}
        lines = (tmp_path / "out" / f"{split}.jsonl").read_text().splitlines()
        assert [json.loads(line) for line in lines] == part.drop("origins").to_dicts()


def test_messages_alternate_and_end_with_the_assistant(tmp_path):
    said = [("a", "one", None), ("b", "two", "0"), ("b", "three", "1"), ("c", "four", "2"), ("a", "five", "3")]
    rows = records([{"text": t, "account_id": f"test:{who}", "reply_to": to and f"test:{to}"} for who, t, to in said])
    built(rows, tmp_path / "out", Options(held_out=0, quality=False))
    line = json.loads((tmp_path / "out" / "train.jsonl").read_text())
    assert {name: line[name] for name in ("messages", "record_ids")} == {
        "messages": [
            {"role": "user", "content": ""},
            {"role": "assistant", "content": "one"},
            {"role": "user", "content": "two\nthree\nfour"},
            {"role": "assistant", "content": "five"},
        ],
        "record_ids": [f"test:{n}" for n in range(5)],
    }


def test_preferences_are_made_of_answers_that_readers_scored(tmp_path):
    said = [("a", "what is a good lantern for the river", None, 3), ("b", "the bicycle market has good ones", 0, 1)]
    said += [("c", "my teacher carries a kettle instead", 0, 9), ("d", "ask at the harbour by the bridge", 0, None)]
    rows = [
        {
            "text": text,
            "account_id": f"test:{who}",
            "reply_to": None if to is None else f"test:{to}",
            "attributes": json.dumps({"score": score}),
        }
        for who, text, to, score in said
    ]
    done = built(records(rows), tmp_path / "out", Options(form="preference", held_out=0))
    (row,) = pl.read_parquet(tmp_path / "out" / "train.parquet").to_dicts()
    assert row["prompt"] == [{"role": "user", "content": said[0][1]}]
    assert (row["chosen"][0]["content"], row["rejected"][0]["content"]) == (said[2][1], said[1][1])
    assert row["record_ids"] == ["test:0", "test:2", "test:1"]
    assert set(row["origins"]) == {0, 1, 2} <= set(done.origins)
    assert done.metrics["posts_in"] == done.metrics["posts"] + sum(done.metrics["dropped"].values())


def test_the_card_names_purpose_policy_and_what_was_left_out(tmp_path):
    built(network(2), tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "`train_ai`" in card
    assert "`opt-in`" in card
    assert "repost" in card


@pytest.mark.parametrize("options", [{}, {"form": "flat"}, {"held_out": 0.4, "max_context": 3}, {"sample": 25}, {"near": 0.0}])
def test_every_post_that_went_in_is_in_or_counted_as_dropped(tmp_path, options):
    said = built(network(5), tmp_path / "out", Options(**options)).metrics
    assert said["posts_in"] == said["posts"] + sum(said["dropped"].values())
    assert min(said["dropped"].values()) > 0
    assert ("not in the sample" in said["dropped"]) == ("sample" in options)


def test_what_went_can_be_written_out_with_step_and_reason(tmp_path):
    done = built(network(5), tmp_path / "out", Options(form="flat", dropped=True))
    found = pl.read_parquet(tmp_path / "out" / "dropped" / "records.parquet")
    assert found.columns == ["record_id", "step", "reason"]
    assert dict(found.group_by("reason").len().iter_rows()) == done.metrics["dropped"]
    assert set(found["record_id"]).isdisjoint(read(tmp_path / "out")["record_ids"].explode())
    held = dict(network(5).select("record_id", "record_no").iter_rows())
    assert {held[name] for name in found["record_id"]} <= set(done.origins)
    assert built(network(5), tmp_path / "again", Options(form="flat", dropped=True)).content_hash == done.content_hash
    assert built(network(5), tmp_path / "other", Options(form="flat")).content_hash != done.content_hash


@pytest.mark.parametrize("turns", [1, 2, 8])
def test_no_count_is_below_zero_however_short_dialogues_are(tmp_path, turns):
    said = built(network(5), tmp_path / "out", Options(max_turns=turns)).metrics
    assert said["posts_in"] == said["posts"] + sum(said["dropped"].values())
    assert min(said["dropped"].values()) > 0


def test_a_sample_is_some_of_the_rows_and_the_same_each_time(tmp_path):
    whole = built(network(3), tmp_path / "whole")
    few = built(network(3), tmp_path / "few", Options(sample=25))
    assert 0 < few.metrics["dialogues"] < whole.metrics["dialogues"]
    assert 0 < few.metrics["posts_in"] - few.metrics["dropped"]["not in the sample"] < 50
    assert built(network(3), tmp_path / "again", Options(sample=25)).content_hash == few.content_hash


def test_what_an_interrupted_build_left_changes_nothing(tmp_path):
    clean = built(network(4), tmp_path / "out")
    (tmp_path / "out" / "scratch").mkdir()
    (tmp_path / "out" / "scratch" / "00-clean-0.arrow").write_bytes(b"half")
    (tmp_path / "out" / "train.parquet").write_bytes(b"half")
    assert built(network(4), tmp_path / "out").content_hash == clean.content_hash


def test_nothing_that_an_interrupted_build_left_is_shipped(tmp_path):
    """Whoever was in it may have withdrawn since: another form's rows, tokens, half a file, whatever it is."""
    (tmp_path / "out" / "tokens").mkdir(parents=True)
    for name in ("tokens/train-00000.npy", "train-00000.parquet", ".train.jsonl.7.part", "notes.txt"):
        (tmp_path / "out" / name).write_bytes(b"words of somebody")
    built(network(4), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES


@pytest.mark.parametrize(
    "wrong", [{"form": "round"}, {"held_out": 1.5}, {"max_turns": 0}, {"max_context": -1}, {"near": 2.0}, {"sample": -1}]
)
def test_an_option_out_of_range_is_refused_by_name(tmp_path, wrong):
    with pytest.raises(Usage, match=next(iter(wrong))):
        built(network(1), tmp_path / "out", Options(**wrong))


@pytest.mark.parametrize("form", ["conversations", "flat"])
def test_nothing_permitted_makes_an_empty_dataset(tmp_path, form):
    artifact = opened(records([]), tmp_path / "out", Options(form=form))
    assert read(tmp_path / "out").height == 0
    assert list(serve.use(artifact, Rows(), Gate(records([])))) == [{"n_rows": 0, "n_withheld": 0}]
    assert list(serve.use(artifact, Sample(), Gate(records([])))) == [{"n_rows": 0, "n_withheld": 0}]


# --- the content hash -----------------------------------------------------------------------------------------------------------

FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@FEW
@given(st.integers(0, 10_000), st.integers(0, 99))
def test_order_of_arrival_and_record_numbers_do_not_change_the_content(tmp_path_factory, seed, shuffle):
    folder = tmp_path_factory.mktemp("hash")
    rows = network(seed)
    renumbered = rows.sample(fraction=1, shuffle=True, seed=shuffle).with_columns(pl.col("record_no") * 3 + 1000)
    one, other = built(rows, folder / "one"), built(renumbered, folder / "other")
    assert one.content_hash == other.content_hash
    assert (folder / "one" / "train.jsonl").read_bytes() == (folder / "other" / "train.jsonl").read_bytes()


@FEW
@given(st.integers(0, 10_000), st.sampled_from(["conversations", "flat"]))
def test_a_person_whose_rows_are_gone_might_never_have_been_there(tmp_path_factory, seed, form):
    """Their record ids stay in others' replies as they are, or become `gone:`; the dataset is the same."""
    folder = tmp_path_factory.mktemp("gone")
    rows = network(seed)
    theirs = rows.filter(pl.col("account_id") == "test:p3")["record_id"]
    never = rows.filter(pl.col("account_id") != "test:p3")
    is_theirs = pl.col("reply_to").is_in(theirs.implode())
    gone = pl.concat_str([pl.lit("gone:"), pl.int_range(pl.len()).cast(pl.String)])
    forgotten = never.with_columns(
        pl.when(is_theirs).then(gone).otherwise("reply_to").alias("reply_to"), pl.col("text").str.replace_all("@name_3", "[forgotten]")
    )
    options = Options(form=form, held_out=0.3)
    assert built(never, folder / "a", options).content_hash == built(forgotten, folder / "b", options).content_hash


def test_one_changed_word_changes_the_content(tmp_path):
    rows = network(5)
    changed = rows.with_columns(pl.when(pl.col("record_id") == "test:0").then(pl.lit("never said before")).otherwise("text").alias("text"))
    changed = changed.with_columns(pl.lit("post").alias("category"))
    rows = rows.with_columns(pl.lit("post").alias("category"))
    assert built(rows, tmp_path / "a").content_hash != built(changed, tmp_path / "b").content_hash


@FEW
@given(st.integers(0, 10_000))
def test_nobody_held_out_has_words_in_train(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("sides")
    rows = network(seed)
    built(rows, folder / "out", Options(held_out=0.4))
    authors = dict(rows.select("record_id", "account_id").iter_rows())
    people = {
        split: {authors[name] for name in pl.read_parquet(folder / "out" / f"{split}.parquet")["record_ids"].explode().drop_nulls()}
        for split in ("train", "held_out")
    }
    assert not people["train"] & people["held_out"]


# --- serving --------------------------------------------------------------------------------------------------------------------


def test_rows_come_out_as_written_and_are_counted(tmp_path):
    rows = network(6)
    events = list(serve.use(opened(rows, tmp_path / "out"), Rows(), Gate(rows)))
    assert events[-1] == {"n_rows": len(events) - 1, "n_withheld": 0}
    assert [event["row_id"] for event in events[:-1]] == read(tmp_path / "out")["row_id"].to_list()
    assert set(events[0]) == {*forms.columns("conversations")} - {"origins"}
    assert json.loads(json.dumps(events)) == events


def test_a_row_with_one_refused_origin_is_withheld_whole(tmp_path):
    rows = network(7)
    artifact = opened(rows, tmp_path / "out")
    talk = read(tmp_path / "out").filter(pl.col("origins").list.len() > 1)["origins"][0].to_list()
    gate = Gate(rows, refused={talk[-1]})
    events = list(serve.use(artifact, Rows(), gate))
    hit = read(tmp_path / "out").filter(pl.col("origins").list.contains(talk[-1]))["row_id"].to_list()
    assert events[-1] == {"n_rows": len(events) - 1, "n_withheld": len(hit)}
    assert not set(hit) & {event.get("row_id") for event in events}
    assert not set(hit) & {event.get("row_id") for event in serve.use(artifact, Sample(n=1000), gate)}


def test_a_withdrawal_in_the_middle_stops_the_next_page(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "PAGE", 4)
    rows = network(8)
    gate = Gate(rows)
    answer = serve.use(opened(rows, tmp_path / "out"), Rows(), gate)
    first = next(answer)
    gate.refused = set(rows["record_no"])
    rest = [event for event in answer if "row_id" in event]
    assert first["row_id"]
    assert len(rest) <= 3


def test_limit_split_and_person_narrow_the_rows(tmp_path):
    rows = network(9)
    artifact = opened(rows, tmp_path / "out", Options(held_out=0.4))
    assert len(list(serve.use(artifact, Rows(limit=2), Gate(rows)))) == 3
    held = [event for event in serve.use(artifact, Rows(split="held_out"), Gate(rows)) if "row_id" in event]
    assert held
    assert {event["split"] for event in held} == {"held_out"}
    theirs = set(rows.filter(pl.col("account_id") == "test:p1")["record_id"])
    of = [event for event in serve.use(artifact, Rows(of="test:p1"), Gate(rows)) if "row_id" in event]
    assert [event["row_id"] for event in of] == [
        name for name, ids in read(tmp_path / "out").select("row_id", "record_ids").iter_rows() if theirs & set(ids)
    ]
    assert of


def test_a_limit_reads_no_more_pages_than_it_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "PAGE", 2)
    rows, gate = network(10), Gate(network(10))
    assert len(list(serve.use(opened(rows, tmp_path / "out"), Rows(limit=2), gate))) == 3
    assert gate.n_asked == 1


def test_a_sample_is_whole_rows_from_all_over(tmp_path):
    rows = network(11)
    artifact = opened(rows, tmp_path / "out")
    some = [event for event in serve.use(artifact, Sample(n=4, seed=1), Gate(rows)) if "row_id" in event]
    other = [event for event in serve.use(artifact, Sample(n=4, seed=2), Gate(rows)) if "row_id" in event]
    assert len(some) == len(other) == 4
    assert some != other
    assert set(some[0]) == {*forms.columns("conversations")} - {"origins"}


def test_the_summary_counts_what_is_permitted_now(tmp_path):
    rows = network(12)
    artifact = opened(rows, tmp_path / "out")
    (full,) = serve.use(artifact, Summary(), Gate(rows))
    (none,) = serve.use(artifact, Summary(), Gate(rows, refused=set(rows["record_no"])))
    assert full["rows"] == full["rows_permitted_now"] == full["dialogues"]
    assert (none["rows"], none["rows_permitted_now"]) == (full["rows"], 0)


def test_an_unknown_split_or_request_is_refused(tmp_path):
    artifact = opened(network(1), tmp_path / "out")
    with pytest.raises(Usage, match="tests"):
        list(serve.use(artifact, Rows(split="tests"), Gate(network(1))))
    with pytest.raises(NotFound):
        serve.use(artifact, replace(Options()), Gate(network(1)))


def test_somebodys_rows_are_those_they_are_only_shown_in_too(tmp_path, monkeypatch):
    """A dialogue cut in two shows the end of the first part before the second; blocks of the file without such rows are not read."""
    said = [{"text": f"{WORDS[n % 18]} words of turn {n} in {WORDS[n % 7]}", "account_id": f"test:{'ab'[n % 2]}"} for n in range(12)]
    rows = records([row | {"reply_to": f"test:{n - 1}" if n else None} for n, row in enumerate(said)])
    artifact = opened(rows, tmp_path / "out", Options(held_out=0, max_turns=3, max_context=1, near=0, quality=False))
    whole = read(tmp_path / "out")
    shown_only = whole.filter(~pl.col("turns").list.eval(pl.element().struct.field("learn")).list.all())
    assert shown_only.height > 0
    gate = Gate(rows)
    for block in (1, 2, 65_536):
        monkeypatch.setattr(serve, "_BLOCK", block)
        monkeypatch.setattr(serve, "PAGE", block)
        for number in rows["record_no"]:
            monkeypatch.setattr(gate, "numbers", lambda account, number=number: pl.Series([number]))
            of = [event["row_id"] for event in serve.use(artifact, Rows(of="test:a"), gate) if "row_id" in event]
            assert of == whole.filter(pl.col("origins").list.contains(number))["row_id"].to_list()


def test_somebodys_rows_that_are_no_longer_permitted_are_counted(tmp_path):
    rows = network(13)
    artifact = opened(rows, tmp_path / "out")
    theirs = rows.filter(pl.col("account_id") == "test:p2")["record_no"]
    n_rows = read(tmp_path / "out").filter(pl.col("origins").list.set_intersection(theirs.to_list()).list.len() > 0).height
    assert list(serve.use(artifact, Rows(of="test:p2"), Gate(rows, refused=set(theirs)))) == [{"n_rows": 0, "n_withheld": n_rows}]
    nobody = serve.use(artifact, Rows(of="test:nobody"), Gate(rows))
    assert list(nobody) == [{"n_rows": 0, "n_withheld": 0}]


def test_a_sample_looks_further_where_many_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "PAGE", 2)
    rows = network(14)
    artifact = opened(rows, tmp_path / "out")
    kept = read(tmp_path / "out")["row_id"][-1]
    row = read(tmp_path / "out").filter(pl.col("row_id") == kept)
    refused = set(rows["record_no"]) - set(row["origins"].explode())
    events = list(serve.use(artifact, Sample(n=1), Gate(rows, refused=refused)))
    assert kept in [event.get("row_id") for event in events]
    assert events[-1]["n_rows"] == 1
