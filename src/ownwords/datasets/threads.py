"""Who answered whom: reply links to dialogues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core.step import DROP, Reduce, Stage
from ownwords.datasets._ids import id_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ownwords.core.step import Param

    Numbers = NDArray[np.int64]
    Mask = NDArray[np.bool_]

#: max_turns     turns to learn in one dialogue; a longer chain goes on in the next one; 1 = every record by itself
#: max_context   turns shown before them, from further up the thread, without being learnt
#: context_chars characters kept of such a turn; bounds a thread of a million answers to one long post
#: mark_missing  show `[withheld]`, as one of those turns, where what was answered is not among the rows
PARAMS: Mapping[str, Param] = {"max_turns": 8, "max_context": 2, "context_chars": 500, "mark_missing": True}

#: The text of a turn that stands for one nobody may see. Nothing of it is known here but that somebody answered it.
WITHHELD = "[withheld]"


def stages(params: Mapping[str, Param]) -> tuple[Stage | Reduce, ...]:
    """Records in, turns out: one row a turn, with `dialogue` (int64), `place` (int32, 0 = its first own turn) and `learn`.

    A record goes on in its parent's dialogue if it is the parent's first answer by (created_at, record_id's number, record_no);
    else it begins one, with up to `max_context` turns from above it at places below 0. A parent that is not among the rows is
    no parent. Every record has one place of its own, and is learnt there unless `repeats` (where there is such a column) says
    why not; it is then shown if something learnt follows, else dropped for that reason.
    """
    max_turns, max_context, n_chars = int(params["max_turns"]), int(params["max_context"]), int(params["context_chars"])
    if max_turns == 1 and max_context == 0:
        return (Stage(None, _alone),)
    mark = bool(params["mark_missing"])
    return (
        Reduce(
            _narrow,
            lambda narrow: _decided(narrow.collect(engine="streaming"), max_turns, max_context, mark_missing=mark).lazy(),
            lambda rows, decided: _turns(rows, decided, n_chars),
        ),
    )


def _alone(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Every record as a dialogue of one turn."""
    repeats = "repeats" in rows.collect_schema()
    placed = rows.with_columns(
        pl.col("record_no").cast(pl.Int64).alias("dialogue"),
        pl.lit(0, pl.Int32).alias("place"),
        pl.lit(value=True).alias("learn"),
    )
    return placed.rename({"repeats": DROP}) if repeats else placed


def _narrow(rows: pl.LazyFrame) -> pl.LazyFrame:
    """record_no, id and parent (UInt64), created_at, is_repeat."""
    repeats = pl.col("repeats").is_not_null() if "repeats" in rows.collect_schema() else pl.lit(value=False)
    return rows.select(
        pl.col("record_no").cast(pl.Int64),
        id_number("record_id").alias("id"),
        id_number("reply_to").alias("parent"),
        "created_at",
        repeats.alias("is_repeat"),
    )


def _decided(narrow: pl.DataFrame, max_turns: int, max_context: int, *, mark_missing: bool) -> pl.DataFrame:
    """One row a turn: record_no, dialogue, place, learn, is_idle (nothing learnt in or after it), is_withheld.

    A withheld turn has the record_no of the record that its dialogue begins with.
    """
    narrow = narrow.sort("created_at", "id", "record_no", nulls_last=True)
    up, is_missing = _links(narrow)
    up = _without_circles(up)
    heads, places = _chains(up, max_turns)
    learn, is_idle, begins = _learnt(heads, places, ~narrow["is_repeat"].to_numpy())
    turns = [(np.arange(len(up)), heads, places, False), *_context(up, begins, is_missing & mark_missing, max_context)]
    record_no = narrow["record_no"]
    others = sum(len(turn) for turn, *_ in turns[1:])
    return pl.DataFrame(
        {
            "record_no": record_no.gather(np.concatenate([turn for turn, *_ in turns])),
            "dialogue": record_no.gather(np.concatenate([head for _, head, *_ in turns])),
            "place": np.concatenate([place for _, _, place, _ in turns]).astype(np.int32),
            "learn": np.concatenate([learn, np.zeros(others, bool)]),
            "is_idle": np.concatenate([is_idle, np.zeros(others, bool)]),
            "is_withheld": np.concatenate([np.full(len(turn), is_withheld) for turn, *_, is_withheld in turns]),
        }
    )


def _links(narrow: pl.DataFrame) -> tuple[Numbers, Mask]:
    """For each row the row it answers (itself, where there is none), and whether it answers one that is not here."""
    numbered = narrow.lazy().select("id", "parent").with_row_index("n")
    asked = numbered.filter(pl.col("parent").is_not_null()).select("n", "parent")
    known = numbered.select(pl.col("n").alias("to"), "id")
    found = asked.join(known, left_on="parent", right_on="id", how="left").collect()
    n, to = found["n"].to_numpy(), found["to"]
    is_missing = np.zeros(narrow.height, bool)
    is_missing[n[to.is_null().to_numpy()]] = True
    up = np.arange(narrow.height)
    # an id that stands twice: the first of its rows, which is written last, is the one that was answered
    answered = found.drop_nulls().sort("to", descending=True) if found.height > narrow["parent"].count() else found.drop_nulls()
    up[answered["n"].to_numpy()] = answered["to"].to_numpy()
    return up, is_missing


def _without_circles(up: Numbers) -> Numbers:
    """The earliest row of each circle of answers answers nobody.

    A parent later than its child is possible (clocks differ, times are unknown), so links alone do not end. Each row
    jumps twice as far as before; whoever is still on the way after as many steps as there are rows walks in a circle.
    """
    if not (up > np.arange(len(up))).any():
        return up
    lost = np.flatnonzero(_climb(up)[0] < 0)
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


def _chains(up: Numbers, max_turns: int) -> tuple[Numbers, Numbers]:
    """For each row: the first own turn of its dialogue, and its place after it (0 = it is the first)."""
    rows = np.arange(len(up))
    answers = np.flatnonzero(up != rows)[::-1]
    first = np.full(len(up), -1)
    first[up[answers]] = answers  # the earliest is written last, and stays
    onward = np.where(first[up] == rows, up, rows)
    heads, depth = _climb(onward)
    if depth.max(initial=0) < max_turns:
        return heads, depth
    return _climb(np.where(depth % max_turns != 0, onward, rows))


def _climb(up: Numbers) -> tuple[Numbers, Numbers]:
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


def _learnt(heads: Numbers, places: Numbers, is_new: Mask) -> tuple[Mask, Mask, Numbers]:
    """Which rows are learnt, which have nothing learnt in or after them, and where the dialogues begin that are not idle."""
    begins = np.flatnonzero(places == 0)
    if is_new.all():
        return is_new, ~is_new, begins
    last = np.full(len(heads), -1)
    np.maximum.at(last, heads[is_new], places[is_new])
    return is_new, places > last[heads], begins[last[begins] >= 0]


def _context(up: Numbers, begins: Numbers, is_missing: Mask, max_context: int) -> list[tuple[Numbers, Numbers, Numbers, bool]]:
    """(rows, first turns of the dialogues they are shown in, places, is_withheld): the nearest above each dialogue at place -1."""
    layers = []
    heads = here = begins
    for distance in range(1, max_context + 1):
        above = up[here]
        ends = above == here
        blind = heads[ends & is_missing[here]]
        heads, here = heads[~ends], above[~ends]
        for turn, head, is_withheld in ((here, heads, False), (blind, blind, True)):
            layers.append((turn, head, np.full(len(turn), -distance), is_withheld))
    return layers


def _turns(rows: pl.LazyFrame, decided: pl.LazyFrame, n_chars: int) -> pl.LazyFrame:
    """Each row as often as it is a turn; of a withheld one nothing but its place."""
    names = rows.collect_schema().names()
    is_withheld = pl.col("is_withheld")
    turns = rows.join(decided, on="record_no", how="inner", build_side="force_right")
    text = pl.when(is_withheld).then(pl.lit(WITHHELD)).when("learn").then("text").otherwise(pl.col("text").str.head(n_chars))
    kept = [pl.when(~is_withheld).then(name).alias(name) for name in names if name not in ("text", "repeats")]
    why = [pl.when("is_idle").then("repeats").alias(DROP)] if "repeats" in names else []
    return turns.select(*kept, text.alias("text"), "dialogue", "place", "learn", *why)
