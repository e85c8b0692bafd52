"""Two answers to the same words of which readers liked one better: what preferences are learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core.errors import Usage
from ownwords.core.step import DROP, Reduce, Stage
from ownwords.datasets import split
from ownwords.datasets._links import answered, narrow, order_of, ordered, shown_above, without_circles
from ownwords.datasets.threads import turned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ownwords.core.step import Param

    Numbers = NDArray[np.int64]
    Mask = NDArray[np.bool_]

#: margin        how much higher the chosen answer's score is, 1 or more
#: later         the chosen answer is not the older of the two: what stood there first was seen by more, which is no merit
#: per_prompt    pairs made of the answers to one record, on each side; each answer is in one of them at most
#: max_context   turns shown before the one that both answer
#: context_chars characters kept of each of these turns and of that one
#: mark_missing  show `[withheld]`, as one of those turns, where what was answered is not among the rows
#: by            person or time; this and what follows as in the step split
#: held_out      share of people, or of answers with a date
#: at            with time: from this ISO date on
#: seed          another seed, other people
PARAMS: Mapping[str, Param] = {
    "margin": 1,
    "later": True,
    "per_prompt": 4,
    "max_context": 2,
    "context_chars": 2_000,
    "mark_missing": True,
    **{name: split.PARAMS[name] for name in ("by", "held_out", "at", "seed")},
}

_APART = "its words are on both sides"
#: Scores beyond this count as this, so that their differences are numbers of 64 bits.
_MOST = 1 << 61
_NEEDED = (*split.LISTED, "dialogue", "place", *split.OF_FIRST, split.HELD)


def stages(params: Mapping[str, Param]) -> tuple[Stage | Reduce, ...]:
    """Records with `score` in, pairs out: the columns of `split.DIALOGUE`, and rejected, struct(text, record_id).

    The last turn is the chosen answer and the only one to learn; what both answer stands before it, and what that answers before
    that. `people` and `origins` end with those of the rejected answer. The pairs of a prompt are those furthest apart, each answer
    in one at most; an answer without a score or a prompt among the rows is in none, nor, with `later`, one without a date.
    Both answers, and by person their prompt, are on one side: pairs are made within each; where the line between them hangs on the
    pairs themselves (by time without a date), those across it are dropped. What is shown first ends where the side changes.
    Whoever goes on from words of their own answers nobody: a pair with such a chosen answer is dropped.

    raises   Usage as the step split does, or for a margin below 1
    """
    if int(params["margin"]) < 1:
        raise Usage(f"pairs: margin is {params['margin']}, and two answers with equal scores are no pair", "choose margin=1 or more")
    before, tell = split.sides(params)

    def read(rows: pl.LazyFrame) -> pl.LazyFrame:
        if before:
            return narrow(rows, "score")
        return narrow(tell(rows.with_columns(pl.lit(value=True).alias("learn"))), "score", split.HELD)

    return (
        Reduce(
            read,
            lambda few: _decided(few.collect(engine="streaming"), params).lazy(),
            lambda rows, decided: _turns(rows, decided, int(params["context_chars"])),
        ),
        *before,
        Stage("dialogue", lambda turns: _paired(tell(turns).select(_NEEDED).collect(engine="streaming")).lazy()),
    )


def _decided(few: pl.DataFrame, params: Mapping[str, Param]) -> pl.DataFrame:
    """One row a turn: record_no, dialogue (that of the chosen answer), place (0: chosen, 1: rejected), learn, is_withheld."""
    few = ordered(few)
    up, is_missing = answered(few)
    up = without_circles(up)
    is_held = few[split.HELD].to_numpy() if split.HELD in few.columns else np.zeros(len(up), bool)
    is_answer = (up != np.arange(len(up))) & (few["score"].is_not_null() & ~few["is_repeat"]).to_numpy()
    if params["later"]:
        is_answer &= few["created_at"].is_not_null().to_numpy()
    if params["by"] == "person":
        is_answer &= is_held == is_held[up]
    answers = np.flatnonzero(is_answer)
    score = few["score"].clip(-_MOST, _MOST).gather(answers).to_numpy()
    places = _pairs(2 * up[answers] + is_held[answers], score, few["id"].gather(answers).to_numpy(), params)
    chosen, rejected = (answers[found] for found in places)
    zeros = np.zeros(len(chosen), np.int64)
    shown = shown_above(up, chosen, is_missing & bool(params["mark_missing"]), int(params["max_context"]) + 1)
    layers = [(chosen, chosen, zeros, False), (rejected, chosen, zeros + 1, False), *shown]
    turns = pl.DataFrame(
        {
            "record_no": few["record_no"].gather(np.concatenate([turn for turn, *_ in layers])),
            "dialogue": few["record_no"].gather(np.concatenate([head for _, head, *_ in layers])),
            "place": np.concatenate([place for _, _, place, _ in layers]).astype(np.int32),
            "is_withheld": np.concatenate([np.full(len(turn), is_withheld) for turn, *_, is_withheld in layers]),
        }
    )
    return turns.with_columns((pl.col("place") >= 0).alias("learn"))


def _pairs(prompt: Numbers, score: Numbers, id_: NDArray[np.uint64], params: Mapping[str, Param]) -> tuple[Numbers, Numbers]:
    """Places of the chosen and the rejected answers among these, which are in the order of time.

    In each round every answer looks at the one with the lowest score among those before it, and of each prompt the pair
    furthest apart is taken. So a prompt with a million answers costs no more than a million prompts with one.
    """
    n, margin = len(prompt), int(params["margin"])
    order = np.lexsort((np.arange(n), np.arange(n) if params["later"] else score, prompt))
    rank = np.empty(n, np.int64)
    rank[np.lexsort((np.arange(n), score))] = np.arange(n)
    at_rank = np.argsort(rank)
    chosen, rejected = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for _ in range(int(params["per_prompt"])):
        is_first = split.changes(prompt[order])
        group = np.cumsum(is_first) - 1
        # each group lies below all those before it, so that no minimum reaches into the next one
        lowest = np.minimum.accumulate(rank[order] - group * n)
        lowest = at_rank[np.roll(lowest, 1) % max(n, 1)]
        gain = score[order] - score[lowest]
        fits = np.flatnonzero(~is_first & (gain >= margin))
        best = fits[np.lexsort((id_[order[fits]], -gain[fits], group[fits]))]
        best = best[split.changes(group[best])]
        if not len(best):
            break
        chosen.append(order[best])
        rejected.append(lowest[best])
        goes_on = np.zeros(n, bool)
        goes_on[order[np.isin(group, group[best])]] = True
        goes_on[chosen[-1]] = goes_on[rejected[-1]] = False
        order = order[goes_on[order]]
    return np.concatenate(chosen), np.concatenate(rejected)


def _turns(rows: pl.LazyFrame, decided: pl.LazyFrame, n_chars: int) -> pl.LazyFrame:
    """The turns of pairs; a record that is in none has that as its reason to go."""
    turns = turned(rows, decided, n_chars, how="left")
    return turns.with_columns(pl.when(pl.col("dialogue").is_null()).then(pl.lit("in no pair")).alias(DROP))


def _paired(turns: pl.DataFrame) -> pl.DataFrame:
    """One row a pair."""
    turns = turns.rechunk()[order_of(turns["dialogue"].to_numpy(), turns["place"].to_numpy())]
    rows = np.arange(turns.height)
    begins = split.changes(turns["dialogue"].to_numpy())
    part, last = np.cumsum(begins) - 1, np.flatnonzero(np.append(begins[1:], np.ones(min(1, len(rows)), bool)))
    is_held = turns[split.HELD].fill_null(value=False).to_numpy()
    sides = is_held[last - 1]
    is_other = (is_held != sides[part]) & turns[split.HELD].is_not_null().to_numpy()
    cut = np.maximum.accumulate(np.where(is_other, rows, -1))[last]
    is_apart = cut >= last - 2
    shown = (rows < last[part]) & ((rows > cut[part]) | is_apart[part])
    chosen, rejected = turns[last - 1], turns[last]
    goes_on = (chosen["account_id"] == turns["account_id"].gather(last - 2)).fill_null(value=False)
    found = split.lists(turns.select(split.LISTED).filter(shown), part[shown])
    return found.with_columns(
        pl.concat_list("people", rejected["account_id"]).list.drop_nulls(),
        pl.concat_list("origins", rejected["record_no"].cast(pl.Int64)),
        chosen["record_id"].alias("row_id"),
        pl.Series(split.HELD, sides, dtype=pl.Boolean),
        *chosen.select(split.OF_FIRST).get_columns(),
        rejected.select(pl.struct("text", "record_id").alias("rejected")).to_series(),
        pl.when(pl.Series(is_apart, dtype=pl.Boolean)).then(pl.lit(_APART)).when(goes_on).then(pl.lit(split.NO_PROMPT)).alias(DROP),
    ).select(*(split.name_of_side().alias(name) if name == "split" else name for name in (*split.DIALOGUE, "rejected")), DROP)
