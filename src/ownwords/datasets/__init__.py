"""One file a step: dataset to dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def by_stable_chance(rows: pl.DataFrame, name: str, seed: int) -> pl.DataFrame:
    """`rows` in an order that hangs on the strings in column `name` and on `seed` alone."""
    import polars as pl

    from ownwords.datasets._stable import hashed

    return rows.with_columns(hashed(pl.col(name), seed).alias("_chance")).sort("_chance", name).drop("_chance")
