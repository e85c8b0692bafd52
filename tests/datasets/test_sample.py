"""A sample takes whole threads, about as many as asked, the same ones every time."""

from __future__ import annotations

import polars as pl
import pytest

from ownwords.core.step import DROP
from ownwords.datasets import sample
from posts import records


def kept(rows: pl.DataFrame, **params: float) -> pl.DataFrame:
    (stage,) = sample.stages({**sample.PARAMS, **params})
    return stage.run(rows.lazy()).filter(pl.col(DROP).is_null()).drop(DROP).collect()


def threads(n: int) -> pl.DataFrame:
    """Each a post, an answer, and an answer to that whose source names the thread."""
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


def test_posts_and_their_answers_stay_together_where_the_source_names_no_thread():
    rows = kept(threads(400).filter(~pl.col("record_id").str.ends_with("-2")).with_columns(conversation=pl.lit(None, pl.String)), share=0.3)
    assert set(rows.group_by(pl.coalesce("reply_to", "record_id")).len()["len"]) == {2}


def test_a_smaller_share_is_part_of_a_larger_one_and_another_seed_is_another_sample():
    few, more, other = (
        set(kept(threads(400), **params)["record_id"]) for params in ({"share": 0.1}, {"share": 0.3}, {"share": 0.1, "seed": 8})
    )
    assert few < more
    assert few != other


@pytest.mark.parametrize(("share", "n"), [(0.0, 0), (1.0, 30)])
def test_none_and_all(share, n):
    assert kept(threads(10), share=share).height == n
