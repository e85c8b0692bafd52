"""Steps on somebody's own table: no workspace, no gate, no dataset."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from ownwords.core.errors import BadInput, NotFound, Usage
from ownwords.datasets import apply

ROWS = [
    {"id": "a", "text": "write to me at ann@example.org please, it is about the garden", "mood": 1},
    {"id": "b", "text": "we went up the hill this morning and saw the whole valley", "mood": 2},
    {"id": "c", "text": "we went up the hill this morning and saw the whole valley", "mood": 3},
    {"id": "d", "text": "### $$$ >>> $$$ >>>", "mood": 4},
]


def test_steps_run_on_ids_and_texts_alone():
    found = apply(pl.LazyFrame(ROWS).drop("mood"), [("clean", {}), ("pii", {}), ("quality", {}), ("exact", {})]).collect()
    texts = dict(found.select("id", "text").rows())
    assert set(texts) == {"a", "b"}
    assert "ann@example.org" not in texts["a"]


def test_the_example_in_the_documents_runs():
    page = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text()
    (example,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "import apply" in block]
    assert "assert" in example
    exec(example, {})


def test_further_columns_stay_where_the_step_leaves_them():
    found = apply(pl.LazyFrame(ROWS), [("exact", {})]).collect()
    assert dict(found.select("id", "mood").rows()) == {"a": 1, "b": 2, "d": 4}


def test_no_steps_and_no_rows_are_no_trouble():
    assert apply(pl.LazyFrame(ROWS), []).select("id").collect()["id"].to_list() == ["a", "b", "c", "d"]
    empty = pl.LazyFrame(schema={"id": pl.String, "text": pl.String})
    steps = [(name, {}) for name in ("clean", "pii", "language", "quality", "exact", "near")]
    assert apply(empty, steps).collect().height == 0


def test_what_is_misspelt_is_named():
    with pytest.raises(BadInput, match="'text'"):
        apply(pl.LazyFrame({"id": ["a"]}), [])
    with pytest.raises(NotFound, match="nosuch"):
        apply(pl.LazyFrame(ROWS), [("nosuch", {})])
    with pytest.raises(Usage, match="no parameter 'words'"):
        apply(pl.LazyFrame(ROWS), [("near", {"words": 1})])
    with pytest.raises(Usage, match="a name and its parameters"):
        apply(pl.LazyFrame(ROWS), ["clean"])
    with pytest.raises(BadInput, match="no LazyFrame"):
        apply(pl.DataFrame(ROWS), [])
    with pytest.raises(Usage, match="'indonesian'"):
        apply(pl.LazyFrame(ROWS), [("language", {"keep": "en,indonesian"})])
