"""Preferences: against a plain rule written as loops, and across the line between learnt and held out."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.errors import Usage
from ownwords.datasets import pairs, split
from ownwords.datasets._ids import id_numbers
from ownwords.datasets._stable import share
from posts import DAY, kept
from steps import carried_out

LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def found(rows: list[dict], **given) -> list[tuple]:
    """(chosen, rejected, what is shown, nearest last) of each pair, sorted."""
    out, _ = carried_out(pairs, kept(rows), **given)
    assert tuple(out.columns) == (*split.DIALOGUE, "rejected")
    made = []
    for row in out.iter_rows(named=True):
        *shown, chosen = row["turns"]
        assert [turn["learn"] for turn in row["turns"]] == [False] * len(shown) + [True]
        assert row["row_id"] == chosen["record_id"]
        made.append((chosen["record_id"], row["rejected"]["record_id"], tuple(turn["record_id"] for turn in shown)))
    return sorted(made)


def expected(rows: list[dict], margin: int, later: bool, per_prompt: int, max_context: int) -> list[tuple]:
    """The same by loops; the links have no rings."""
    number = dict(
        zip([row["record_id"] for row in rows], id_numbers(pl.Series([row["record_id"] for row in rows], dtype=pl.String)), strict=True)
    )
    place = {row["record_id"]: (row["created_at"] or LATEST, number[row["record_id"]]) for row in rows}
    by_id = {row["record_id"]: row for row in rows}
    made = []
    for prompt in rows:
        left = [row for row in rows if row["reply_to"] == prompt["record_id"] and row["score"] is not None]
        left = [row for row in left if row["created_at"] or not later]
        left.sort(key=lambda row: (0 if later else row["score"], place[row["record_id"]]))
        for _ in range(per_prompt):
            best = None
            for k, row in enumerate(left):
                if k == 0:
                    continue
                low = min(left[:k], key=lambda other: (other["score"], place[other["record_id"]]))
                gain = row["score"] - low["score"]
                rank = (-gain, number[row["record_id"]])
                if gain >= margin and (best is None or rank < best[0]):
                    best = (rank, row, low)
            if best is None:
                break
            _, chosen, low = best
            left = [row for row in left if row is not chosen and row is not low]
            shown, above = [prompt["record_id"]], prompt
            for _ in range(max_context):
                if above["reply_to"] in by_id:
                    above = by_id[above["reply_to"]]
                    shown.insert(0, above["record_id"])
                    continue
                if above["reply_to"]:
                    shown.insert(0, None)
                break
            if chosen["account_id"] != prompt["account_id"]:
                made.append((chosen["record_id"], low["record_id"], tuple(shown)))
    return sorted(made)


@st.composite
def scored(draw) -> list[dict]:
    rows = []
    for k in range(draw(st.integers(0, 20))):
        to = draw(st.one_of(st.none(), st.integers(-1, k - 1)))
        minute = draw(st.one_of(st.none(), st.integers(0, 6)))
        rows.append(
            {
                "record_id": f"t:{k}",
                "account_id": f"t:{draw(st.integers(0, 5))}",
                "reply_to": None if to is None else f"t:{to}",
                "score": draw(st.one_of(st.none(), st.integers(-3, 5))),
                "text": f"text {k}",
                "created_at": None if minute is None else DAY.replace(minute=minute),
            }
        )
    return rows


@settings(max_examples=100, deadline=None)
@given(scored(), st.integers(1, 3), st.booleans(), st.integers(0, 3), st.integers(0, 2), st.randoms())
def test_pairs_are_those_of_the_plain_rule_in_any_order_of_rows(rows, margin, later, per_prompt, max_context, random):
    options = {"margin": margin, "later": later, "per_prompt": per_prompt, "max_context": max_context}
    pairs_found = found(rows, held_out=0.0, **options)
    assert pairs_found == expected(rows, **options)
    random.shuffle(rows)
    assert found(rows, held_out=0.0, **options) == pairs_found


@settings(max_examples=60, deadline=None)
@given(scored(), st.integers(0, 20))
def test_pairs_are_made_on_each_side_of_the_line_as_if_the_other_were_not_there(rows, seed):
    out, dropped = carried_out(pairs, kept(rows), held_out=0.5, seed=seed, max_context=0, mark_missing=False)
    people = kept(rows).select("account_id").unique()
    held = set(people.filter(share(pl.col("account_id"), seed) < 0.5)["account_id"])
    for side in (True, False):
        there = [row for row in rows if (row["account_id"] in held) == side]
        found_there = expected(there, margin=1, later=True, per_prompt=4, max_context=0)
        made = out.filter(pl.col("split") == ("held_out" if side else "train"))
        assert set(made["row_id"]) == {chosen for chosen, *_ in found_there}
    assert set(dropped) <= {"in no pair", "no prompt"}
    sides = out.select("split", "people").explode("people").unique()
    assert sides["people"].n_unique() == sides.height
    author = {row["record_id"]: row["account_id"] for row in rows}
    for row in out.iter_rows(named=True):
        assert row["people"][-1] == author[row["rejected"]["record_id"]]
        assert len(row["people"]) == len(row["origins"]) == len(row["turns"]) + 1


@settings(max_examples=40, deadline=None)
@given(scored(), st.integers(0, 20))
def test_what_is_shown_ends_where_the_side_changes(rows, seed):
    whole, _ = carried_out(pairs, kept(rows), held_out=0.5, seed=seed, max_context=3)
    assert whole.select("split", "people").explode("people").unique()["people"].is_duplicated().sum() == 0


def answers(*scores: int | None) -> list[dict]:
    rows = [{"record_id": "t:ask", "text": "which", "account_id": "t:0", "reply_to": None}]
    return rows + [
        {"record_id": f"t:{k}", "text": str(k), "account_id": "t:1", "reply_to": "t:ask", "score": s} for k, s in enumerate(scores)
    ]


def test_what_stood_there_first_is_not_chosen_for_that():
    assert found(answers(9, 1)) == []
    assert found(answers(9, 1), later=False) == [("t:0", "t:1", ("t:ask",))]
    assert found(answers(1, 9)) == [("t:1", "t:0", ("t:ask",))]


def test_whoever_goes_on_from_their_own_words_answers_nobody():
    """In messages both would be one: the assistant's, with nothing before it."""
    rows = answers(1, 9)
    rows[2]["account_id"] = "t:0"
    out, dropped = carried_out(pairs, kept(rows))
    assert (out.height, dropped) == (0, {"no prompt": 1})
    rows[1]["account_id"], rows[2]["account_id"] = "t:0", "t:1"
    assert found(rows) == [("t:1", "t:0", ("t:ask",))]


