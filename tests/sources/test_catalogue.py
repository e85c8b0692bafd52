"""Every source: golden folder, sniffing, and nothing half taken."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import polars as pl
import pytest

from ownwords.core import plugins
from ownwords.core.errors import NotFound
from ownwords.core.schemas import CATEGORIES, PRIVATE, RECORD_STATES, VISIBILITIES
from ownwords.core.source import ReadOptions
from sources.reading import GOLDEN, OBSERVED, read

SOURCES = plugins.names("source")
#: What each golden folder is read with, besides its input.
INPUTS = {
    "x_archive": ("input", {}),
    "reddit": ("input/mixed.ndjson", {}),
    "stackexchange": ("input/bees.example.com", {}),
    "jsonl": ("input/forum.csv", {"mapping": GOLDEN / "jsonl/input/mapping.toml"}),
}


def _golden(name: str, scratch: Path):
    where, options = INPUTS[name]
    return read(name, GOLDEN / name / where, scratch, **options)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_says_its_format_and_follows_the_contract(name):
    source = plugins.load("source", name)
    assert source.__doc__
    assert list(inspect.signature(source.sniff).parameters) == ["path"]
    assert list(inspect.signature(source.read).parameters) == ["path", "options"]
    assert (GOLDEN / name / "README.md").read_text().startswith("Synthetic")


@pytest.mark.parametrize("name", SOURCES)
def test_golden_input_gives_golden_output(name, tmp_path):
    found = _golden(name, tmp_path)
    for part, frame in (("records", found.records), ("accounts", found.accounts), ("rejects", found.rejects)):
        expected = GOLDEN / name / f"{part}.jsonl"
        if os.environ.get("OWNWORDS_GOLDEN") == "write":
            expected.write_text(frame.write_ndjson())
        assert frame.write_ndjson() == expected.read_text()


@pytest.mark.parametrize("name", SOURCES)
def test_golden_words_are_those_of_the_tables(name, tmp_path):
    records = _golden(name, tmp_path).records
    assert set(records["category"]) <= CATEGORIES
    assert set(records["visibility"]) <= VISIBILITIES
    assert set(records["state"]) <= RECORD_STATES
    assert not set(records["visibility"]) & PRIVATE
    assert records.select("record_id", "revision").is_unique().all()
    for column in ("record_id", "account_id", "reply_to", "conversation", "quotes", "repost_of"):
        known = records.filter(pl.col(column).is_not_null())
        assert known.filter(~pl.col(column).str.starts_with(pl.col("network") + ":")).height == 0


@pytest.mark.parametrize("name", SOURCES)
def test_one_row_at_a_time_gives_the_same_rows(name, tmp_path):
    """Except for long posts, which are joined before batches are cut."""
    where, options = INPUTS[name]
    small = read(name, GOLDEN / name / where, tmp_path, batch_rows=1, **options)
    whole = _golden(name, tmp_path)
    assert small.records.write_ndjson() == whole.records.write_ndjson()
    assert small.rejects.write_ndjson() == whole.rejects.write_ndjson()


def test_exactly_one_source_is_sure_of_each_golden_input(tmp_path):
    plain = tmp_path / "plain.jsonl"
    plain.write_text('{"id": "1", "author": "ann", "text": "a"}\n')
    for name, path in {**{name: GOLDEN / name / where for name, (where, _) in INPUTS.items() if name != "jsonl"}, "jsonl": plain}.items():
        sure = {other: plugins.load("source", other).sniff(path) for other in SOURCES}
        assert [other for other, score in sure.items() if score > 0.5] == [name]
        assert {score for other, score in sure.items() if other != name} == {0.0}


@pytest.mark.parametrize("name", SOURCES)
def test_a_missing_path_is_said_to_be_missing(name, tmp_path):
    source = plugins.load("source", name)
    assert source.sniff(tmp_path / "nowhere") == 0
    with pytest.raises(NotFound):
        list(source.read(tmp_path / "nowhere", ReadOptions(observed_at=OBSERVED, scratch=tmp_path, account="x:1")))
