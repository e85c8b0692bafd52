"""What exact and near duplicates have in common: which of two records came first, and how a copy is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.step import DROP
from ownwords.datasets._ids import id_number
from ownwords.datasets._words import slices

if TYPE_CHECKING:
    from collections.abc import Callable

#: Set instead of `drop` where a copy may still be shown before what answers it.
REPEATS = "repeats"
_NEVER = (1 << 63) - 1


def first_come() -> tuple[pl.Expr, pl.Expr]:
    """`at` (microseconds, unknown last) and `tie` (a number for record_id): the order among records, in sixteen bytes a row."""
    at = pl.col("created_at").cast(pl.Int64).fill_null(_NEVER).alias("at")
    return at, id_number("record_id").alias("tie")


def narrow(rows: pl.LazyFrame, read: Callable[[pl.DataFrame], pl.DataFrame], schema: dict[str, pl.DataType]) -> pl.LazyFrame:
    """What `read` makes of record_no, at, tie and text, a batch at a time; records already marked as copies are left out."""
    if REPEATS in rows.collect_schema():
        rows = rows.filter(pl.col(REPEATS).is_null())
    chosen = rows.select("record_no", *first_come(), "text")

    def in_slices(batch: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([read(batch[part]) for part in slices(batch["text"])] or [read(batch)])

    return chosen.map_batches(in_slices, schema=schema, streamable=True, predicate_pushdown=False, projection_pushdown=False)


def marked(rows: pl.LazyFrame, copies: pl.LazyFrame, reason: str, *, as_context: bool) -> pl.LazyFrame:
    """`rows` with `drop` set for those that `copies` names by record_no, or with `repeats` set, which stays where it is set already."""
    name = REPEATS if as_context else DROP
    found = copies.select("record_no").unique().with_columns(pl.lit(reason).alias(name))
    if name not in rows.collect_schema():
        return rows.join(found, on="record_no", how="left")
    joined = rows.join(found, on="record_no", how="left", suffix="_new")
    return joined.with_columns(pl.coalesce(name, f"{name}_new").alias(name)).drop(f"{name}_new")