def test_a_record_in_no_pair_is_counted():
    _, dropped = carried_out(pairs, kept(answers(1, 2, None)))
    assert dropped == {"in no pair": 1}


def test_what_repeats_is_neither_chosen_nor_rejected():
    rows = [row | {"repeats": "exact duplicate" if row["record_id"] == "t:1" else None} for row in answers(1, 9, 3)]
    assert found(rows) == [("t:2", "t:0", ("t:ask",))]


def test_by_time_both_answers_are_on_one_side_of_the_line():
    rows = [row | {"created_at": DAY.replace(day=1 + k)} for k, row in enumerate(answers(1, 9, 2, 8))]
    out, dropped = carried_out(pairs, kept(rows), by="time", at="2024-01-04")
    assert out.sort("row_id").select("row_id", "split").rows() == [("t:1", "train"), ("t:3", "held_out")]
    assert dropped == {}
    out, dropped = carried_out(pairs, kept(rows), by="time", at="2024-01-05")
    assert out.select("row_id", "split").rows() == [("t:1", "train")]
    assert dropped == {"in no pair": 2}
    out, dropped = carried_out(pairs, kept(rows), by="time", held_out=0.25)
    assert out.select("row_id", "split").rows() == [("t:1", "train")]
    assert dropped == {"its words are on both sides": 1}


def test_a_margin_that_would_pair_equals_is_refused():
    with pytest.raises(Usage):
        pairs.stages({**pairs.PARAMS, "margin": 0})


def test_scores_at_the_ends_of_what_a_number_holds_are_compared():
    assert found(answers(-(2**63), 2**63 - 1)) == [("t:1", "t:0", ("t:ask",))]


def test_a_million_answers_to_one_post_end():
    n = 1_000_000
    number = pl.int_range(n, eager=True)
    answers = (
        kept([])
        .clear(n)
        .with_columns(
            record_id=pl.lit("t:") + number.cast(pl.String),
            record_no=number,
            account_id=pl.when(number > 0).then(pl.lit("t:b")).otherwise(pl.lit("t:a")),
            created_at=pl.lit(DAY).cast(pl.Datetime("us", "UTC")),
            reply_to=pl.when(number > 0).then(pl.lit("t:0")),
            score=number % 1000,
            text=pl.lit("words"),
        )
    )
    out, dropped = carried_out(pairs, answers, held_out=0.0)
    assert out.height == 4
    assert dropped == {"in no pair": n - 9}
