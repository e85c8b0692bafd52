"""At most so many records of each group, chosen by their ids: whoever joins or leaves another group changes nothing here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.datasets._copies import REPEATS
from ownwords.datasets._ids import id_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Counts = NDArray[np.int64]


def drawn(rows: pl.LazyFrame, group: pl.Expr, seed: int) -> pl.LazyFrame:
    """record_no, group (a number; null: unknown, a group like others), chance (UInt64, which hangs on record id and seed alone).

    Records that are only shown, because `repeats` says so, are left out.
    """
    if REPEATS in rows.collect_schema():
        rows = rows.filter(pl.col(REPEATS).is_null())
    return rows.select(pl.col("record_no").cast(pl.Int64), group.alias("group"), id_number("record_id", seed).alias("chance"))


def surplus(few: pl.DataFrame, quotas: Callable[[Counts], Counts]) -> pl.DataFrame:
    """record_no of those beyond the quota of their group, who have the highest chances.

    few      as `drawn` gives them: all of them, or all of some groups where the quota of one does not hang on others
    quotas   records of each group -> how many stay; groups in the order of their numbers
    """
    groups = few.group_by("group").len("n").sort("group", nulls_last=True)
    groups = groups.with_columns(pl.Series("quota", quotas(groups["n"].cast(pl.Int64).to_numpy()), dtype=pl.Int64))
    crowded = few.join(groups.filter(pl.col("quota") < pl.col("n")), on="group", nulls_equal=True)
    ordered = crowded.sort("group", "chance", "record_no")
    return ordered.filter(pl.int_range(pl.len()).over("group") >= pl.col("quota")).select("record_no")


def shares(counts: Counts, total: int, alpha: float) -> Counts:
    """`total` dealt out to groups in the proportion of counts ** alpha, to none more than it has.

    counts    int64[G], all above 0
    returns   int64[G]; what groups are too small to take goes to the others in the same proportion; adds up to `total`, or to
              all there is
    """
    if total >= counts.sum():
        return counts
    weights = counts.astype(np.float64) ** alpha
    order = np.argsort(counts / weights, kind="stable")  # who is full first
    n, w = counts[order].astype(np.float64), weights[order]
    level = (total - np.concatenate([[0.0], np.cumsum(n)[:-1]])) / np.cumsum(w[::-1])[::-1]
    is_full = n <= level * w * (1 + 1e-12)
    parts = np.minimum(counts, weights * level[int(np.argmin(is_full))])
    whole: Counts = np.floor(parts + 1e-9).astype(np.int64)
    rest = np.where(whole < counts, np.round(parts - whole, 9), -1.0)
    short = np.lexsort((np.arange(len(rest)), -rest))[: total - int(whole.sum())]
    whole[short] += 1
    return whole
