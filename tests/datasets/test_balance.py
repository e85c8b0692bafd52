"""Quotas: what each group gets, that it adds up, and that somebody forgotten leaves no trace in it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.errors import Usage
from ownwords.datasets import balance
from ownwords.datasets._quotas import shares
from posts import kept
from steps import carried_out

alphas = st.sampled_from([0.0, 0.3, 0.5, 1.0])
languages = st.lists(st.sampled_from(["en", "en", "en", "id", "jv", None]), max_size=40)


def records(spoken: list[str | None]) -> pl.DataFrame:
    return kept([{"language": language, "account_id": f"t:{n % 7}", "text": "words"} for n, language in enumerate(spoken)])


@given(st.lists(st.integers(1, 1000), max_size=20), st.integers(0, 5000), alphas)
def test_parts_add_up_and_none_is_more_than_there_is(counts, total, alpha):
    counts = np.array(counts, np.int64)
    parts = shares(counts, total, alpha)
    assert parts.sum() == min(total, counts.sum())
    assert (parts >= 0).all()
    assert (parts <= counts).all()


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20), st.integers(0, 5000), alphas)
def test_who_is_not_short_gets_in_proportion(counts, total, alpha):
    counts = np.array(counts, np.int64)
    parts = shares(counts, total, alpha)
    levels = [parts[k] / counts[k] ** alpha for k in range(len(counts)) if parts[k] < counts[k]]
    if levels:
        slack = 1 / min(counts[k] ** alpha for k in range(len(counts)) if parts[k] < counts[k])
        assert max(levels) - min(levels) <= 2 * slack + 1e-6
        full = [parts[k] / counts[k] ** alpha for k in range(len(counts)) if parts[k] == counts[k]]
        assert all(level <= max(levels) + 2 * slack + 1e-6 for level in full)


def test_known_parts():
    counts = np.array([900, 90, 10], np.int64)
    assert shares(counts, 100, 1.0).tolist() == [90, 9, 1]
    assert shares(counts, 90, 0.0).tolist() == [40, 40, 10]
    assert shares(counts, 5000, 0.5).tolist() == [900, 90, 10]
    assert shares(np.array([100, 25, 4], np.int64), 34, 0.5).tolist() == [20, 10, 4]


@settings(max_examples=100, deadline=None)
@given(languages, st.integers(0, 30), st.integers(0, 10), alphas)
def test_what_stays_is_what_the_quotas_say(spoken, total, per_group, alpha):
    out, dropped = carried_out(balance, records(spoken), total=total, per_group=per_group, alpha=alpha)
    there, held = Counter(spoken), Counter(out["language"].to_list())
    assert sum(dropped.values()) == len(spoken) - out.height
    assert all(n <= per_group or not per_group for n in held.values())
    most = sum(min(n, per_group or n) for n in there.values())
    assert out.height == (min(total, most) if total else most)


@settings(max_examples=50, deadline=None)
@given(languages, st.integers(1, 30), alphas, st.randoms())
def test_it_is_what_it_would_be_had_they_never_been_here(spoken, total, alpha, random):
    """Record numbers and the order of rows tell nothing; ids and the groups of those who are there tell all."""
    rows = records(spoken)
    rest = rows.filter(pl.col("account_id") != "t:3")
    never = rest.with_columns(pl.Series("record_no", random.sample(range(10_000), rest.height), dtype=pl.Int64))
    never = never.sample(fraction=1, shuffle=True, seed=1)
    held = [set(carried_out(balance, some, total=total, alpha=alpha)[0]["record_id"]) for some in (rest, never)]
    assert held[0] == held[1]


@pytest.mark.parametrize("by", ["language", "network", "category", "month", "person"])
def test_every_way_to_group_knows_the_unknown(by):
    rows = kept(
        [
            {"text": "a", "network": "x", "language": "en", "created_at": "2024-01-31"},
            {"text": "b", "network": "x", "language": "en", "created_at": "2024-01-01"},
            {"text": "c", "network": None, "language": None, "created_at": None, "account_id": None, "category": None},
            {"text": "d", "network": None, "language": None, "created_at": None, "account_id": None, "category": None},
        ]
    )
    out, dropped = carried_out(balance, rows, by=by, per_group=1)
    assert out.height == 2
    assert dropped == {"more than its group's share": 2}
    assert out["network"].null_count() == 1


def test_another_way_to_group_is_refused():
    with pytest.raises(Usage):
        balance.stages({**balance.PARAMS, "by": "colour"})
    with pytest.raises(Usage):
        balance.stages({**balance.PARAMS, "total": -1})


def test_nothing_asked_for_changes_nothing():
    rows = records(["en", "id", None])
    assert carried_out(balance, rows)[0].equals(rows)
