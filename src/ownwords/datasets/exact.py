"""The same words twice: the earliest copy stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.step import DROP, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

PARAMS: Mapping[str, Param] = {}


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """Dialogues in and out; of those that say the same, one stays.

    Same: equal after NFKC, lower case, and without spaces and punctuation. A copy in train stays before one held out, so
    that nobody is tested on what was learnt; then the earliest by (created_at, row_id).
    """
    return (Stage(None, _keyed), Stage("same", _first_of_each))


def first_come(rows: pl.LazyFrame) -> pl.LazyFrame:
    """`rows` so that of two copies the one to keep stands first: train before held out, then the earliest, then by row_id."""
    return rows.sort(pl.col("split") != "train", "created_at", "row_id", nulls_last=True)


def folded(text: pl.Expr) -> pl.Expr:
    """One form for letters of all widths and cases."""
    return text.str.normalize("NFKC").str.to_lowercase()


def normalised(text: pl.Expr) -> pl.Expr:
    """What is compared; a text of punctuation alone stays as it is."""
    words = folded(text).str.replace_all(r"[\s\p{P}]+", " ").str.strip_chars(" ")
    return pl.when(words == "").then(text).otherwise(words)


def _keyed(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.with_columns(normalised(pl.col("text")).alias("same"))


def _first_of_each(rows: pl.LazyFrame) -> pl.LazyFrame:
    ordered = first_come(rows)
    why = pl.when(~pl.col("same").is_first_distinct()).then(pl.lit("exact duplicate"))
    return ordered.with_columns(why.alias(DROP)).drop("same")
