"""A share of the threads, for a quick look before the long work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core.step import DROP, Reduce
from ownwords.datasets._links import answered, climb, narrow, ordered, without_circles
from ownwords.datasets._words import mixed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

#: share   of the threads, 0 to 1, whole ones
#: seed    another seed, other threads
PARAMS: Mapping[str, Param] = {"share": 1.0, "seed": 7}

_SPREAD = 0x9E37_79B9_7F4A_7C15


def stages(params: Mapping[str, Param]) -> tuple[Reduce, ...]:
    """RECORDS in and out. A thread is what hangs together by answers among the rows; its place hangs on its first record's id and
    the seed alone. Where a record between them is not held, there are two threads: so it is, too, where it never was."""
    share, seed = float(params["share"]), int(params["seed"])
    return (Reduce(narrow, lambda few: _beyond(few.collect(engine="streaming"), share, seed).lazy(), _without),)


def _beyond(few: pl.DataFrame, share: float, seed: int) -> pl.DataFrame:
    """record_no of the records whose threads are not in the sample."""
    few = ordered(few)
    up, _ = answered(few)
    roots, _ = climb(without_circles(up))
    ids = few["id"].to_numpy()[roots]
    chance = mixed(ids ^ np.uint64((seed + 1) * _SPREAD & 0xFFFF_FFFF_FFFF_FFFF)) >> np.uint64(11)
    return few.select("record_no").filter(pl.Series(chance.astype(np.float64) / (1 << 53) >= share))


def _without(rows: pl.LazyFrame, beyond: pl.LazyFrame) -> pl.LazyFrame:
    told = beyond.select("record_no", pl.lit("not in the sample").alias(DROP))
    return rows.join(told, on="record_no", how="left", build_side="force_right")
