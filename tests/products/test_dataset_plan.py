"""What a dataset's options ask for: refused before any row is read, counted in the manifest, and loaded no more often than needed."""

from __future__ import annotations

import json
from dataclasses import replace
from types import ModuleType

import polars as pl
import pytest

from ownwords.core import plugins
from ownwords.core.errors import BadInput, NotFound, Usage
from ownwords.core.product import Built, Opened
from ownwords.datasets.decontaminate import benchmarks
from ownwords.products.dataset import Options, make, outlook, plan
from posts import permitted, records

#: What the made-up recogniser knows as a person's name; `steady` texts have none.
NAME = "quill"


def find(texts: pl.Series, where: str) -> pl.DataFrame:
    """Every `NAME` in the texts, noted with how many texts it was asked for."""
    asked.append(len(texts))
    start = texts.str.find(NAME, literal=True).cast(pl.Int64)
    found = pl.DataFrame({"row": pl.int_range(len(texts), eager=True), "start": start}).drop_nulls()
    return found.with_columns(end=pl.col("start") + len(NAME), kind=pl.lit("person"))


asked: list[int] = []


@pytest.fixture
def listed(monkeypatch):
    """A recogniser, and a note of how many texts it is asked about."""
    asked.clear()
    module = ModuleType("listed")
    module.find = find
    load = plugins.load
    monkeypatch.setattr(plugins, "load", lambda kind, name: module if (kind, name) == ("recogniser", "listed") else load(kind, name))
    return module


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "far" / "off" / "small"
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"first")
    return folder


TEXTS = [f"the {word} stands by the harbour" for word in ("kettle", "violin", NAME, "ladder", "lantern", "pillow")]
REPEATED = [f"we met {NAME} at the bridge", f"we met {NAME} at the bridge"]


def built(out, options: Options, texts: list[str] | None = None) -> Built:
    out.mkdir(parents=True, exist_ok=True)
    rows = records([{"text": text, "account_id": f"test:{n}"} for n, text in enumerate(texts or [*TEXTS, *REPEATED])])
    return make.build({"rows": Opened(permitted(rows))}, out, options, None)


# --- what is refused ------------------------------------------------------------------------------------------------------------

WRONG = [
    ({"split": "time", "split_at": "soon"}, Usage, "is no date"),
    ({"split_at": "2026-01-31"}, Usage, "split time"),
    ({"split": "moon"}, Usage, "moon"),
    ({"against": "not here.jsonl"}, Usage, "not here.jsonl"),
    ({"recogniser": "nobody"}, NotFound, "nobody"),
    ({"recogniser": "tagger"}, Usage, "tagger|recognising names"),
    ({"balance": "moon", "total": 5}, Usage, "moon"),
]


@pytest.mark.parametrize(("options", "kind", "says"), WRONG)
def test_what_a_step_would_refuse_is_told_before_any_row_is_read(tmp_path, options, kind, says):
    def read(rows: pl.DataFrame) -> pl.DataFrame:
        raise AssertionError("a row was read")

    with pytest.raises(kind, match=says):
        outlook(Options(**options), 10)
    dataset = permitted(records([{"text": "good words"}]))
    unread = replace(dataset, rows=dataset.rows.map_batches(read))
    with pytest.raises(kind, match=says):
        make.build({"rows": Opened(unread)}, tmp_path, Options(**options), None)


def test_a_dry_run_reads_the_benchmarks(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"no parquet")
    with pytest.raises(BadInput, match="cannot be read as parquet"):
        outlook(Options(against=str(tmp_path / "bad.parquet")), 10)


# --- what it will take ----------------------------------------------------------------------------------------------------------


def test_what_is_not_counted_is_named():
    assert plan.expected(Options(), 10)["without"] == []
    chosen = Options(recogniser="tagger", recogniser_model="small", tokenizer="words", against="tests.jsonl")
    assert plan.expected(chosen, 10)["without"] == ["against", "recogniser", "tokenizer"]


def test_a_sample_takes_less_than_all():
    whole, few = plan.expected(Options(), 1_000_000), plan.expected(Options(sample=1_000), 1_000_000)
    assert all(few[name] < whole[name] for name in ("cpu_s", "memory_mb", "disk_mb"))


# --- what is read beside the posts ----------------------------------------------------------------------------------------------


def test_the_manifest_names_the_model_of_a_recogniser_by_its_bytes(tmp_path, listed, model):
    options = Options(form="flat", recogniser="listed", recogniser_model=str(model))
    first = built(tmp_path / "a", options)
    told = first.resources["recogniser"]
    assert told["name"] == "listed:small"
    assert built(tmp_path / "b", options).resources["recogniser"] == told
    (model / "weights.bin").write_bytes(b"other")
    assert built(tmp_path / "c", options).resources["recogniser"]["sha256"] != told["sha256"]
    assert dict(first.steps[1].params)["recogniser"] == "listed:small"
    assert not [path for path in (tmp_path / "a").iterdir() if b"off/small" in path.read_bytes()]


@pytest.mark.parametrize("revision", ["", "abc123"])
def test_a_model_of_a_hub_is_named_by_its_revision_if_that_is_known(tmp_path, listed, revision):
    listed.revision = lambda where: revision
    done = built(tmp_path / "out", Options(recogniser="listed", recogniser_model="owner/small"))
    assert done.resources["recogniser"] == {"name": "listed:owner/small"} | ({"revision": revision} if revision else {})
    assert "recogniser=listed:owner/small" in (tmp_path / "out" / "croissant.json").read_text()


def test_benchmarks_are_read_once_and_named(tmp_path, monkeypatch):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "exam.txt").write_text(f"{TEXTS[0]}\n")
    read = []
    texts = benchmarks.texts
    monkeypatch.setattr(benchmarks, "texts", lambda path: read.append(path.name) or texts(path))
    done = built(tmp_path / "out", Options(form="flat", near=0, against=str(tmp_path / "far" / "exam.txt")), TEXTS)
    assert done.metrics["dropped"] == {"in a benchmark": 1}
    assert read == ["exam.txt"]
    assert list(done.resources) == ["benchmark:exam.txt"]
    assert TEXTS[0] in (tmp_path / "out" / "report.html").read_text()


# --- what the report shows ------------------------------------------------------------------------------------------------------


def test_a_recogniser_looks_once_at_each_post_and_what_it_finds_is_not_shown(tmp_path, listed):
    options = Options(form="flat", near=0, held_out=0, recogniser="listed")
    done = built(tmp_path / "out", options)
    assert sum(asked) == len(TEXTS) + len(REPEATED)
    assert sum(done.metrics["dropped"].values()) == 1
    page = (tmp_path / "out" / "report.html").read_text()
    assert NAME not in page
    assert "[user]" in (tmp_path / "out" / "train.jsonl").read_text()
    assert TEXTS[0] in page
    without = built(tmp_path / "without", Options(form="flat", near=0, held_out=0))
    assert len(without.resources) == 0
    assert NAME in (tmp_path / "without" / "report.html").read_text()


def test_what_is_shown_stands_in_the_dataset(tmp_path):
    built(tmp_path / "out", Options(form="flat", near=0, held_out=0))
    learnt = {json.loads(line)["text"] for line in (tmp_path / "out" / "train.jsonl").read_text().splitlines()}
    page = (tmp_path / "out" / "report.html").read_text().partition("Posts that stayed")[2].partition("Posts that were dropped")[0]
    assert learnt
    assert all(text in page for text in learnt)
