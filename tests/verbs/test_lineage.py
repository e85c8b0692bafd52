"""What an artifact owes after edits, deletions at the source, a new policy, and time."""

from __future__ import annotations

import time

import pytest

import ownwords
from ownwords.core.errors import NotPermitted, NotProven
from ownwords.verbs._sweep import sweep
from world import World, random_world, settle

WORLD = random_world(17, n_people=4, n_posts=30)

#: sha256 of the document that a death was reported with.
EVIDENCE = "0" * 64


@pytest.fixture
def root(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    ownwords.build(root, "dataset", form="flat")
    return root


def again(tmp_path, root, **change):
    """Take in the first post once more, changed."""
    path = World([WORLD.rows[0] | change]).write(tmp_path / "again.jsonl")
    return ownwords.ingest(root, "jsonl", (str(path),))


def rows(root):
    return [row for row in ownwords.use(root, "dataset", "rows") if "record_ids" in row]


def test_an_edit_owes_nothing_but_the_old_words_are_no_longer_shown(tmp_path, root):
    before = rows(root)
    assert again(tmp_path, root, text="quite other words than before, all new")["changed"] == 1
    assert ownwords.prove(root, "dataset")["owing"] == 0
    assert len(rows(root)) == len(before) - 1
    ownwords.build(root, "dataset", form="flat")
    assert any("quite other words" in row["text"] for row in rows(root))


def test_a_deletion_told_by_the_source_is_owed(tmp_path, root):
    assert again(tmp_path, root, state="deleted")["changed"] == 1
    assert ownwords.prove(root, "dataset")["owing"] == 1
    assert WORLD.rows[0]["id"] not in {name for row in rows(root) for name in row["record_ids"]}


def test_new_rows_owe_nothing(tmp_path, root):
    again(tmp_path, root, id="test:1234567", text="a new post of somebody")
    assert ownwords.prove(root, "dataset")["owing"] == 0


def test_a_new_policy_is_asked_about_everything(root):
    ownwords.permit(root, "adopt", "open-licence")
    assert ownwords.prove(root, "dataset")["owing"] >= 0
    ownwords.permit(root, "adopt", "opt-in")
    assert ownwords.prove(root, "dataset")["owing"] == 0


def test_a_deactivated_account_is_owed_until_it_is_back(root):
    ownwords.consent(root, "state", "test:7001", "deactivated")
    assert ownwords.prove(root, "dataset")["owing"] > 0
    ownwords.consent(root, "state", "test:7001", "active")
    assert ownwords.prove(root, "dataset")["owing"] == 0


def test_a_memorial_stays_one(root):
    ownwords.consent(root, "state", "test:7001", "memorialised", by="court", evidence=EVIDENCE)
    with pytest.raises(NotPermitted, match="rule 3"):
        ownwords.consent(root, "give", "test:7001", "simulate_person")
    with pytest.raises(NotPermitted, match="rule 3"):
        ownwords.consent(root, "state", "test:7001", "active", by="court")
    why = ownwords.permit(root, "why", next(row["id"] for row in WORLD.rows if row["author"] == "test:7001"), "simulate_person")
    assert (why["allowed"], why["rule"]) == (False, "3")


def test_a_withdrawal_while_rows_come_stops_that_person_within_a_second(root):
    authors = {row["id"]: row["author"] for row in WORLD.rows}
    answers = ownwords.use(root, "dataset", "rows")
    first = authors[next(answers)["record_ids"][0]]
    ownwords.consent(root, "withdraw", first, "train_ai")
    time.sleep(0.3)
    rest = [authors[row["record_ids"][0]] for row in answers if "record_ids" in row]
    assert rest
    assert first not in rest


def test_nothing_is_built_from_a_dataset_that_owes(root):
    ownwords.consent(root, "withdraw", "test:7001", "train_ai")
    with pytest.raises(NotPermitted, match="no longer permitted"):
        ownwords.build(root, "model", steps=1)


def test_an_account_that_became_protected_is_owed(tmp_path, root):
    path = tmp_path / "again.jsonl"
    World([WORLD.rows[0] | {"account_state": "protected"}]).write(path)
    ownwords.ingest(root, "jsonl", (str(path),))
    assert ownwords.prove(root, "dataset")["owing"] > 0


def test_one_person_alone_is_all_learnt_from(tmp_path):
    world = World([row | {"author": "test:7003", "handle": "alone_3"} for row in WORLD.rows], [WORLD.people[3]])
    root = settle(world, tmp_path / "alone")
    made = ownwords.build(root, "dataset", form="flat")
    assert made["metrics"]["split"]["held_out"] == 0
    assert made["metrics"]["split"]["train"] > 0


def test_a_mention_by_handle_in_any_case_goes_and_stays_out(tmp_path, root):
    loud = WORLD.people[2].handle.upper()
    row = WORLD.rows[0] | {"id": "test:5551", "text": f"hi @{loud}", "mentions": [f"test:@{loud}"]}
    path = World([row]).write(tmp_path / "loud.jsonl")
    ownwords.ingest(root, "jsonl", (str(path),))
    ownwords.forget(root, WORLD.people[2].account)
    assert sweep(root, [loud])[1] == {}
    World([row | {"id": "test:5552"}]).write(path)
    ownwords.ingest(root, "jsonl", (str(path),))
    assert sweep(root, [loud])[1] == {}


def test_prove_gone_by_handle_sees_an_account_that_is_held(root):
    with pytest.raises(NotProven, match=r"is held here|traces"):
        ownwords.prove(root, gone=f"test:@{WORLD.people[1].handle}")


def test_a_receipt_is_checked_where_there_is_no_workspace(tmp_path, root):
    receipt = ownwords.forget(root, "test:7001")["receipt"]
    assert "alone" in ownwords.prove(tmp_path / "elsewhere", str(receipt))["against"]
    assert ownwords.prove(root, str(receipt))["against"] == "this workspace"


def test_init_can_be_repeated_after_it_died(tmp_path):
    place = tmp_path / "half"
    place.mkdir()
    (place / "init.unfinished").touch()
    (place / "ledger.db").write_bytes(b"half")
    ownwords.init(place)
    assert ownwords.permit(place, "show", "train_ai")["rows"] == 0


def test_clauses_are_what_a_rule_cites(tmp_path, root):
    from ownwords.policy.file import builtin

    (tmp_path / "text.md").write_text(builtin("opt-in").words)
    told = ownwords.permit(root, "clauses", str(tmp_path / "text.md"))
    assert {rule.clause for rule in builtin("opt-in").rules} <= {name.split()[-1] for name in told}


def test_nothing_is_built_for_self_access(root):
    with pytest.raises(NotPermitted, match="self_access"):
        ownwords.build(root, "dataset", purpose="self_access")


def test_a_memorial_is_not_undone_by_a_detour(root):
    ownwords.consent(root, "state", "test:7001", "memorialised", by="court", evidence=EVIDENCE)
    for state in ("deactivated", "active", "historical", "protected"):
        with pytest.raises(NotPermitted, match="rule 3"):
            ownwords.consent(root, "state", "test:7001", state, by="import")
