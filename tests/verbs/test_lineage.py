"""What an artifact owes after edits, deletions at the source, a new policy, and time."""

from __future__ import annotations

import pytest

import ownwords
from ownwords.core.errors import NotPermitted
from world import World, random_world, settle

WORLD = random_world(17, n_people=4, n_posts=30)


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
    ownwords.consent(root, "state", "test:7001", "memorialised", by="legacy_contact")
    with pytest.raises(NotPermitted, match="rule 3"):
        ownwords.consent(root, "give", "test:7001", "simulate_person")
    with pytest.raises(NotPermitted, match="rule 3"):
        ownwords.consent(root, "state", "test:7001", "active", by="legacy_contact")
    why = ownwords.permit(root, "why", next(row["id"] for row in WORLD.rows if row["author"] == "test:7001"), "simulate_person")
    assert (why["allowed"], why["rule"]) == (False, "3")
