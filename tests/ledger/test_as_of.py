"""The ledger as it was: its head on some day, and what it then said of people."""

from datetime import UTC, datetime
from hashlib import sha256

import polars as pl
import pytest

from ownwords.core import clock
from ownwords.ledger import decision_body, state_body
from ownwords.ledger.log import Head


def day(number):
    return datetime(2026, 3, number, tzinfo=UTC)


@pytest.fixture
def written(ledger):
    """Heads by the day on which each was the newest."""
    heads = {}
    for number in range(1, 8):
        with clock.at(day(number)):
            ledger.append("consent.give", decision_body("train_ai", effective_at=day(number)), f"x:{number % 3}")
            ledger.append("account.state", state_body("active" if number % 2 else "protected"), f"x:{number % 3}")
            heads[number] = (ledger.head(), ledger.decisions(), ledger.states())
    return heads


def test_the_head_of_a_day_is_the_head_that_there_was(ledger, written):
    for number, (head, _, _) in written.items():
        assert ledger.head_at(day(number)) == head
    assert ledger.head_at(datetime(2026, 2, 28, tzinfo=UTC)) == Head(0, sha256(b"").hexdigest())
    assert ledger.head_at(day(30)) == ledger.head()


def test_decisions_and_states_up_to_an_event_are_those_that_there_were(ledger, written):
    for head, decisions, states in written.values():
        assert ledger.decisions(upto=head.seq).equals(decisions)
        assert ledger.states(upto=head.seq).sort("account_id").equals(states.sort("account_id"))
        mine = pl.col("account_id") == "x:1"
        assert ledger.decisions(accounts=["x:1"], upto=head.seq).equals(decisions.filter(mine))
        assert ledger.states(["x:1"], upto=head.seq).equals(states.filter(mine))


def test_where_the_clock_went_back_what_had_been_written_before_still_counts(ledger):
    for number in (5, 3):
        with clock.at(day(number)):
            ledger.append("policy", {"day": number})
    assert ledger.head_at(day(4)).seq == 2
