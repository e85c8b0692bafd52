import polars as pl
import pytest

from ownwords.core import files, sql
from ownwords.core.errors import NotPermitted
from ownwords.ledger import Event, decision_body, state_body

WORDS = ("x:44196397", "manatee-archipelago")


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.glob("ledger.db*")))


@pytest.fixture
def peopled(ledger):
    for n in range(50):
        ledger.append("account.state", state_body("active"), f"x:{n}")
        ledger.append("consent.give", {"purpose": "train_ai", "note": "manatee-archipelago"}, "x:44196397")
    ledger.append("policy", {"hash": "p"})
    return ledger


def test_before_burial_the_bytes_are_there(tmp_path, peopled):
    raw = bytes_of(tmp_path)
    assert all(word.encode() in raw for word in WORDS)


def test_after_burial_no_byte_of_the_person_is_left(tmp_path, peopled):
    assert peopled.bury(["x:44196397"]) == 50
    raw = bytes_of(tmp_path)
    assert not any(word.encode() in raw for word in WORDS)
    assert b"x:49" in raw


def test_bytes_go_even_while_another_connection_is_open(tmp_path, peopled):
    other = sql.open_engine(tmp_path / "ledger.db")
    with sql.reading(other) as connection:
        connection.exec_driver_sql("SELECT count(*) FROM events").scalar()
    peopled.bury(["x:44196397"])
    assert not any(word.encode() in bytes_of(tmp_path) for word in WORDS)
    other.dispose()


def test_burial_changes_no_leaf_no_root_and_no_one_elses_events(peopled):
    head, before = peopled.head(), list(peopled.events())
    peopled.checkpoint()
    peopled.bury(["x:44196397"])
    after = list(peopled.events())
    assert peopled.head() == head
    assert [event.leaf for event in after] == [event.leaf for event in before]
    assert [e for e in after if not e.is_buried] == [e for e in before if e.account != "x:44196397"]
    assert all(event.account is None and event.body is None for event in after if event.is_buried)
    assert peopled.audit() == []


def test_a_buried_event_can_no_longer_be_told_from_a_guess(peopled):
    event = next(event for event in peopled.events() if event.account == "x:44196397")
    assert peopled.verify_event(event)
    peopled.bury(["x:44196397"])
    assert not peopled.verify_event(event)
    assert not peopled.verify_event(Event(event.seq, event.at, event.kind, None, None, event.leaf))


def test_burial_twice_is_burial_once(peopled):
    peopled.bury(["x:44196397"])
    assert peopled.bury(["x:44196397"]) == 0
    assert peopled.audit() == []


def test_a_crash_after_the_commit_is_made_good_by_burying_again(tmp_path, peopled):
    def crash(point):
        if point == "ledger.bury.after-commit":
            raise KeyboardInterrupt

    files.set_fault_hook(crash)
    try:
        with pytest.raises(KeyboardInterrupt):
            peopled.bury(["x:44196397"])
    finally:
        files.set_fault_hook(lambda point: None)
    assert peopled.bury(["x:44196397"]) == 0
    assert not any(word.encode() in bytes_of(tmp_path) for word in WORDS)


def test_a_crash_before_the_commit_buries_nobody(peopled):
    def crash(point):
        if point == "ledger.bury.before-commit":
            raise KeyboardInterrupt

    files.set_fault_hook(crash)
    try:
        with pytest.raises(KeyboardInterrupt):
            peopled.bury(["x:44196397"])
    finally:
        files.set_fault_hook(lambda point: None)
    assert not any(event.is_buried for event in peopled.events())
    assert not peopled.tombstoned(pl.Series(["x:44196397"])).any()


def test_the_buried_leave_decisions_and_states(peopled):
    peopled.append("account.state", state_body("active"), "x:44196397")
    peopled.bury(["x:44196397", "x:3"])
    assert peopled.decisions().is_empty()
    assert peopled.states().height == 49


def test_a_tombstone_keeps_the_person_out(peopled):
    peopled.bury(["x:44196397"])
    head = peopled.head()
    with pytest.raises(NotPermitted, match="forgotten") as error:
        peopled.append_many("account.state", ["x:1", "x:44196397"], [state_body("active")] * 2)
    assert "44196397" not in str(error.value)
    assert peopled.head() == head


def test_tombstones_answer_for_whole_columns(peopled):
    assert peopled.tombstoned(pl.Series([], dtype=pl.String)).to_list() == []
    assert peopled.tombstoned(pl.Series(["x:1"])).to_list() == [False]
    peopled.bury(["x:44196397", "x:never-seen"])
    ids = pl.Series(["x:44196397", None, "x:1", "x:never-seen", "x:44196397"])
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
