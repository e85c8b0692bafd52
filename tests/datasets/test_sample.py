"""A sample takes whole threads, about as many as asked, the same ones every time, and forgets as if nobody had been there."""

from __future__ import annotations

import polars as pl
import pytest

from ownwords.datasets import sample
from posts import records
from steps import carried_out


def kept(rows: pl.DataFrame, **params: float) -> pl.DataFrame:
    return carried_out(sample, rows, **params)[0]


def threads(n: int) -> pl.DataFrame:
    """Each a post, an answer, and an answer to that."""
    rows = []
    for k in range(n):
        rows += [
            {"record_id": f"t:{k}", "conversation": f"t:{k}"},
            {"record_id": f"t:{k}-1", "reply_to": f"t:{k}", "conversation": f"t:{k}"},
            {"record_id": f"t:{k}-2", "reply_to": f"t:{k}-1", "conversation": f"t:{k}"},
        ]
    return records(rows)


def test_threads_stay_whole():
    rows = kept(threads(400), share=0.3)
    assert set(rows.group_by("conversation").len()["len"]) == {3}
    assert 0.2 < rows.height / 1200 < 0.4


def test_a_smaller_share_is_part_of_a_larger_one_and_another_seed_is_another_sample():
    chosen = ({"share": 0.1}, {"share": 0.3}, {"share": 0.1, "seed": 8})
    few, more, other = (set(kept(threads(400), **params)["record_id"]) for params in chosen)
    assert few < more
    assert few != other


@pytest.mark.parametrize(("share", "n"), [(0.0, 0), (1.0, 30)])
def test_none_and_all(share, n):
    assert kept(threads(10), share=share).height == n


@pytest.mark.parametrize("gone", ["t:{k}", "t:{k}-1"])
def test_what_answers_somebody_forgotten_is_chosen_as_if_they_had_never_been_there(gone):
    whole = threads(200)
    theirs = [gone.format(k=k) for k in range(200)]
    left = whole.filter(~pl.col("record_id").is_in(theirs))
    is_theirs = {name: pl.col(name).is_in(theirs) for name in ("reply_to", "conversation")}
    marked = [
        left.with_columns(pl.when(hit).then(pl.lit(f"gone:{mark}")).otherwise(name).alias(name) for name, hit in is_theirs.items())
        for mark in ("a", "b")
    ]
    chosen = [set(kept(rows, share=0.3)["record_id"]) for rows in (left, *marked)]
    assert chosen[0] == chosen[1] == chosen[2]
    assert 0 < len(chosen[0]) < left.height
