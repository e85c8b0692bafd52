"""Whoever changes the database by hand is found out."""

import sqlite3

import pytest

from ownwords.ledger import Ledger, merkle


@pytest.fixture
def tampered(tmp_path, ledger):
    """A ledger of 13 events with two checkpoints and one forgotten person; gives a function that runs SQL behind its back."""
    for n in range(10):
        ledger.append("consent.give", {"purpose": "train_ai", "n": n}, f"x:{n % 4}")
    ledger.checkpoint()
    ledger.append_many("account.state", ["x:1", "x:2"], [{"state": "active"}] * 2)
    ledger.append("policy", {"hash": "p"})
    ledger.checkpoint()
    ledger.bury(["x:3"])
    assert ledger.audit() == []

    def run(*statements):
        connection = sqlite3.connect(tmp_path / "ledger.db")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return ledger.audit()

    return run


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ('UPDATE events SET body = \'{"n":0,"purpose":"simulate_person"}\' WHERE seq = 1', "event 1 does not say"),
        ("UPDATE events SET kind = 'consent.refuse' WHERE seq = 5", "event 5 does not say"),
        ("UPDATE events SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 13", "event 13 does not say"),
        ("UPDATE events SET account = 'x:2' WHERE seq = 1", "event 1 does not say"),
        ("UPDATE events SET leaf = zeroblob(32) WHERE seq = 1", "event 1 does not say"),
        ("UPDATE events SET leaf = zeroblob(32) WHERE seq = 4", "tree node 1/1"),
        ("UPDATE events SET account = NULL, body = NULL WHERE seq = 1", "event 1 was blanked"),
        ("UPDATE events SET buried = (SELECT buried FROM events WHERE seq = 4), account = NULL, body = NULL WHERE seq = 1", "event 1 was"),
        ("DELETE FROM events WHERE seq = 6", "event 6 is missing"),
        ("DELETE FROM events WHERE seq IN (6, 7)", "events 6 to 7 are missing"),
        ("DELETE FROM events WHERE seq = 13", "the head speaks of 13 events"),
        ("DELETE FROM person_keys", "event 1 has no key"),
        ("UPDATE nodes SET hash = zeroblob(32) WHERE level = 3 AND idx = 0", "tree node 3/0"),
        ("DELETE FROM nodes WHERE level = 1", "tree nodes are missing"),
        ("INSERT INTO nodes VALUES (9, 9, zeroblob(32))", "tree node 9/9"),
        ("UPDATE head SET root = zeroblob(32)", "the head was not written"),
        ("DELETE FROM head", "the head is missing"),
        ("UPDATE checkpoints SET note = replace(note, '\"size\":10', '\"size\":11')", "the checkpoint at 10 was not signed"),
    ],
)
def test_a_change_by_hand_is_found(tampered, statement, said):
    assert any(said in problem for problem in tampered(statement))


def test_no_problem_names_anyone(tampered):
    problems = tampered("UPDATE events SET body = '{}', account = 'x:4711' WHERE seq < 12")
    assert problems
    assert not any("x:" in problem for problem in problems)


def test_many_problems_are_summed_up(tmp_path, ledger):
    ledger.append_many("a", ["x:1"] * 100, [{}] * 100)
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("UPDATE events SET kind = 'b'")
    connection.commit()
    connection.close()
    assert ledger.audit()[-1] == "and 80 more problems with events"


def test_a_rewritten_history_with_the_right_keys_is_found_by_its_checkpoint(tmp_path, keys):
    """Even the holder of the keys cannot tell another history once a checkpoint is out."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    honest = Ledger.create(tmp_path / "a", keys)
    honest.append("consent.refuse", {"n": 1}, "x:1")
    note = honest.checkpoint()
    honest.append("policy", {})
    other = Ledger.create(tmp_path / "b", keys)
    other.append("consent.give", {"n": 1}, "x:1")
    other.append("policy", {})
    root, path = bytes.fromhex(note["root"]), merkle.from_hex(other.consistency(1))
    assert not merkle.verify_consistency(1, root, 2, bytes.fromhex(other.head().root), path)
    connection = sqlite3.connect(tmp_path / "b" / "ledger.db")
    connection.execute("ATTACH ? AS honest", (str(tmp_path / "a" / "ledger.db"),))
    connection.execute("INSERT INTO checkpoints SELECT * FROM honest.checkpoints")
    connection.commit()
    connection.close()
    assert other.audit() == ["the log is not the one of which the checkpoint at 1 was given"]
