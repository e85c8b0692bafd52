"""An import neither brings back whoever was forgotten, nor names them; and leaves no account of people it took nothing from."""

from __future__ import annotations

import json
import sys

import polars as pl
import pytest

import ownwords
from ownwords.core.errors import NotFound, NotProven, Usage
from ownwords.core.schemas import PARSED, Batch, conform
from ownwords.verbs._house import House
from ownwords.verbs._sweep import sweep
from ownwords.verbs.ingest import _worded

POST = "1795000000000000001"


@pytest.fixture
def root(tmp_path):
    ownwords.init(tmp_path / "w")
    return tmp_path / "w"


def post(number, author, text, **more):
    told = {"id": str(number), "author": author, "text": text, "created_at": "2024-05-01T10:00:00Z", "visibility": "public", "network": "x"}
    return told | more


def take(root, rows, source="jsonl"):
    path = root.parent / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ownwords.ingest(root, source, (str(path),))


def archive(folder, account, handle, tweets):
    (folder / "data").mkdir(parents=True)
    said = {"account": [{"account": {"accountId": account, "username": handle}}], "tweets": [{"tweet": one} for one in tweets]}
    for name, items in said.items():
        (folder / "data" / f"{name}.js").write_text(f"window.YTD.{name}.part0 = {json.dumps(items)}")
    return str(folder)


def tweet(number, text, **more):
    return {"id_str": str(number), "full_text": text, "created_at": "Wed May 01 10:00:00 +0000 2024", **more}


def texts(root):
    return dict(House.open(root).store().scan().select("record_id", "text").collect().iter_rows())


def accounts(root):
    return set(House.open(root).store().accounts()["account_id"])


def test_another_persons_archive_names_nobody_who_was_forgotten(root, tmp_path):
    bob = archive(tmp_path / "a", "777000777", "bob_99", [tweet(POST, "my very own words about the sea")])
    link = f"https://twitter.com/bob_99/status/{POST}"
    amy = archive(
        tmp_path / "b",
        "888",
        "amy_11",
        [
            tweet(51, "look https://t.co/xyz", entities={"urls": [{"url": "https://t.co/xyz", "expanded_url": link}]}),
            tweet(52, "I agree", in_reply_to_status_id_str=POST, in_reply_to_user_id_str="777000777", in_reply_to_screen_name="bob_99"),
            tweet(53, "hi @Bob_99", entities={"user_mentions": [{"screen_name": "Bob_99"}]}),
            tweet(54, "RT @bob_99: my very own", entities={"user_mentions": [{"id_str": "777000777", "screen_name": "bob_99"}]}),
        ],
    )
    ownwords.ingest(root, "x_archive", (bob,))
    ownwords.forget(root, "x:@bob_99")
    assert ownwords.ingest(root, "x_archive", (amy,))["new"] == 4
    assert sweep(root, ["x:777000777", "777000777", "bob_99", POST])[1] == {}
    assert ownwords.prove(root, gone="x:@bob_99")["gone"]


def test_an_old_dump_that_knows_authors_by_name_brings_nobody_back(root):
    def comment(number, **more):
        told = {
            "id": number,
            "author": "Bob_99",
            "body": "my words",
            "subreddit": "s",
            "created_utc": 1700000000,
            "subreddit_type": "public",
        }
        return told | {"link_id": "t3_a", "parent_id": "t3_a"} | more

    take(root, [comment("abc", author_fullname="t2_777")], "reddit")
    ownwords.forget(root, "reddit:t2_777")
    said = take(root, [comment("abc"), comment("old1", body="older words"), comment("new", author="amy_1", body="hi bob_99")], "reddit")
    assert said["reasons"] == {"forgotten": 2}
    assert texts(root) == {"reddit:t1_new": "hi [forgotten]"}
    assert accounts(root) == {"reddit:amy_1"}


def test_a_namesake_elsewhere_is_let_be_and_is_no_trace(root):
    words = "u/bob_99 of https://reddit.com/user/bob_99 says bob_99"
    mine = [post(1, "777", "my words", handle="bob_99")]
    theirs = [post(5, "5", words, network="reddit", handle="zed_1"), post(6, "6", "I am another", network="reddit", handle="bob_99")]
    take(root, mine + theirs[:1])
    ownwords.forget(root, "x:777")
    assert ownwords.prove(root, gone="x:@bob_99")["gone"]
    take(root, theirs)
    assert texts(root) == {"reddit:5": words, "reddit:6": "I am another"}
    assert "reddit:6" in accounts(root)
    assert ownwords.prove(root, gone="x:@bob_99")["gone"]
    take(root, [post(9, "9", "bob_99 came to x", handle="bob_98")])
    assert texts(root)["x:9"] == "[forgotten] came to x"


def test_a_name_that_several_may_bear_goes_only_where_that_person_spoke(root):
    def said(number, author, text, parent=None, handle=None):
        ids = {"id": f"s/comment-{number}", "author": f"s/user-{author}", "reply_to": parent and f"s/post-{parent}"}
        return post(number, author, text, network="stackexchange", handle=handle) | ids

    first = [
        said(1, 1, "a", 45, "Tom"),
        said(2, 2, "b", 46, "Tom"),
        said(3, 3, "thanks @Tom!", 45, "Ann"),
        said(4, 3, "yes @Tom", 46, "Ann"),
    ]
    take(root, first)
    ownwords.forget(root, "stackexchange:s/user-1")
    later = [said(5, 3, "again @tom", 45, "Ann"), said(6, 3, "again @tom", 46, "Ann"), said(7, 4, "I am a third one", 47, "Tom")]
    take(root, first + later)
    assert list(dict(sorted(texts(root).items())).values()) == [
        "b",
        "thanks [forgotten]!",
        "yes @Tom",
        "again [forgotten]",
        "again @tom",
        "I am a third one",
    ]
    with pytest.raises(Usage, match="several people"):
        ownwords.prove(root, gone="stackexchange:@Tom")
    assert ownwords.prove(root, gone="stackexchange:s/user-1")["gone"]


