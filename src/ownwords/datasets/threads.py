"""Who answered whom: reply links to dialogues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from ownwords.core.step import DROP, Reduce, Stage
from ownwords.datasets._links import answered, climb, narrow, ordered, shown_above, without_circles

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

    A record goes on in its parent's dialogue if it is the parent's first answer by (created_at, record_id's number, record_no),
    of those to be learnt if there are any; else it begins one, with up to `max_context` turns from above it at places below 0. A
    parent that is not among the rows is no parent. Every record has one place of its own, and is learnt there unless `repeats`
    (where there is such a column) says why not; it is then shown if something learnt follows, else dropped for that reason.
    """
    max_turns, max_context, n_chars = int(params["max_turns"]), int(params["max_context"]), int(params["context_chars"])
    if max_turns == 1 and max_context == 0:
        return (Stage(None, _alone),)
    mark = bool(params["mark_missing"])
    return (
        Reduce(
            narrow,
            lambda few: _decided(few.collect(engine="streaming"), max_turns, max_context, mark_missing=mark).lazy(),
            lambda rows, decided: _told(rows, decided, n_chars),
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


def _decided(few: pl.DataFrame, max_turns: int, max_context: int, *, mark_missing: bool) -> pl.DataFrame:
    """One row a turn: record_no, dialogue, place, learn, is_idle (nothing learnt in or after it), is_withheld.

    A withheld turn has the record_no of the record that answered it.
    """
    few = ordered(few)
    up, is_missing = answered(few)
    up = without_circles(up)
    is_new = ~few["is_repeat"].to_numpy()
    heads, places = _chains(up, is_new, max_turns)
    learn, is_idle, begins = _learnt(heads, places, is_new)
    turns = [(np.arange(len(up)), heads, places, False), *shown_above(up, begins, is_missing & mark_missing, max_context)]
    record_no = few["record_no"]
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


def _chains(up: Numbers, is_new: Mask, max_turns: int) -> tuple[Numbers, Numbers]:
    """For each row: the first own turn of its dialogue, and its place after it (0 = it is the first)."""
    rows = np.arange(len(up))
    first = np.full(len(up), -1)
    for some in (up != rows) & ~is_new, (up != rows) & is_new:  # what is written last stays: the earliest of those to be learnt
        answers = np.flatnonzero(some)[::-1]
        first[up[answers]] = answers
    onward = np.where(first[up] == rows, up, rows)
    heads, depth = climb(onward)
    if depth.max(initial=0) < max_turns:
        return heads, depth
    return climb(np.where(depth % max_turns != 0, onward, rows))


def _learnt(heads: Numbers, places: Numbers, is_new: Mask) -> tuple[Mask, Mask, Numbers]:
    """Which rows are learnt, which have nothing learnt in or after them, and where the dialogues begin that are not idle."""
    begins = np.flatnonzero(places == 0)
    if is_new.all():
        return is_new, ~is_new, begins
    last = np.full(len(heads), -1)
    np.maximum.at(last, heads[is_new], places[is_new])
    return is_new, places > last[heads], begins[last[begins] >= 0]


def turned(rows: pl.LazyFrame, decided: pl.LazyFrame, n_chars: int, how: Literal["inner", "left"] = "inner") -> pl.LazyFrame:
    """Each row as often as it is a turn; of a withheld one nothing but its place.

    decided   record_no, dialogue, place, learn, is_withheld and what else is to be told of a turn
    n_chars   characters kept of a turn that is not learnt
    how       left: with a row for each record that is no turn, too
    """
    names = rows.collect_schema().names()
    more = [name for name in decided.collect_schema().names() if name not in ("record_no", "is_withheld")]
    turns = rows.join(decided, on="record_no", how=how, build_side="force_right")
    text = pl.when("is_withheld").then(pl.lit(WITHHELD)).when("learn").then("text").otherwise(pl.col("text").str.head(n_chars))
    own = [pl.when("is_withheld").then(None).otherwise(name).alias(name) for name in names if name != "text"]
    return turns.select(*own, text.alias("text"), *more)


def _told(rows: pl.LazyFrame, decided: pl.LazyFrame, n_chars: int) -> pl.LazyFrame:
    turns = turned(rows, decided, n_chars)
    if "repeats" not in rows.collect_schema():
        return turns.drop("is_idle")
    return turns.with_columns(pl.when("is_idle").then("repeats").alias(DROP)).drop("is_idle", "repeats")
