"""What an import says of itself: what it could not tell, and where the rows are that it refused."""

from __future__ import annotations

import json

import polars as pl
import pytest

import ownwords

ROWS = [
    {"id": "1", "text": "a", "author": "ann", "created_at": "2024-05-01T10:00:00Z"},
    {"id": "2", "text": "b", "created_at": "01/05/2024"},
    {"id": "3", "text": "c", "author": "ann", "created_at": "02/05/2024"},
    {"id": "4", "author": "ann"},
]


@pytest.fixture
def take(tmp_path):
    ownwords.init(tmp_path / "w")
    path = tmp_path / "rows.jsonl"

    def taken(rows, **options):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return ownwords.ingest(tmp_path / "w", "jsonl", (str(path),), **options)

    return taken


@pytest.mark.parametrize("dry_run", [False, True])
def test_records_without_author_or_date_are_counted(take, dry_run):
    said = take(ROWS, dry_run=dry_run)
    assert (said["records"], said["author_unknown"], said["date_unknown"]) == (3, 1, 2)


def test_the_refused_rows_are_where_the_result_says(tmp_path, take):
    said = take(ROWS)
    assert said["rejects_file"] == f"rejects/{said['batch']}.parquet"
    refused = pl.read_parquet(tmp_path / "w" / said["rejects_file"])
    assert refused.select("position", "reason").rows() == [("line 4", "no text")]


def test_nothing_is_said_of_what_there_is_not(take):
    assert "rejects_file" not in take(ROWS, dry_run=True)
    assert not {"author_unknown", "date_unknown", "rejects_file"} & take(ROWS[:1]).keys()
