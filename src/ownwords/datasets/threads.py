"""Who answered whom: reply links to dialogues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.step import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

#: max_turns     turns to learn in one dialogue; a longer chain goes on in the next one; 1 = every record by itself
#: max_context   turns shown before them, from further up the thread, without being learnt
#: context_chars characters kept of such a turn; bounds a thread of a million answers to one long post
PARAMS: Mapping[str, Param] = {"max_turns": 8, "max_context": 2, "context_chars": 500}


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """Records in, turns out: one row a turn, with `dialogue` (record id of its first learnt turn), `place` and `learn`.

    A record goes on in its parent's dialogue if it is the parent's first answer by (created_at, record_id); else it
    begins one, with up to `max_context` turns from above it. A parent that is not among the rows is no parent. Every
    record is learnt in exactly one place.
    """
    return (Stage("*", lambda rows: _threads(rows, params)),)


def _threads(rows: pl.LazyFrame, params: Mapping[str, Param]) -> pl.LazyFrame:
    links = _links(rows)
    heads, depth = _chains(links, int(params["max_turns"]))
    own = pl.DataFrame({"turn": links["n"], "head": heads, "place": depth, "learn": pl.repeat(True, links.height, eager=True)})
    turns = pl.concat([own, *_context(own, links["parent"], int(params["max_context"]))])
    ids = links["record_id"]
    members = turns.select(
        ids.gather(turns["turn"]).alias("record_id"),
        ids.gather(turns["head"]).alias("dialogue"),
        "place",
        "learn",
    )
    text = pl.when("learn").then("text").otherwise(pl.col("text").str.head(int(params["context_chars"])))
    return rows.join(members.lazy(), on="record_id", how="inner").with_columns(text.alias("text"))


def _links(rows: pl.LazyFrame) -> pl.DataFrame:
    """n (rank by time and id), record_id, parent (another n, null at a root): no circles."""
    narrow = rows.select("record_id", "reply_to", "created_at").collect(engine="streaming")
    ranked = narrow.sort("created_at", "record_id", nulls_last=True).drop("created_at").with_row_index("n")
    parents = ranked.select(pl.col("record_id").alias("reply_to"), pl.col("n").alias("parent"))
    linked = ranked.join(parents, on="reply_to", how="left", maintain_order="left").drop("reply_to")
    linked = linked.with_columns(pl.when(pl.col("parent") != pl.col("n")).then("parent").alias("parent"))
    return _without_circles(linked)


def _without_circles(linked: pl.DataFrame) -> pl.DataFrame:
    """The earliest record of each circle of answers loses its parent.

    A parent later than its child is possible (clocks differ, times are unknown), so links alone do not end. Each row
    jumps twice as far as before; whoever is still on the way after as many steps as there are rows walks in a circle.
    """
    if not linked.select((pl.col("parent") > pl.col("n")).any()).item():
        return linked
    jump = linked.select(pl.coalesce("parent", "n")).to_series()
    lowest = linked["n"].zip_with(linked["n"] < jump, jump)
    for _ in range(linked.height.bit_length()):
        there = lowest.gather(jump)
        lowest = lowest.zip_with(lowest < there, there)
        jump = jump.gather(jump)
    in_circle = linked["n"].is_in(jump.unique().implode()) & linked["parent"].gather(jump).is_not_null()
    cut = in_circle & (lowest == linked["n"])
    return linked.with_columns(pl.when(~cut).then("parent").alias("parent"))


def _chains(links: pl.DataFrame, max_turns: int) -> tuple[pl.Series, pl.Series]:
    """For each n: the n of its dialogue's first turn, and its place after it (0 = it is the first)."""
    is_first_answer = pl.col("parent").is_not_null() & pl.col("parent").is_first_distinct()
    onward = links.select(pl.when(is_first_answer).then("parent").otherwise("n")).to_series()
    _, depth = _climb(onward)
    within = onward.zip_with(depth % max_turns != 0, links["n"])
    return _climb(within)


def _climb(up: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Where each pointer leads in the end, and after how many steps; doubles its stride each round."""
    steps = (up != pl.Series(range(len(up)), dtype=up.dtype)).cast(pl.Int32)
    while True:
        further = up.gather(up)
        if (further == up).all():
            return up, steps
        steps = steps + steps.gather(up)
        up = further


def _context(own: pl.DataFrame, parent: pl.Series, max_context: int) -> list[pl.DataFrame]:
    """Rows like `own` for the turns above each dialogue's first: the nearest at place -1."""
    heads = own.filter(pl.col("place") == 0)["head"]
    above, layers = heads, list[pl.DataFrame]()
    for distance in range(1, max_context + 1):
        above = parent.gather(above)
        heads, above = heads.filter(above.is_not_null()), above.drop_nulls()
        learn = pl.repeat(False, len(heads), eager=True)
        place = pl.repeat(-distance, len(heads), dtype=own["place"].dtype, eager=True)
        layers.append(pl.DataFrame({"turn": above, "head": heads, "place": place, "learn": learn}))
    return layers
