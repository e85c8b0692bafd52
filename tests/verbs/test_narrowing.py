"""What a later import tells of a person or a record may take permission away, never give it."""

from __future__ import annotations

import json

import pytest

import ownwords
from ownwords.core.errors import BadInput
from ownwords.verbs._house import House
from ownwords.verbs._sweep import sweep
from world import World, random_world, settle

WORLD = random_world(23, n_people=4, n_posts=24)
FIRST = WORLD.rows[0]
WHO = FIRST["author"]


@pytest.fixture
def root(tmp_path):
    return settle(WORLD, tmp_path / "w")


@pytest.fixture
def again(tmp_path, root):
    """Take in the first post once more, changed; further rows after it."""

    def take(*rows, **change):
        path = World([FIRST | change, *rows]).write(tmp_path / "again.jsonl")
        return ownwords.ingest(root, "jsonl", (str(path),))

    return take


def why(root, record=FIRST["id"]):
    said = ownwords.permit(root, "why", record, "train_ai")
    return said["allowed"], said["rule"]


def state(root):
    return House.open(root).state_of(WHO)


@pytest.mark.parametrize("told", ["protected", "suspended", "deactivated", "memorialised", "deleted"])
def test_an_import_does_not_revive_what_an_import_closed(root, again, told):
    assert why(root) == (True, "9")
    again(account_state=told)
    again(account_state="active")
    assert (state(root), why(root)) == (told, (False, "3"))


@pytest.mark.parametrize("told", ["protected", "deactivated"])
def test_an_import_does_not_revive_what_the_ledger_closed(root, again, told):
    ownwords.consent(root, "state", WHO, told)
    again(account_state="active")
    assert (state(root), why(root)) == (told, (False, "3"))


@pytest.mark.parametrize("told", ["protected", "suspended", "deactivated"])
def test_a_person_opens_what_an_import_closed_until_a_later_import_closes_it_again(root, again, told):
    again(account_state=told)
    ownwords.consent(root, "state", WHO, "active")
    assert (state(root), why(root)) == ("active", (True, "9"))
    again()
    again(account_state="active")
    assert state(root) == "active"
    again(account_state=told)
    assert (state(root), why(root)) == (told, (False, "3"))
    ownwords.consent(root, "state", WHO, "active")
    assert why(root) == (True, "9")


def test_an_import_is_heard_once(root, again):
    ownwords.consent(root, "state", WHO, "active")
    again(account_state="protected")
    n_events = House.open(root).ledger.states()["seq"].max()
    again(account_state="protected")
    assert House.open(root).ledger.states()["seq"].max() == n_events


@pytest.mark.parametrize("told", ["protected", "deactivated", "suspended", "active", "historical"])
def test_a_memorial_is_not_undone_by_an_import(root, again, told):
    ownwords.consent(root, "state", WHO, "active")
    again(account_state="memorialised")
    again(account_state=told)
    assert state(root) == "memorialised"


def test_a_birth_date_makes_nobody_older(root, again):
    again(born_on="2015-01-01")
    again(born_on="1980-01-01")
    assert why(root) == (False, "5")


@pytest.mark.parametrize(("visibility", "rule"), [("followers", None), ("private", "2"), ("direct", "2"), ("group", "2")])
def test_a_record_told_to_be_narrower_stays_so(root, again, visibility, rule):
    said = again(visibility=visibility)
    assert said["changed"] == 1
    again(visibility="public")
    again(visibility="unknown")
    held = House.open(root).store().scan().collect().filter(record_id=FIRST["id"])
    assert held["visibility"].to_list() == [visibility]
    if rule is not None:
        assert why(root) == (False, rule)
        assert held["text"].to_list() == [None]


def test_a_public_row_and_its_private_twin_in_one_file_are_one_private_record(root, again):
    said = again(FIRST | {"visibility": "private"}, text="an edit of it that is public")
    assert (said["records"], said["rejects"], said["private_counted"], said["changed"]) == (1, 0, 1, 1)
    assert why(root) == (False, "2")


def test_what_is_built_owes_a_record_that_became_private(root, again):
    ownwords.build(root, "dataset", form="flat")
    again(visibility="private")
    assert ownwords.prove(root, "dataset")["owing"] == 1


def test_a_private_message_that_nobody_holds_leaves_nothing(root, again):
    words = "a secret that was told to one friend alone and never to us"
    said = again({**FIRST, "id": "test:555666777", "text": words, "visibility": "direct"})
    assert (said["records"], said["private_counted"], said["new"], said["changed"]) == (1, 1, 0, 0)
    assert House.open(root).store().scan().collect().filter(record_id="test:555666777").is_empty()
    assert sweep(root, ["test:555666777"], [words])[1] == {}


def test_changed_terms_count(root, again):
    assert again(terms="own-export")["changed"] == 1
    assert again(terms="x-developer-agreement")["changed"] == 1
    assert House.open(root).store().scan().collect().filter(record_id=FIRST["id"])["terms"].to_list() == ["x-developer-agreement"]


COMMENT = {"body": "old words of hers", "subreddit": "s", "created_utc": 1_500_000_000, "link_id": "t3_a", "parent_id": "t3_a"}


def reddit(tmp_path, root, *rows):
    path = tmp_path / "dump.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ownwords.ingest(root, "reddit", (str(path),))


def test_lines_of_something_else_leave_no_accounts(tmp_path):
    root = tmp_path / "w"
    ownwords.init(root, policy="opt-in")
    foreign = {"author": "somebody_5", "ups": 3}
    with pytest.raises(BadInput, match="not Reddit"):
        reddit(tmp_path, root, foreign)
    said = reddit(tmp_path, root, foreign, COMMENT | {"id": "abc", "author": "else_6", "author_fullname": "t2_6"})
    assert (said["records"], said["rejects"]) == (1, 1)
    assert House.open(root).store().accounts()["handle"].to_list() == ["else_6"]


@pytest.mark.parametrize(("first", "then"), [("t2_777", None), (None, "t2_777"), (None, None)])
def test_a_forgotten_author_does_not_come_back_with_a_dump_that_knows_them_by_the_other_name(tmp_path, first, then):
    root = tmp_path / "w"
    ownwords.init(root, policy="opt-in")
    reddit(tmp_path, root, COMMENT | {"id": "abc", "author": "Bob_99", "author_fullname": first})
    ownwords.forget(root, f"reddit:{first or 'bob_99'}")
    again = [COMMENT | {"id": name, "author": "bob_99", "author_fullname": then} for name in ("abc", "old1")]
    said = reddit(tmp_path, root, *again, COMMENT | {"id": "ok1", "author": "else_6"})
    assert (said["records"], said["rejects"]) == (1, 2)
    assert House.open(root).store().accounts()["handle"].to_list() == ["else_6"]
