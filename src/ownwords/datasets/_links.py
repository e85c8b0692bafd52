"""Who answered whom, as numbers: rows of answers as an array of the rows they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.datasets._ids import id_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Mask = NDArray[np.bool_]


def narrow(rows: pl.LazyFrame, *more: str) -> pl.LazyFrame:
    """record_no, id and parent (UInt64), created_at, is_repeat (`repeats` says why it is not to be learnt), and columns `more`."""
    repeats = pl.col("repeats").is_not_null() if "repeats" in rows.collect_schema() else pl.lit(value=False)
    return rows.select(
        pl.col("record_no").cast(pl.Int64),
        id_number("record_id").alias("id"),
        id_number("reply_to").alias("parent"),
        "created_at",
        repeats.alias("is_repeat"),
        *more,
    )


def ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """Narrow rows from the earliest to the latest, those of one instant by id, then record_no; those without a date last."""
    when = rows["created_at"].to_physical().fill_null((1 << 63) - 1).to_numpy()
    return rows.rechunk()[order_of(when, rows["id"].to_numpy(), rows["record_no"].to_numpy())]


def order_of(first: Numbers, *then: NDArray[np.generic]) -> Numbers:
    """Places in the order of `first`, and where that is equal of `then`: as np.lexsort says, but quick where few are equal."""
    order = np.argsort(first)
    is_next = np.diff(first[order]) == 0
    tied = np.append(is_next, False) | np.insert(is_next, 0, False) if len(order) else np.zeros(0, bool)
    some = order[tied]
    order[tied] = some[np.lexsort((*(values[some] for values in reversed(then)), first[some]))]
    return order


def answered(rows: pl.DataFrame) -> tuple[Numbers, Mask]:
    """For each of `ordered` rows the row it answers (itself, where there is none), and whether it answers one that is not here."""
    numbered = rows.lazy().select("id", "parent").with_row_index("n")
    asked = numbered.filter(pl.col("parent").is_not_null()).select("n", "parent")
    known = numbered.select(pl.col("n").alias("to"), "id")
    found = asked.join(known, left_on="parent", right_on="id", how="left").collect()
    n, to = found["n"].to_numpy(), found["to"]
    is_missing = np.zeros(rows.height, bool)
    is_missing[n[to.is_null().to_numpy()]] = True
    up = np.arange(rows.height)
    # an id that stands twice: the first of its rows, which is written last, is the one that was answered
    twice = found.height > rows["parent"].count()
    found = found.drop_nulls().sort("to", descending=True) if twice else found.drop_nulls()
    up[found["n"].to_numpy()] = found["to"].to_numpy()
    return up, is_missing


def without_circles(up: Numbers) -> Numbers:
    """The earliest row of each circle of answers answers nobody.

    A parent later than its child is possible (clocks differ, times are unknown), so links alone do not end. Each row
    jumps twice as far as before; whoever is still on the way after as many steps as there are rows walks in a circle.
    """
    if not (up > np.arange(len(up))).any():
        return up
    lost = np.flatnonzero(climb(up)[0] < 0)
    if not len(lost):
        return up
    place = np.full(len(up), -1)
    place[lost] = np.arange(len(lost))
    jump = place[up[lost]]
    lowest = np.minimum(np.arange(len(lost)), jump)
    for _ in range(len(lost).bit_length()):
        lowest = np.minimum(lowest, lowest[jump])
        jump = jump[jump]
    in_circle = np.zeros(len(lost), bool)
    in_circle[jump] = True
    cut = lost[in_circle & (lowest == np.arange(len(lost)))]
    up = up.copy()
    up[cut] = cut
    return up


def climb(up: Numbers) -> tuple[Numbers, Numbers]:
    """Where each row gets to in the end (-1: it walks in a circle), and after how many steps; the stride doubles each round."""
    is_end = up == np.arange(len(up))
    top, steps = up.copy(), (~is_end).astype(np.int64)
    walking = np.flatnonzero(~is_end[top])
    for _ in range(len(up).bit_length()):
        if not len(walking):
            break
        to = top[walking]
        steps[walking] += steps[to]
        top[walking] = top[to]
        walking = walking[~is_end[top[walking]]]
    top[walking] = -1
    return top, steps


def shown_above(up: Numbers, begins: Numbers, is_missing: Mask, max_context: int) -> list[tuple[Numbers, Numbers, Numbers, bool]]:
    """Rows shown above each of `begins`, the nearest at place -1: (rows, which of `begins` they are above, places, is_withheld).

    Where the way up ends at an answer to what is not here (`is_missing`), one more place is taken by a turn that is withheld;
    its row is that answer's, for want of one of its own.
    """
    layers = []
    heads = here = begins
    for distance in range(1, max_context + 1):
        above = up[here]
        ends = above == here
        is_blind = ends & is_missing[here]
        unseen, blind = here[is_blind], heads[is_blind]
        heads, here = heads[~ends], above[~ends]
        for turn, head, is_withheld in ((here, heads, False), (unseen, blind, True)):
            layers.append((turn, head, np.full(len(turn), -distance), is_withheld))
    return layers
