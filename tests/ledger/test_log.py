import hmac
import re
from datetime import UTC, datetime

import polars as pl
import pytest
import sqlalchemy as sa

from ownwords.core import clock, sql
from ownwords.core.errors import BadWorkspace, Fault, NotFound, OwnwordsError
from ownwords.core.hashing import canonical_json
from ownwords.core.schemas import DECISIONS
from ownwords.ledger import Event, Keys, Ledger, decision_body, kind_of, merkle, state_body
from ownwords.ledger.events import leaf_of, leaf_of_event

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_an_empty_ledger_has_the_empty_root(ledger):
    assert (ledger.head().seq, ledger.head().root) == (0, merkle.EMPTY_ROOT.hex())
    assert list(ledger.events()) == []
    assert ledger.last("policy") is None
    assert ledger.audit() == []
    assert ledger.decisions().schema == pl.Schema(DECISIONS)
    assert ledger.states().is_empty()


def test_events_are_numbered_from_one_and_come_back_as_written(ledger):
    with clock.at(NOON):
        assert ledger.append("policy", {"hash": "é\n\u2028", "n": [1, 2.5, None]}) == 1
        assert ledger.append("account.state", {"state": "active"}, 'x:ü"1') == 2
    first, second = ledger.events()
    assert (first.seq, first.at, first.kind, first.account) == (1, NOON, "policy", None)
    assert first.body == {"hash": "é\n\u2028", "n": [1, 2.5, None]}
    assert (second.seq, second.account, second.body) == (2, 'x:ü"1', {"state": "active"})
    assert ledger.verify_event(first)
    assert ledger.verify_event(second)
    assert ledger.audit() == []


def test_the_leaf_is_the_hmac_of_the_canonical_json():
    event = Event(3, NOON, "a.b", "x:\u00e9", {"b": 1, "a": "\u2028"}, b"")
    at = clock.to_text(NOON)
    whole = canonical_json({"seq": 3, "at": at, "kind": "a.b", "account": "x:\u00e9", "body": event.body})
    assert leaf_of_event(b"key", event) == hmac.digest(b"key", whole, "sha256")
    assert leaf_of(b"key", 3, at, "a.b", None, "{}") != leaf_of(b"yek", 3, at, "a.b", None, "{}")


def test_a_reopened_ledger_goes_on_where_it_was(tmp_path, where, ledger):
    ledger.append("policy", {})
    head = ledger.head()
    ledger.close()
    again = Ledger.open(where, Keys(tmp_path / "keys"))
    assert again.head() == head
    assert again.append("policy", {}) == 2
    assert Ledger.create(where, Keys(tmp_path / "keys")).head().seq == 2


def test_opening_where_there_is_none_is_told_and_makes_none(tmp_path, keys):
    with pytest.raises(BadWorkspace, match=r"ledger\.db is missing"):
        Ledger.open(tmp_path, keys)
    assert not (tmp_path / "ledger.db").exists()


def test_a_file_that_is_no_database_is_told(tmp_path, keys):
    (tmp_path / "ledger.db").write_bytes(b"these are no pages" * 1000)
    with pytest.raises(OwnwordsError, match=r"ledger\.db: it is no database"):
        Ledger.open(tmp_path, keys)


@pytest.mark.parametrize("n_at_a_time", [7, 10_000])
def test_many_events_are_appended_at_once_and_the_tree_is_the_same_as_one_by_one(ledger, monkeypatch, n_at_a_time):
    monkeypatch.setattr("ownwords.ledger.log._BATCH", n_at_a_time)
    bodies = [{"n": n} for n in range(70)]
    accounts = [f"x:{n % 13}" for n in range(70)]
    assert ledger.append_many("account.note", accounts, bodies) == (1, 70)
    assert ledger.append_many("account.note", [], []) == (71, 70)
    assert ledger.append_many("account.note", accounts, bodies) == (71, 140)
    assert [event.account for event in ledger.events()] == accounts * 2
    assert ledger.audit() == []
    assert ledger.head().root == merkle.root_of([merkle.leaf_hash(event.leaf) for event in ledger.events()]).hex()


def test_a_failed_append_leaves_nothing(ledger):
    ledger.append("policy", {})
    with pytest.raises(Fault):
        ledger.append_many("a", ["x:1"], [])
    with pytest.raises(Fault):
        ledger.append("Not A Kind", {})
    with pytest.raises(TypeError):
        ledger.append_many("a", ["x:1", "x:2"], [{}, {"no": object()}])
    assert ledger.head().seq == 1
    assert ledger.audit() == []


def test_events_are_found_by_kind_prefix_account_and_position(ledger):
    ledger.append("consent.give", {}, "x:1")
    ledger.append("consent.withdraw", {}, "x:2")
    ledger.append("consented", {}, "x:1")
    assert [event.seq for event in ledger.events("consent.*")] == [1, 2]
    assert [event.seq for event in ledger.events("consent.give")] == [1]
    assert [event.seq for event in ledger.events(account="x:1")] == [1, 3]
    assert [event.seq for event in ledger.events(after=1)] == [2, 3]
    assert ledger.last("consent.*").seq == 2
    assert ledger.last("consent.*", account="x:1").seq == 1


def test_pages_of_events_join_without_gap(ledger, monkeypatch):
    monkeypatch.setattr("ownwords.ledger.log._PAGE", 7)
    ledger.append_many("a", [f"x:{n}" for n in range(21)], [{}] * 21)
    assert [event.seq for event in ledger.events()] == list(range(1, 22))


