"""Who, or when, is learnt from and what is held out to test: no dialogue across the line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core import clock
from ownwords.core.errors import Usage
from ownwords.core.step import DROP, Reduce, Stage
from ownwords.datasets._links import order_of
from ownwords.datasets._stable import shares

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from ownwords.core.step import Param

    Numbers = NDArray[np.int64]
    Mask = NDArray[np.bool_]

#: by         person: people are held out, nobody is on both sides; time: what was written last is
#: held_out   share of people, or of records with a date, that is held out, 0 to 1
#: at         with time: what was written at this ISO date or later is held out, whatever share that is; empty: by share
#: seed       another seed, other people
#: alone      every dialogue has one turn, so that nothing has to come together
#: prompted   only dialogues in which whoever speaks last answers words of somebody else's
PARAMS: Mapping[str, Param] = {"by": "person", "held_out": 0.1, "at": "", "seed": 7, "alone": False, "prompted": False}

#: What a dialogue is from here on, one row each.
DIALOGUE = ("row_id", "split", "created_at", "network", "terms", "language", "turns", "people", "origins")
#: What a dialogue has of its first learnt turn.
OF_FIRST = ("created_at", "network", "terms", "language")
#: Whether a turn is held out; null where that is for its neighbours to say.
HELD = "_is_held"
#: Why a dialogue goes in which nobody is answered whose words are there.
NO_PROMPT = "no prompt"
#: What the lists of a dialogue are made of.
LISTED = ("account_id", "text", "learn", "record_id", "record_no")
_NEEDED = (*LISTED, "dialogue", "place", *OF_FIRST, HELD)


def stages(params: Mapping[str, Param]) -> tuple[Stage | Reduce, ...]:
    """Turns in, dialogues out: row_id (the record id of the first learnt turn), split (train, held_out), created_at, network,
    terms, language (of that turn), turns, people (account ids, one a turn), origins (record numbers, one a turn).

    A turn that was withheld has a speaker, but no record id, person or origin. Speakers are numbered as they come in.

    by person   a person's side hangs on their account id and the seed alone, so nobody moves when someone else leaves
    by time     a learnt turn's side hangs on its date; without one it is learnt from. Nothing that is held out to be told is
                older than anything that is learnt from; a shown turn goes with what follows it

    A dialogue is cut wherever the side changes; each part goes on by itself, and shown turns with nothing after them to learn
    are dropped.

    raises   Usage for another `by`, or an `at` that is no date
    """
    before, tell = sides(params)
    if params["alone"]:
        return (*before, Stage(None, lambda turns: _alone(tell(turns))))
    prompted = bool(params["prompted"])
    fold = lambda turns: _folded(tell(turns).select(_NEEDED).collect(engine="streaming"), prompted=prompted).lazy()  # noqa: E731
    return (*before, Stage("dialogue", fold))


def sides(params: Mapping[str, Param]) -> tuple[tuple[Reduce, ...], Callable[[pl.LazyFrame], pl.LazyFrame]]:
    """What has to be known first, and what then adds to turns the column `HELD`, each row by itself."""
    if params["by"] == "person":
        held_out, seed = float(params["held_out"]), int(params["seed"])
        return (), lambda turns: _by_person(turns, held_out, seed)
    if params["by"] != "time":
        raise Usage(f"split: by {params['by']!r} does not exist", "choose by=person or by=time")
    if params["at"]:
        since = _instant(str(params["at"]))
        return (), lambda turns: _sided(turns, pl.col("created_at") >= since)
    late = float(params["held_out"])
    return (Reduce(_dated, lambda dated: _latest(dated, late), _told),), lambda turns: turns


def _instant(text: str) -> datetime:
    try:
        return clock.from_text(text)
    except ValueError:
        raise Usage(f"split: at {text!r} is no date", "write it as 2026-01-31 or 2026-01-31T12:00:00Z") from None


def _sided(turns: pl.LazyFrame, is_held: pl.Expr) -> pl.LazyFrame:
    """`is_held` for each learnt turn, unknown for one that is shown."""
    return turns.with_columns(pl.when("learn").then(is_held.fill_null(value=False)).alias(HELD))


def _by_person(turns: pl.LazyFrame, held_out: float, seed: int) -> pl.LazyFrame:
    """`is_held` for each turn, unknown for one that was withheld."""

    def held(accounts: pl.Series) -> pl.Series:
        people = accounts.unique()
        return accounts.is_in(people.filter(pl.Series(shares(people.fill_null(""), seed) < held_out)).implode(), nulls_equal=True)

    side = pl.col("account_id").map_batches(held, return_dtype=pl.Boolean, is_elementwise=True)
    return turns.with_columns(pl.when(pl.col("learn") | pl.col("account_id").is_not_null()).then(side).alias(HELD))


def _dated(turns: pl.LazyFrame) -> pl.LazyFrame:
    """record_no and created_at of what is learnt."""
    return turns.filter("learn").select("record_no", "created_at")


def _latest(dated: pl.LazyFrame, held_out: float) -> pl.LazyFrame:
    """Of the records with a date the latest, at most the share `held_out`; of those of one instant all or none."""
    known = dated.filter(pl.col("created_at").is_not_null()).collect(engine="streaming")
    n_late = math.floor(held_out * known.height + 1e-9)
    if n_late < known.height:
        known = known.filter(pl.col("created_at") > known["created_at"].top_k(n_late + 1).min())
    return known.lazy().select("record_no", pl.lit(value=True).alias("is_late"))


def _told(turns: pl.LazyFrame, decided: pl.LazyFrame) -> pl.LazyFrame:
    told = turns.join(decided, on="record_no", how="left", build_side="force_right")
    return _sided(told, pl.col("is_late")).drop("is_late")


def _alone(turns: pl.LazyFrame) -> pl.LazyFrame:
    """Dialogues of one turn."""
    turn = pl.struct(pl.lit(0, pl.Int32).alias("speaker"), "text", "learn", "record_id")
    return turns.select(
        pl.col("record_id").alias("row_id"),
        name_of_side().alias("split"),
        *OF_FIRST,
        pl.concat_list(turn).alias("turns"),
        pl.concat_list("account_id").alias("people"),
        pl.concat_list(pl.col("record_no").cast(pl.Int64)).alias("origins"),
    )


def name_of_side() -> pl.Expr:
    """`HELD` in words."""
    return pl.when(HELD).then(pl.lit("held_out")).otherwise(pl.lit("train"))


def _folded(turns: pl.DataFrame, *, prompted: bool) -> pl.DataFrame:
    """One row a part of a dialogue; a part with nothing to learn has a reason to drop it, and if `prompted` one that answers nobody."""
    turns = turns.rechunk()  # from many chunks, rows are gathered ten times as slowly
    order = order_of(turns["dialogue"].to_numpy(), turns["place"].to_numpy())
    dialogue, learn = turns["dialogue"].to_numpy()[order], turns["learn"].to_numpy()[order]
    is_held = _known_side(turns[HELD][order], dialogue)
    part = np.cumsum(changes(dialogue) | changes(is_held)) - 1
    first = np.full(int(part.max(initial=-1)) + 1, -1)
    learnt = np.flatnonzero(learn)
    first[part[learnt[::-1]]] = learnt[::-1]  # the first is written last, and stays
    heads = pl.Series(first, dtype=pl.Int64).replace(-1, None)
    heads, is_held = pl.Series(order).gather(heads), is_held[np.flatnonzero(changes(part))]
    shown = np.flatnonzero(_before_last(learn, part) | (first < 0)[part])
    spoken = turns[LISTED][order[shown]]
    found = lists(spoken, part[shown])
    answers = _answers(spoken, part[shown]) if prompted else np.ones(found.height, bool)
    row_id = turns["record_id"].gather(heads).alias("row_id")
    return found.with_columns(
        row_id,
        pl.Series(HELD, is_held, dtype=pl.Boolean),
        *turns.select(pl.col(OF_FIRST).gather(heads)).get_columns(),
        pl.when(row_id.is_null())
        .then(pl.lit("context from the other side"))
        .when(pl.Series(~answers, dtype=pl.Boolean))
        .then(pl.lit(NO_PROMPT))
        .alias(DROP),
    ).select(*(name_of_side().alias(name) if name == "split" else name for name in DIALOGUE), DROP)


def lists(spoken: pl.DataFrame, part: Numbers) -> pl.DataFrame:
    """turns, people and origins of each part, in the order of parts."""
    speaker = pl.Series("speaker", _speakers(spoken["account_id"], part), dtype=pl.Int32)
    parts = spoken.with_columns(speaker, pl.Series("part", part, dtype=pl.Int64).set_sorted())
    found = parts.group_by("part", maintain_order=True).agg(
        pl.struct("speaker", "text", "learn", "record_id").alias("turns"),
        pl.col("account_id").alias("people"),
        pl.col("record_no").cast(pl.Int64).alias("origins"),
    )
    if spoken["record_no"].null_count():
        found = found.with_columns(pl.col("people", "origins").list.drop_nulls())
    return found.drop("part")


def _answers(spoken: pl.DataFrame, part: Numbers) -> Mask:
    """For each part: whether words of somebody else than its last speaker stand in it."""
    who, last = spoken["account_id"], np.flatnonzero(np.append(part[1:] != part[:-1], np.ones(min(1, len(part)), bool)))
    is_other = (who.ne_missing(who.gather(last[part])) & spoken["record_id"].is_not_null()).to_numpy()
    answers = np.zeros(len(last), bool)
    answers[part[is_other]] = True
    return answers


def _before_last(learn: Mask, part: Numbers) -> Mask:
    """Whether something is learnt at each place or after it, in the same part."""
    rows = np.arange(len(learn))
    after = np.minimum.accumulate(np.where(learn, rows, len(rows) - 1)[::-1])[::-1]
    is_before: Mask = learn[after] & (part[after] == part)
    return is_before


def _known_side(is_held: pl.Series, dialogue: Numbers) -> Mask:
    """A turn without a side has that of the next one in its dialogue, or of the last one before it."""
    known = is_held.fill_null(value=False).to_numpy()
    if not is_held.null_count():
        return known
    has_side, rows = is_held.is_not_null().to_numpy(), np.arange(len(known))
    after = np.minimum.accumulate(np.where(has_side, rows, len(rows) - 1)[::-1])[::-1]
    before = np.maximum.accumulate(np.where(has_side, rows, 0))
    return known[np.where(has_side[after] & (dialogue[after] == dialogue), after, np.where(dialogue[before] == dialogue, before, rows))]


def changes(values: NDArray[np.int64] | NDArray[np.bool_]) -> Mask:
    """Whether each value differs from the one before it; the first does."""
    return np.concatenate([np.ones(min(1, len(values)), bool), values[1:] != values[:-1]])


def _speakers(accounts: pl.Series, part: Numbers) -> NDArray[np.int32]:
    """For each turn: who speaks, numbered in each part as they come in."""
    begins = changes(part)
    talks = np.flatnonzero(~begins | np.append(~begins[1:], np.zeros(min(1, len(part)), bool)))
    speaker, rows = np.zeros(len(part), np.int32), np.arange(len(talks))
    who = pl.DataFrame({"part": part[talks], "who": accounts.gather(talks), "n": rows}, schema_overrides={"part": pl.Int64})
    entry = who.select(pl.col("n").first().over("part", "who")).to_series().to_numpy()
    n_entered = np.cumsum(entry == rows)
    first = np.maximum.accumulate(np.where(begins[talks], rows, 0))
    speaker[talks] = n_entered[entry] - n_entered[first]
    return speaker
