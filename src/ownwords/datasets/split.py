"""Who is learnt from and who is held out to test: by person, with no dialogue across the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.step import DROP, Stage
from ownwords.datasets._stable import share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

#: held_out   share of people held out, 0 to 1
#: seed       another seed, other people
PARAMS: Mapping[str, Param] = {"held_out": 0.1, "seed": 7}

#: What a dialogue is from here on, one row each.
DIALOGUE = ("row_id", "split", "created_at", "text", "turns", "record_ids", "people", "origins")


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """Turns in, dialogues out: row_id, split (train, held_out), created_at, text, turns, record_ids,
    people (account ids), origins (record numbers).

    A person's side hangs on their account id and the seed alone, so nobody moves when someone else leaves. A dialogue is
    cut wherever the side changes; each part goes on by itself, and shown turns with nothing after them to learn are dropped.
    """
    held_out, seed = float(params["held_out"]), int(params["seed"])
    return (Stage("dialogue", lambda turns: _cut(turns, held_out, seed)), Stage("row_id", _folded))


def _cut(turns: pl.LazyFrame, held_out: float, seed: int) -> pl.LazyFrame:
    is_held = share(pl.col("account_id").fill_null(""), seed) < held_out
    side = pl.when(is_held).then(pl.lit("held_out")).otherwise(pl.lit("train"))
    placed = turns.with_columns(side.alias("split")).sort("dialogue", "place")
    begins = (pl.col("dialogue") != pl.col("dialogue").shift(1)) | (pl.col("split") != pl.col("split").shift(1))
    parts = placed.with_columns(begins.fill_null(True).cum_sum().alias("part"))
    learnt = parts.filter("learn")
    names = learnt.group_by("part").agg(pl.col("record_id").sort_by("place").first().alias("row_id"))
    named = parts.join(names, on="part", how="left")
    why = pl.when(pl.col("row_id").is_null()).then(pl.lit("context from the other side"))
    return named.with_columns(why.alias(DROP)).drop("part")


def _folded(turns: pl.LazyFrame) -> pl.LazyFrame:
    """One row a dialogue; speakers are numbered as they come in."""
    entered = turns.group_by("row_id", "account_id").agg(pl.col("place").min().alias("entered"))
    speaker = (pl.col("entered").rank("dense").over("row_id") - 1).cast(pl.Int32)
    speakers = entered.with_columns(speaker.alias("speaker")).drop("entered")
    spoken = turns.join(speakers, on=["row_id", "account_id"], how="left", nulls_equal=True)

    def in_order(column: str | pl.Expr) -> pl.Expr:
        return (pl.col(column) if isinstance(column, str) else column).sort_by("place")

    dialogues = spoken.group_by("row_id").agg(
        pl.col("split").first(),
        pl.col("created_at").filter("learn").sort_by(pl.col("place").filter("learn")).first(),
        in_order("text").str.join("\n").alias("text"),
        in_order(pl.struct("speaker", "text", "learn")).alias("turns"),
        in_order("record_id").alias("record_ids"),
        in_order("account_id").alias("people"),
        in_order("record_no").alias("origins"),
    )
    return dialogues.select(DIALOGUE)
