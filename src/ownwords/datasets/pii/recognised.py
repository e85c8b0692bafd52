"""Names and places that have no shape: found by a plug-in in what the patterns left, and masked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import plugins
from ownwords.core.errors import Fault
from ownwords.datasets._texts import MARK, touched
from ownwords.datasets.pii.masking import Shape, spliced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Find = Callable[[pl.Series], pl.DataFrame]

#: {what a recogniser finds: the kind that stands for it}; a person's name becomes what an account's name becomes.
MASKS = {"person": "user", "place": "place", "organisation": "organisation"}


def reader(recogniser: str) -> Find:
    """The plug-in's `find`, told what follows the colon.

    recogniser   name of a plug-in, and after a colon what it is told, e.g. the folder of its model
    raises       NotFound for a name without a plug-in
    """
    name, _, where = recogniser.partition(":")
    return partial(plugins.load("recogniser", name).find, where=where)


def masked(texts: pl.Series, find: Find, kinds: Sequence[str]) -> pl.Series:
    """string[R] to string[R]: persons `[user]`, places `[place]`, organisations `[organisation]`, as far as `kinds` asks for them.

    It runs after the patterns and sees only what they left, `[user]` where a name or [forgotten] stood, so that it finds the same in
    either case (law 2). What overlaps a mask stays.

    raises   Fault for a plug-in that answers with other than row, start, end, kind
    """
    rows = (texts.str.len_bytes() > 0).arg_true()
    asked = texts.gather(rows).alias("text")
    found = find(asked)
    if not {"row", "start", "end", "kind"} <= set(found.columns):
        raise Fault(f"a recogniser answers with {', '.join(found.columns)}", "it must give row, start, end and kind")
    wanted = {what: kind for what, kind in MASKS.items() if kind in kinds}
    chosen = found.filter(pl.col("kind").is_in(list(wanted)) & (pl.col("end") > pl.col("start"))).with_columns(
        pl.col("kind").replace_strict(wanted, return_dtype=pl.String), pl.col("row", "start", "end").cast(pl.Int64)
    )
    return touched(texts, texts.str.len_bytes() > 0, lambda _: spliced(asked, _apart(chosen, asked), pl.col("kind")))


def _apart(found: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """In order, without what begins before an earlier one has ended, or has a mask in it."""
    masks = Shape("mask", MARK).found(texts).select(pl.col("row").cast(pl.Int64), begin="start", stop="end")
    is_over = (pl.col("start") < pl.col("stop")) & (pl.col("begin") < pl.col("end"))
    over = found.join(masks, on="row").filter(is_over).select("row", "start", "end").unique()
    placed = found.join(over, on=["row", "start", "end"], how="anti").sort("row", "start", "end", descending=[False, False, True])
    ended = pl.col("end").cum_max().shift(1).over("row")
    return placed.filter((pl.col("start") >= ended).fill_null(value=True))
