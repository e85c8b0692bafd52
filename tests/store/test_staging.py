"""Rows of one record, together or one after the other: what narrows stays, whatever comes when."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import polars as pl
import pytest

from ownwords.core.schemas import PARSED
from ownwords.store.staging import _folded, _fresh, _merged_signals, _narrowed

NARROW = pl.DataFrame(schema={"record_id": pl.String, "_narrow": pl.Int8})


def mark(name, value="1", set_by="x", day=None):
    """One signal, dated a day of May 2026, or undated."""
    return {"name": name, "value": value, "set_by": set_by, "at": datetime(2026, 5, day, tzinfo=UTC) if day else None}


def copies(*told):
    """Rows of one record in the order in which they are told."""
    base = {"record_id": "x:1", "revision": 0, "state": "live", "category": "post", "visibility": "public", "text": "hello"}
    rows = pl.DataFrame([base | one for one in told], schema=PARSED)
    return rows.with_columns(bucket=pl.lit(0, pl.Int32)).with_row_index("_row").cast({"_row": pl.Int64})


def held_after(*calls):
    """The current row after calls of several rows each, and how many rows each call changed."""
    held, n_changed = copies().drop("_row"), []
    for rows in calls:
        rows = copies(*rows)
        signals = _merged_signals(rows, held)
        fresh, _ = _fresh(_folded(rows), held, NARROW, signals)
        new = pl.concat([fresh, _narrowed(held.join(fresh, on="record_id", how="anti"), NARROW, signals)])
        n_changed.append(new.height)
        held = pl.concat([held, new]).sort("revision").tail(1)
    return held.row(0, named=True), n_changed


def said(row):
    return sorted((one["name"], one["value"], str(one["at"])) for one in row["signals"] or [])


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("name", ["hold", "special-category", "Hold", "gpc", "train-ai"])
@pytest.mark.parametrize(
    "then", [{"signals": [mark("indexable", day=9)]}, {}, {"signals": []}, {"signals": [mark("gpc", "0")], "revision": 9}]
)
def test_a_signal_outlives_copies_that_carry_others(name, then, together):
    rows = [{"signals": [mark(name, "n")]}, then]
    for order in (rows, rows[::-1]):
        row, _ = held_after(order) if together else held_after(*([one] for one in order))
        assert (name, "n", "None") in said(row)


@pytest.mark.parametrize("together", [True, False])
def test_of_dated_signals_of_one_party_the_newest_counts_and_a_hold_always(together):
    old, new = [mark("gpc", "1", day=1), mark("hold", "a", day=1)], [mark("GPC", "0", day=2), mark("hold", "b", day=2)]
    for order in ([{"signals": old}, {"signals": new}], [{"signals": new}, {"signals": old}]):
        row, _ = held_after(order) if together else held_after(*([one] for one in order))
        assert [(name, value) for name, value, _ in said(row)] == [("GPC", "0"), ("hold", "a"), ("hold", "b")]
    row, _ = held_after([{"signals": old}], [{"signals": [mark("gpc", "0", "y", day=2)]}])
    assert len(row["signals"]) == 3


def test_signals_that_are_held_already_are_no_change():
    first, second = mark("hold", "a"), mark("gpc", "1", day=3)
    older = mark("gpc", "0", day=1)
    _, n_changed = held_after(
        [{"signals": [first, second]}], [{"signals": [second, first]}], [{"signals": [older]}], [{"signals": [first]}], [{}]
    )
    assert n_changed == [1, 0, 0, 0, 0]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("gone", ["deleted", "withheld"])
@pytest.mark.parametrize("live", [{}, {"revision": 9}, {"revision": 2**31 - 5}])
def test_what_was_deleted_stays_so_in_every_order(gone, live, together):
    rows = [{"state": gone, "text": None, "revision": 1}, live, {"signals": [mark("hold")]}]
    for order in permutations(rows):
        row, _ = held_after(order) if together else held_after(*([one] for one in order))
        assert row["state"] == gone
        assert said(row) == [("hold", "1", "None")]


def test_words_told_after_their_deletion_are_not_taken_in():
    _, n_changed = held_after([{"state": "deleted", "text": None}, {"text": "secret"}])
    rows = _folded(copies({"state": "deleted", "text": None}, {"text": "secret"}, {"text": "secret", "revision": 4}))
    assert (n_changed, rows["text"].to_list()) == ([1], [None])


def test_deleted_is_not_eased_to_withheld():
    for calls in ([[{"state": "deleted"}, {"state": "withheld"}]], [[{"state": "deleted"}], [{"state": "withheld"}]]):
        assert held_after(*calls)[0]["state"] == "deleted"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    "told", [{"quotes": "x:404"}, {"repost_of": "x:404"}, {"category": "reply"}, {"category": "face"}, {"language": "id"}]
)
@pytest.mark.parametrize("then", [{}, {"revision": 9, "text": "edited"}])
def test_what_one_copy_tells_and_another_leaves_out_is_known(told, then, together):
    for order in ([told, then], [then, told]):
        if order[0] is then and "revision" in then and not together:
            continue  # an older copy that comes later tells nothing new
        row, _ = held_after(order) if together else held_after(*([one] for one in order))
        assert {name: row[name] for name in told} == told


def test_every_revision_of_a_history_keeps_its_text_and_the_newest_counts():
    history = [{"revision": 2, "text": "c"}, {"revision": 0, "text": "a"}, {"revision": 1, "text": "b", "signals": [mark("hold")]}]
    rows, signals = copies(*history), _merged_signals(copies(*history), copies())
    fresh, n_new = _fresh(_folded(rows), copies().drop("_row"), NARROW, signals)
    assert fresh.select("revision", "text").rows() == [(0, "a"), (1, "b"), (2, "c")]
    row, n_changed = held_after(history, history)
    assert (n_new, row["text"], said(row), n_changed) == (1, "c", [("hold", "1", "None")], [3, 0])


def test_the_same_rows_again_are_no_change():
    rows = [{"quotes": "x:2"}, {"signals": [mark("gpc")]}, {"visibility": "unknown"}]
    row, n_changed = held_after(rows, rows)
    assert (row["quotes"], row["visibility"], n_changed) == ("x:2", "public", [1, 0])


def test_of_two_texts_the_last_counts_however_often_they_are_told():
    rows = [{"text": "a"}, {"text": "b"}]
    assert [held_after(*[rows] * times)[0]["text"] for times in (1, 2, 3)] == ["b", "b", "b"]
