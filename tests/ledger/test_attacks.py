"""Log rollback, split view, clock skew between writers, ids as floats: what an operator, a clock or a spreadsheet may do to the log."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ownwords.core import clock, sql
from ownwords.core.errors import Fault, NotProven
from ownwords.core.hashing import canonical_json
from ownwords.ledger import Keys, Ledger, decision_body, kind_of, merkle, state_body, verifier, witness
from ownwords.ledger.checking import head_mac
from ownwords.ledger.events import leaf_of_event
from ownwords.ledger.tables import CHECKPOINTS, EVENTS, HEAD, NODES, PERSON_KEYS

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def watched(tmp_path):
    """Somebody who watches: gives the answer to a document."""
    witness.create_key("ada.example", tmp_path / "ada.key")
    return lambda document, proof=None: witness.observe(tmp_path / "ada.json", tmp_path / "ada.key", document, proof)


def cut_back(ledger, keys, size):
    """What an operator with every key can do: the log as it was, head and all."""
    leaves = [merkle.leaf_hash(event.leaf) for event in ledger.events() if event.seq <= size]
    kept, root = merkle.grow(0, {}, leaves), merkle.root_of(leaves)
    with sql.writing(ledger._engine) as connection:
        connection.execute(sa.delete(EVENTS).where(EVENTS.c.seq > size))
        connection.execute(sa.delete(CHECKPOINTS).where(CHECKPOINTS.c.size > size))
        connection.execute(sa.delete(NODES))
        sql.insert_many(connection, NODES, ("level", "idx", "hash"), [(*place, value) for place, value in kept.items() if place[0]])
        connection.execute(sa.update(HEAD).values(size=size, root=root, mac=head_mac(keys, size, root)))


@pytest.mark.parametrize("size", [0, 1, 3, 4, 6])
def test_log_rollback_is_seen_by_whoever_kept_a_checkpoint(ledger, keys, watched, size):
    for n in range(7):
        ledger.append(kind_of("refuse"), decision_body("train_ai", effective_at=NOON), f"x:{n}")
    kept = ledger.checkpoint()
    watched(ledger.checkpoint_document())
    cut_back(ledger, keys, size)
    assert ledger.audit() == []  # by itself the log shows nothing: that is what checkpoints are for
    with pytest.raises(NotProven, match=f"cut back: it has {size} events"):
        ledger.consistency_document(kept)
    with pytest.raises(NotProven, match=f"cut back from 7 to {size}"):
        watched(ledger.checkpoint_document())
    ledger.append_many(kind_of("give"), ["x:0"] * 9, [decision_body("train_ai", effective_at=NOON)] * 9)  # grown beyond it again, otherwise
    with pytest.raises(NotProven, match="not the one of which the checkpoint at 7 was given"):
        ledger.consistency_document(kept)


def test_split_view_needs_two_checkpoints_and_a_witness_signs_one_of_them(ledger, keys, another, watched):
    other = Ledger.create(another("b"), keys)
    for view, effect in ((ledger, "refuse"), (other, "give")):
        view.append("policy", {"hash": "p"})
        view.append(kind_of(effect), decision_body("train_ai", effective_at=NOON), "x:1")
    assert ledger.audit() == other.audit() == []
    line = watched(ledger.checkpoint_document())
    assert line.startswith("— ada.example ")
    with pytest.raises(NotProven, match="a split view"):
        watched(other.checkpoint_document())
    other.append("policy", {"hash": "q"})
    with pytest.raises(NotProven, match="not the one of which the checkpoint at 2"):
        other.consistency_document(ledger.checkpoint())
    with pytest.raises(NotProven, match="not shown that the log of 3 events begins with the 2"):
        watched(other.checkpoint_document(), {**ledger.consistency_document(ledger.checkpoint()), "consistency": other.consistency(2)})
    assert watched(ledger.checkpoint_document()).startswith("— ada.example ")
    both = {"format": verifier.CONSISTENCY, "old": ledger.checkpoint(), "new": other.checkpoint(), "consistency": other.consistency(2)}
    assert verifier.problems_of({**both, "public_key": keys.public_pem.decode()}) == ["the newer log does not begin with the older one"]
    other.close()


def test_clock_skew_between_writers_never_changes_which_state_counts(tmp_path, where, ledger):
    """Events count in the order of seq, which is the order of commits; `at` is what the writer's clock said, and may go back."""
    slow = Ledger.open(where, Keys(tmp_path / "keys"))
    with clock.at(NOON):
        ledger.append("account.state", state_body("active"), "x:1")
    with clock.at(NOON - timedelta(hours=3)):  # later, by a clock that is three hours late
        slow.append("account.state", state_body("memorialised"), "x:1")
        slow.append(kind_of("withdraw"), decision_body("train_ai", effective_at=NOON + timedelta(minutes=1)), "x:1")
    first, second, third = ledger.events()
    assert first.at > second.at
    assert (first.seq, second.seq, third.seq) == (1, 2, 3)
    assert ledger.states()["state"].to_list() == ["memorialised"]
    assert ledger.last("account.state", account="x:1").seq == 2
    assert ledger.accounts_since(1).accounts == ("x:1",)  # a re-check asks by seq, so a late clock hides nothing from it
    assert ledger.decisions(after=2)["effective_at"].to_list() == [NOON + timedelta(minutes=1)]
    assert ledger.audit() == []
    slow.close()


