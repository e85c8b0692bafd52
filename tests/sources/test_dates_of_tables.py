"""Dates in Parquet tables that no calendar has."""

from __future__ import annotations

import polars as pl
import pytest
from reading import read


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_date_beyond_all_calendars_comes_in_as_unknown(tmp_path, unit):
    moments = pl.Series("created_at", [0, 2**62, -(2**62), None], dtype=pl.Int64).cast(pl.Datetime(unit))
    table = pl.DataFrame({"id": ["x:1", "x:2", "x:3", "x:4"], "author": "x:9", "network": "x", "text": "hello there"}).with_columns(moments)
    table.write_parquet(tmp_path / "posts.parquet")
    rows = read("jsonl", tmp_path / "posts.parquet", tmp_path / "scratch").records
    assert rows.height == 4
    assert rows["created_at"].dt.year().is_between(1, 9999).fill_null(True).all()
