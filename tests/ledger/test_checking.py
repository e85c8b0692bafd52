"""Whoever changes the database by hand is found out."""

import pytest
import sqlalchemy as sa

from ownwords.core import sql
from ownwords.core.hashing import canonical_json
from ownwords.ledger import Ledger, merkle
from ownwords.ledger.tables import CHECKPOINTS


@pytest.fixture
def tampered(behind, ledger):
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
        behind(*statements)
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


def test_many_problems_are_summed_up(behind, ledger):
    ledger.append_many("a", ["x:1"] * 100, [{}] * 100)
    behind("UPDATE events SET kind = 'b'")
    assert ledger.audit()[-1] == "and 80 more problems with events"


def test_a_rewritten_history_with_the_right_keys_is_found_by_its_checkpoint(ledger, another, keys):
    """Even the holder of the keys cannot tell another history once a checkpoint is out."""
    ledger.append("consent.refuse", {"n": 1}, "x:1")
    note = ledger.checkpoint()
    ledger.append("policy", {})
    other = Ledger.create(another("b"), keys)
    other.append("consent.give", {"n": 1}, "x:1")
    other.append("policy", {})
    root, path = bytes.fromhex(note["root"]), merkle.from_hex(other.consistency(1))
    assert not merkle.verify_consistency(1, root, 2, bytes.fromhex(other.head().root), path)
    with sql.writing(other._engine) as connection:
        connection.execute(sa.insert(CHECKPOINTS).values(size=1, note=canonical_json(note).decode()))
    assert other.audit() == ["the log is not the one of which the checkpoint at 1 was given"]
    other.close()