def test_decisions_come_as_a_table(ledger):
    since = datetime(2023, 9, 29, tzinfo=UTC)
    ledger.append(kind_of("give"), decision_body("train_ai", effective_at=NOON, since=since, category="post", is_lifetime=True), "x:1")
    ledger.append(kind_of("object"), decision_body("train_ai", effective_at=NOON, by="import", source="x_archive"), "x:2")
    ledger.append("account.state", state_body("active"), "x:1")
    table = ledger.decisions()
    assert table.schema == pl.Schema(DECISIONS)
    assert table.row(0, named=True) == {
        "seq": 1,
        "account_id": "x:1",
        "effect": "give",
        "purpose": "train_ai",
        "category": "post",
        "since": since,
        "until": None,
        "record_id": None,
        "by": "self",
        "source": "self",
        "effective_at": NOON,
        "is_lifetime": True,
        "expires_at": None,
    }
    assert table["effect"].to_list() == ["give", "object"]
    assert table["is_lifetime"].to_list() == [True, False]
    assert ledger.decisions(after=1)["seq"].to_list() == [2]


def test_the_newest_state_of_each_account_counts(ledger):
    for account, state in [("x:1", "active"), ("x:2", "protected"), ("x:1", "memorialised"), ("x:3", "active"), ("x:3", "deleted")]:
        ledger.append("account.state", state_body(state), account)
    assert dict(ledger.states().sort("account_id").select("account_id", "state").iter_rows()) == {
        "x:1": "memorialised",
        "x:2": "protected",
        "x:3": "deleted",
    }


def test_decisions_and_states_of_some_accounts_are_read_alone_and_in_order(ledger):
    for n in [3, 1, 4, 1, 5, 2, 3]:
        ledger.append(kind_of("give"), decision_body("train_ai", effective_at=NOON), f"x:{n}")
        ledger.append("account.state", state_body("active" if n != 1 else "deleted"), f"x:{n}")
    wanted = ["x:3", "x:5", "x:1", "x:1", "x:unknown"]
    every, some = ledger.decisions(), ledger.decisions(accounts=wanted)
    assert some.equals(every.filter(every["account_id"].is_in(["x:1", "x:3", "x:5"])))
    assert some["seq"].to_list() == [1, 3, 7, 9, 13]
    assert ledger.decisions(after=7, accounts=wanted)["seq"].to_list() == [9, 13]
    assert dict(ledger.states(wanted).select("account_id", "seq").iter_rows()) == {"x:1": 8, "x:5": 10, "x:3": 14}
    assert ledger.decisions(accounts=[]).schema == pl.Schema(DECISIONS)
    assert ledger.decisions(accounts=[]).is_empty()
    assert ledger.states([]).is_empty()


def test_some_accounts_are_found_by_index(ledger):
    ledger.append_many("consent.give", [f"x:{n}" for n in range(3000)], [decision_body("train_ai", effective_at=NOON)] * 3000)
    seen = []
    sa.event.listen(ledger._engine, "before_cursor_execute", lambda *a: seen.append((a[2], a[3])))
    ledger.decisions(accounts=["x:1", "x:2"])
    ledger.states(["x:1"])
    explain = "EXPLAIN QUERY PLAN" if sql.is_sqlite(ledger._engine) else "EXPLAIN"
    with sql.reading(ledger._engine) as connection:
        plans = [str(connection.exec_driver_sql(f"{explain} {text}", v).all()) for text, v in list(seen) if "FROM events" in text]
    assert len(plans) == 2
    assert all(re.search(r"INDEX events_account \(account=\? AND kind|Scan (using|on) events_account", plan) for plan in plans), plans


def test_unknown_effects_and_states_are_refused():
    with pytest.raises(Fault):
        kind_of("take")
    with pytest.raises(Fault):
        state_body("asleep")


def test_what_came_since_names_people_and_general_kinds_apart(ledger):
    ledger.append("consent.give", {}, "x:1")
    seq = ledger.append("policy", {})
    assert ledger.accounts_since(0).accounts == ("x:1",)
    ledger.append("consent.give", {}, "x:2")
    ledger.append("consent.give", {}, "x:2")
    since = ledger.accounts_since(seq)
    assert (since.accounts, since.general, since.n_buried) == (("x:2",), frozenset(), 0)
    ledger.append("policy", {})
    ledger.bury(["x:2"])
    since = ledger.accounts_since(seq)
    assert (since.accounts, since.general, since.n_buried) == ((), frozenset({"policy"}), 2)


def test_proofs_from_the_database_verify(ledger):
    roots = {0: ledger.head().root}
    for n in range(1, 12):
        ledger.append("a", {"n": n}, f"x:{n % 3}")
        roots[n] = ledger.head().root
    ledger.bury(["x:1"])
    for event in ledger.events():
        for size in range(event.seq, 12):
            path = merkle.from_hex(ledger.inclusion(event.seq, size))
            leaf = merkle.leaf_hash(event.leaf)
            assert merkle.verify_inclusion(leaf, event.seq - 1, size, path, bytes.fromhex(roots[size]))
    for old in range(12):
        path = merkle.from_hex(ledger.consistency(old))
        assert merkle.verify_consistency(old, bytes.fromhex(roots[old]), 11, bytes.fromhex(roots[11]), path)


@pytest.mark.parametrize(("seq", "size"), [(0, 1), (2, 1), (2, 2), (1, 5)])
def test_a_proof_outside_the_log_is_refused(ledger, seq, size):
    ledger.append("a", {})
    with pytest.raises(NotFound):
        ledger.inclusion(seq, size)
