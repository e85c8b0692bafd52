import uuid
from pathlib import Path

import polars as pl
import pytest

from ownwords.core import files, sql
from ownwords.core.errors import Busy, NotPermitted
from ownwords.ledger import Event, decision_body, state_body


@pytest.fixture
def person():
    """Somebody of no other test: one server keeps the bytes of all."""
    return f"x:{uuid.uuid4().int}"


@pytest.fixture
def is_there(raw_bytes, person):
    """Gives, for id and note of the person, whether their bytes are on disk."""

    def look():
        raw = raw_bytes()
        return [word.encode() in raw for word in (person, f"manatee-{person[2:]}")]

    return look


@pytest.fixture
def peopled(ledger, person):
    for n in range(12):
        ledger.append("account.state", state_body("active"), f"x:{n}")
        ledger.append("consent.give", {"purpose": "train_ai", "note": f"manatee-{person[2:]}"}, person)
    ledger.append("policy", {"hash": "p"})
    return ledger


def test_before_burial_the_bytes_are_there(is_there, peopled):
    assert is_there() == [True, True]


def test_after_burial_no_byte_of_the_person_is_left(is_there, raw_bytes, person, peopled):
    assert peopled.bury([person]) == 12
    assert is_there() == [False, False]
    assert b"x:11" in raw_bytes()


def test_bytes_go_even_while_another_connection_is_open(where, is_there, person, peopled):
    other = sql.open_engine(where / "ledger.db" if isinstance(where, Path) else where)
    with sql.reading(other) as connection:
        connection.exec_driver_sql("SELECT count(*) FROM events").scalar()
    peopled.bury([person])
    assert is_there() == [False, False]
    other.dispose()


def test_values_that_a_reader_can_still_see_are_told_and_go_when_it_has_ended(where, is_there, person, peopled, monkeypatch):
    monkeypatch.setattr(sql, "BUSY_TIMEOUT_MS", 100)
    monkeypatch.setattr(sql, "_PRAGMAS", ("PRAGMA busy_timeout = 100", *sql._PRAGMAS[1:]))
    peopled.close()
    other = sql.open_engine(where / "ledger.db" if isinstance(where, Path) else where)
    with sql.reading(other) as connection:
        connection.exec_driver_sql("SELECT size FROM head").scalar()
        with pytest.raises(Busy, match="a reader keeps"):
            peopled.bury([person])
    other.dispose()
    assert any(is_there())
    assert peopled.bury([person]) == 0
    assert is_there() == [False, False]


def test_the_servers_statistics_copy_no_value(where, is_there, person, peopled):
    if isinstance(where, Path):
        pytest.skip("SQLite keeps statistics of values only where ANALYZE is asked for, which nothing does")
    with peopled._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
        assert connection.exec_driver_sql("SELECT count(*) FROM pg_stats WHERE tablename = 'events' AND attname = 'kind'").scalar()
    peopled.bury([person])
    assert is_there() == [False, False]


def test_burial_changes_no_leaf_no_root_and_no_one_elses_events(peopled, person):
    head, before = peopled.head(), list(peopled.events())
    peopled.checkpoint()
    peopled.bury([person])
    after = list(peopled.events())
    assert peopled.head() == head
    assert [event.leaf for event in after] == [event.leaf for event in before]
    assert [e for e in after if not e.is_buried] == [e for e in before if e.account != person]
    assert all(event.account is None and event.body is None for event in after if event.is_buried)
    assert peopled.audit() == []


def test_a_buried_event_can_no_longer_be_told_from_a_guess(peopled, person):
    event = next(event for event in peopled.events() if event.account == person)
    assert peopled.verify_event(event)
    peopled.bury([person])
    assert not peopled.verify_event(event)
    assert not peopled.verify_event(Event(event.seq, event.at, event.kind, None, None, event.leaf))


def test_burial_twice_is_burial_once(peopled, person):
    peopled.bury([person])
    assert peopled.bury([person]) == 0
    assert peopled.audit() == []


def test_a_crash_after_the_commit_is_made_good_by_burying_again(is_there, person, peopled):
    def crash(point):
        if point == "ledger.bury.after-commit":
            raise KeyboardInterrupt

    files.set_fault_hook(crash)
    try:
        with pytest.raises(KeyboardInterrupt):
            peopled.bury([person])
    finally:
        files.set_fault_hook(lambda point: None)
    assert peopled.bury([person]) == 0
    assert is_there() == [False, False]


def test_a_crash_before_the_commit_buries_nobody(peopled, person):
    def crash(point):
        if point == "ledger.bury.before-commit":
            raise KeyboardInterrupt

    files.set_fault_hook(crash)
    try:
        with pytest.raises(KeyboardInterrupt):
            peopled.bury([person])
    finally:
        files.set_fault_hook(lambda point: None)
    assert not any(event.is_buried for event in peopled.events())
    assert not peopled.tombstoned(pl.Series([person])).any()


def test_the_buried_leave_decisions_and_states(peopled, person):
    peopled.append("account.state", state_body("active"), person)
    peopled.bury([person, "x:3"])
    assert peopled.decisions().is_empty()
    assert peopled.states().height == 11


def test_a_tombstone_keeps_the_person_out(peopled, person):
    peopled.bury([person])
    head = peopled.head()
    with pytest.raises(NotPermitted, match="forgotten") as error:
        peopled.append_many("account.state", ["x:1", person], [state_body("active")] * 2)
    assert person[2:] not in str(error.value)
    assert peopled.head() == head


def test_tombstones_answer_for_whole_columns(peopled, person):
    assert peopled.tombstoned(pl.Series([], dtype=pl.String)).to_list() == []
    assert peopled.tombstoned(pl.Series(["x:1"])).to_list() == [False]
    peopled.bury([person, "x:never-seen"])
    ids = pl.Series([person, None, "x:1", "x:never-seen", person])
    assert peopled.tombstoned(ids).to_list() == [True, False, False, True, True]


def test_tombstones_of_records_and_of_accounts_are_apart(ledger):
    ledger.entomb(["x:7", "x:7"], "record")
    ledger.entomb(["x:7"], "record")
    assert ledger.tombstoned(pl.Series(["x:7"]), "record").to_list() == [True]
    assert ledger.tombstoned(pl.Series(["x:7"])).to_list() == [False]


def test_many_people_are_buried_at_once(ledger):
    people = [f"x:{n}" for n in range(35)]
    ledger.append_many("consent.give", people, [decision_body("train_ai", effective_at=event_time(ledger))] * 35)
    assert ledger.bury(people[:33]) == 33
    assert ledger.decisions()["account_id"].to_list() == ["x:33", "x:34"]
    assert ledger.audit() == []


def event_time(ledger):
    ledger.append("policy", {})
    return ledger.last("policy").at
