"""At most so many records of each person."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.datasets import cap
from posts import kept
from steps import carried_out

people = st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=40)


def records(authors: list[int | None]) -> pl.DataFrame:
    return kept([{"account_id": None if who is None else f"t:{who}", "text": "words"} for who in authors])


def stays(rows: pl.DataFrame, **given) -> set[str]:
    return set(carried_out(cap, rows, **given)[0]["record_id"])


@settings(max_examples=100, deadline=None)
@given(people, st.integers(1, 5), st.integers(0, 9))
def test_everybody_keeps_what_they_may_and_no_more(authors, per_person, seed):
    out, dropped = carried_out(cap, records(authors), per_person=per_person, seed=seed)
    held = dict(out.group_by("account_id").len().iter_rows())
    there = dict(records(authors).group_by("account_id").len().iter_rows())
    assert held == {who: min(n, per_person) for who, n in there.items()}
    assert sum(dropped.values()) == len(authors) - out.height


@settings(max_examples=50, deadline=None)
@given(people, st.integers(1, 5), st.one_of(st.none(), st.integers(0, 5)))
def test_who_leaves_changes_nothing_for_those_who_stay(authors, per_person, who):
    rows = records(authors)
    name = None if who is None else f"t:{who}"
    without = rows.filter(pl.col("account_id").ne_missing(pl.lit(name, pl.String)))
    there = set(without["record_id"])
    assert stays(rows, per_person=per_person) & there == stays(without, per_person=per_person)


def test_without_a_cap_nobody_loses_anything():
    rows = records([1] * 50)
    assert len(stays(rows)) == 50


def test_what_stays_is_neither_the_newest_nor_the_oldest_and_hangs_on_the_seed():
    rows = records([1] * 200)
    some, others = stays(rows, per_person=20), stays(rows, per_person=20, seed=8)
    assert some != others
    places = sorted(int(name.removeprefix("test:")) for name in some)
    assert places[0] < 60
    assert places[-1] > 140


def test_what_is_too_much_can_stay_to_be_shown():
    rows = kept([{"record_id": f"t:{n}", "account_id": "t:a"} for n in range(6)]).with_columns(
        pl.when(pl.col("record_id") == "t:0").then(pl.lit("near duplicate")).alias("repeats")
    )
    shown, dropped = carried_out(cap, rows, per_person=3, context=True)
    assert shown.height == 6
    assert dropped == {}
    assert dict(shown["repeats"].value_counts().iter_rows()) == {None: 3, "near duplicate": 1, "more than its author's share": 2}