def test_whoever_wrote_only_what_was_refused_or_private_leaves_no_account(root):
    rows = [
        post(1, "777", "hi, @friend_1", handle="bob_99", mentions=["12"]),
        post(2, "55501", "secret", handle="dm_author1", visibility="direct"),
    ]
    said = take(root, [*rows, post(3, "55502", "x", handle="refused_1", visibility="PUBLIC"), post(4, "12", None, handle="friend_1")])
    assert (said["records"], said["rejects"], said["private_counted"]) == (1, 2, 1)
    assert accounts(root) == {"x:777", "x:12"}
    assert sweep(root, ["55501", "dm_author1", "55502", "refused_1"])[1] == {}


def test_what_is_told_of_an_account_that_is_held_is_heard_even_in_a_refused_row(root):
    take(root, [post(1, "777", "hi", handle="bob_99")])
    take(root, [post(2, "777", "secret", account_state="protected", visibility="direct"), post(3, "12", "other")])
    assert House.open(root).state_of("x:777") == "protected"


def test_a_handle_whose_rows_were_all_private_owns_nothing(root):
    path = root.parent / "rows.jsonl"
    path.write_text(json.dumps(post(1, "777", "hi", handle="bob_99", visibility="direct")) + "\n" + json.dumps(post(2, "8", "yes")) + "\n")
    with pytest.raises(NotFound):
        ownwords.ingest(root, "jsonl", (str(path),), mine="bob_99")
    assert ownwords.ingest(root, "jsonl", (str(path),), mine="x:8")["new"] == 1


def test_words_that_are_no_vocabulary_do_not_come_in(root):
    rows = [
        post(1, "1", "a", terms="CC-BY-SA-4.0", language="pt_BR", jurisdiction="ID"),
        post(2, "2", "a", terms="as told by bob_99"),
        post(3, "3", "a", language="de-CH-bob99xyz", jurisdiction="bob_99"),
        post(4, "4", "a", language="bob_99 wrote this"),
    ]
    assert take(root, rows)["reasons"] == {"its terms are no short name": 1}
    held = House.open(root).store().scan().select("record_id", "language", "terms").collect().sort("record_id")
    assert held.rows() == [("x:1", "pt-BR", "CC-BY-SA-4.0"), ("x:3", "de-CH", None), ("x:4", None, None)]
    people = dict(House.open(root).store().accounts().select("account_id", "jurisdiction").iter_rows())
    assert people == {"x:1": "ID", "x:3": None, "x:4": None}


def test_no_source_can_hide_a_name_in_terms_or_network():
    rows = pl.DataFrame({"record_id": ["x:1", "x:2", "x:3"], "network": ["x", "x", "Bob 99"], "terms": [None, "of bob_99", None]})
    records, _, rejects = _worded(Batch(records=conform(rows, PARSED)))
    assert records["record_id"].to_list() == ["x:1"]
    assert rejects["reason"].to_list() == ["its terms are no short name", "its network is no short name"]


def test_a_name_in_another_letter_case_and_alphabet_is_found_by_prove(root):
    take(root, [post(1, "777", "hi", handle="Žofie")])
    ownwords.forget(root, "x:777")
    take(root, [post(2, "8", "hello @ŽOFIE")])
    assert texts(root) == {"x:2": "hello [forgotten]"}
    (root / "tmp" / "left.txt").write_text("hello @ŽOFIE")
    with pytest.raises(NotProven, match="traces"):
        ownwords.prove(root, gone="x:@žofie")


def test_rows_of_whoever_is_forgotten_while_they_are_read_stay_out(root, monkeypatch):
    """The names are asked for again at the commit, but only if somebody was forgotten since."""
    module = sys.modules["ownwords.verbs.ingest"]
    take(root, [post(1, "777", "my words", handle="bob_99")])
    asked = []
    before = module._owner

    def forgotten_meanwhile(house, tally, mine):
        house.ledger.entomb(["x:@bob_99"], "handle")
        asked.append(mine)
        return before(house, tally, mine)

    monkeypatch.setattr(module, "_owner", forgotten_meanwhile)
    take(root, [post(2, "8", "bob_99 and @bob_99", handle="amy_11"), post(3, "bob_99", "it is me")])
    assert asked
    assert texts(root) == {"x:1": "my words", "x:2": "[forgotten] and [forgotten]"}
    assert "x:bob_99" not in accounts(root)


def test_tombstones_are_counted_and_read_once(root):
    ledger = House.open(root).ledger
    assert ledger.n_tombstones() == 0
    ledger.entomb(["x:@a", "x:@b", "x:@a"], "handle")
    assert ledger.n_tombstones() == 2
    names = pl.Series(["x:@a", None, "x:@c"])
    assert ledger.tombstoned(names, "handle").to_list() == [True, False, False]
    House.open(root).ledger.entomb(["x:@c"], "handle")
    assert ledger.tombstoned(names, "handle").to_list() == [True, False, True]
