"""What the documents of a dataset say of it is what is there: who is held out, what is learnt, what is masked, what a step marked."""

from __future__ import annotations

import json
import re

import polars as pl
import pytest
from made_datasets import finished
from test_dataset import built, network

from dialogue_rows import dialogue, table, talk
from ownwords.core.dataset import StepRecord
from ownwords.products.dataset import Options
from ownwords.products.dataset.facts import Facts
from posts import records

FORMS = ["conversations", "flat", "prompt_completion"]


def words(path) -> str:
    return " ".join(path.read_text().split())


@pytest.mark.parametrize("form", FORMS)
def test_the_card_counts_who_and_what_is_held_out(tmp_path, form):
    rows = network(3, n=300, n_people=20)
    built(rows, tmp_path / "out", Options(form=form, held_out=0.3))
    authors = dict(rows.select("record_id", "account_id").iter_rows())
    parts = {split: pl.read_parquet(tmp_path / "out" / f"{split}.parquet") for split in ("train", "held_out")}
    people = {split: {authors[name] for name in part["record_ids"].explode().drop_nulls()} for split, part in parts.items()}
    n_held, n_rows = parts["held_out"].height, sum(part.height for part in parts.values())
    assert n_held > 0
    told = f"{len(people['held_out'])} of {len(people['held_out'] | people['train'])} people and {n_held} of {n_rows} rows"
    assert f"That came to {told} ({n_held / n_rows:.1%})." in words(tmp_path / "out" / "README.md")


def test_a_dataset_parted_by_time_tells_rows_alone(tmp_path):
    finished(talk(10), tmp_path / "out", Options(form="flat", split="time"))  # the steps of these rows are by person
    assert "people and" in words(tmp_path / "out" / "README.md")
    built(network(3), tmp_path / "time", Options(form="flat", split="time", held_out=0.3))
    assert re.search(r"That came to \d+ of \d+ rows", words(tmp_path / "time" / "README.md"))


def test_every_prompt_holds_words_of_somebody_and_the_rest_is_counted(tmp_path):
    rows = network(5, n=200)
    done = built(rows, tmp_path / "out", Options(form="prompt_completion", held_out=0.3))
    made = pl.concat([pl.read_parquet(tmp_path / "out" / f"{split}.parquet") for split in ("train", "held_out")])
    said = [[message["content"] for message in row if message["role"] == "user"] for row in made["prompt"]]
    assert len(said) > 10
    assert all(any(text.replace("[withheld]", "").strip() for text in texts) for texts in said)
    told = done.metrics
    assert told["learnt_turns"] == told["dialogues"] == made.height
    assert told["characters"] == made["output"].str.len_chars().sum()
    assert told["turns_dropped"]["no prompt"] > 0
    assert told["dropped"]["no prompt"] > 0
    assert told["posts_in"] == told["posts"] + sum(told["dropped"].values())
    whole = built(rows, tmp_path / "whole", Options(form="conversations", held_out=0.3)).metrics
    assert whole["dialogues"] == told["dialogues"] + told["turns_dropped"]["no prompt"]
    report = words(tmp_path / "out" / "report.html")
    assert f"<b>{made.height}</b>turns to learn" in report
    assert "no prompt" in report
    assert "no prompt" in words(tmp_path / "out" / "README.md")


def test_the_documents_say_that_dialogues_only_mark_copies(tmp_path):
    built(network(4), tmp_path / "talk")
    built(network(4), tmp_path / "flat", Options(form="flat"))
    for name in ("README.md", "report.html"):
        told = words(tmp_path / "talk" / name)
        assert "In dialogues the steps exact and near only mark posts: those that are marked are dropped in threads, or shown there" in told
        assert "only mark" not in words(tmp_path / "flat" / name)


def test_the_documents_say_which_names_are_masked_and_which_are_not(tmp_path):
    finished(table([dialogue(("a", "words"))]), tmp_path / "out", Options(form="flat"))
    for name in ("README.md", "training_content.md", "croissant.json"):
        told = words(tmp_path / "out" / name)
        assert "Names of accounts (@name, name_99) are masked" in told, name
        assert "Names of people and postal addresses are not" in told, name


def test_with_a_recogniser_names_of_people_are_masked_where_it_found_them():
    pii = StepRecord("pii", (("recogniser", "tagger"),), 380, 380)
    told = Facts(Options(), None, (pii,), {}, None, "", None).masked
    assert "Names of people and places in running text are where the recogniser found them, postal addresses are not" in told


def test_withheld_turns_are_not_told_as_refusals(tmp_path):
    finished(table([dialogue((None, "[withheld]"), ("a", "words"))]), tmp_path / "out", Options())
    told = json.loads((tmp_path / "out" / "training_content.json").read_text())["3. Data processing"]
    assert "1 turns stand here as `[withheld]`" in told["3.1 Reservations of rights"]["Afterwards"]
    assert "left out by a step, or is not held" in told["3.1 Reservations of rights"]["Afterwards"]


def test_nothing_is_said_of_parts_that_have_no_rows(tmp_path):
    built(records([]), tmp_path / "out")
    assert "configs" not in (tmp_path / "out" / "README.md").read_text()
    assert json.loads((tmp_path / "out" / "dataset_info.json").read_text()) == {}