def test_clock_skew_does_not_hide_an_event_from_the_log_as_of_a_day(ledger):
    with clock.at(NOON + timedelta(hours=1)):
        ledger.append("account.state", state_body("protected"), "x:1")
    with clock.at(NOON):
        ledger.append("account.state", state_body("active"), "x:1")
    assert ledger.head_at(NOON).seq == 2
    assert ledger.head_at(NOON - timedelta(seconds=1)).seq == 0


@pytest.mark.parametrize("number", [2.0**53, 4.4196397e18, -(2.0**60), float("nan"), float("inf")])
@pytest.mark.parametrize("wrap", [lambda n: {"id": n}, lambda n: {"ids": [1, n]}, lambda n: {"a": {"b": (n,)}}])
def test_ids_as_floats_are_refused_in_bodies(ledger, number, wrap):
    with pytest.raises(Fault, match="write ids as text"):
        ledger.append("a", wrap(number), "x:1")
    assert ledger.head().seq == 0


def test_ids_as_whole_numbers_keep_every_digit(where, tmp_path, ledger):
    numbers = [2**53 + 1, 1212092628029698048 + 1, -(2**63), 2**70 + 1]
    ledger.append("a", {"ids": numbers, "share": 0.1, "small": 9007199254740991.0, "text": "1e99 and 12345678901234567.5"}, "x:1")
    (event,) = ledger.events()
    assert event.body["ids"] == numbers
    assert ledger.verify_event(event)
    assert ledger.audit() == []
    opened = json.loads(json.dumps(ledger.inclusion_document(1, opened=True)))
    assert verifier.problems_of(opened) == []
    opened["event"]["body"]["ids"] = [float(number) for number in numbers]  # what a reader of floats makes of them
    assert verifier.problems_of(opened) == ["the event does not say what its leaf commits to"]


def test_ids_as_floats_are_refused_as_accounts(ledger):
    for account in (4.4196397e18, 44196397):
        with pytest.raises(Fault, match="write ids as text"):
            ledger.append("a", {}, account)
    assert ledger.head().seq == 0


def test_ids_next_to_each_other_beyond_2_to_the_53_are_two_people(ledger):
    one, two = "x:9007199254740992", "x:9007199254740993"
    ledger.append_many(kind_of("refuse"), [one, two], [decision_body("train_ai", effective_at=NOON)] * 2)
    ledger.bury([one])
    assert ledger.decisions()["account_id"].to_list() == [two]


def test_a_forgotten_persons_guess_cannot_be_tried_by_the_holder_of_every_key(ledger, keys):
    """With master key, event and the right guess in hand, the leaf says nothing once the salt is gone."""
    seq = ledger.append(kind_of("refuse"), decision_body("train_ai", effective_at=NOON), "x:1")
    (event,) = ledger.events()
    with sql.reading(ledger._engine) as connection:
        salt = connection.execute(sa.select(PERSON_KEYS.c.salt)).scalar_one()
    assert leaf_of_event(keys.person_key(keys.tag("x:1"), salt), event) == event.leaf
    ledger.bury(["x:1"])
    with sql.reading(ledger._engine) as connection:
        assert connection.execute(sa.select(PERSON_KEYS)).all() == []
    assert len(salt) == 32
    assert leaf_of_event(keys.person_key(keys.tag("x:1"), bytes(32)), event) != event.leaf
    assert canonical_json(event.body) not in canonical_json([str(one) for one in ledger.events()])
    assert seq == 1
