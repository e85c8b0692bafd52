"""Rows that come in after somebody was forgotten are masked as they would have been before, from keyed hashes alone."""

from __future__ import annotations

import polars as pl
import pytest

from ownwords.core.schemas import ACCOUNTS, PARSED, conform
from ownwords.store.redact import Gone, mask, recognised, tombstones, without

POST = "1795000000000000001"
BOB = Gone(accounts=["x:777000777"], handles=["x:@Bob_99"], records={f"x:{POST}": "gone:b0b"})
WORD = Gone(accounts=["x:556"], handles=["x:@the"], records={})
ODD = [
    Gone(accounts=["x:555"], handles=["x:@q"]),
    Gone(accounts=["x:556"], handles=["x:@bob.smith-"]),
    Gone(accounts=["x:557"], handles=["x:@Žofie"]),
    Gone(accounts=["x:558"], handles=["x:@\u212aelvin_x"]),
    Gone(accounts=["x:559"], handles=["x:@İbo"]),
]
NOBODY = pl.DataFrame(schema=ACCOUNTS)


def row(**more):
    return conform(pl.DataFrame([{"record_id": "x:9", "account_id": "x:888", "network": "x", **more}]), PARSED)


def tombs(gone):
    """What the ledger would answer, had `gone` been forgotten."""
    known = {(kind, name) for kind, names in {**tombstones(gone), "account": gone.accounts}.items() for name in names}
    return lambda names, kind: pl.Series([(kind, name) in known for name in names], dtype=pl.Boolean)


def later(rows, gone, accounts=NOBODY):
    return without(rows, recognised(rows, accounts, tombs(gone)))


SAID = [
    "I like bob_99 very much",
    "see x:777000777 there, and see:x:777000777/like/5",
    f"see x:{POST} there",
    f"https://x.com/i/web/status/{POST} wow",
    f"https://x.com/bob_99/status/{POST}?s=20",
    f'"https://x.com/bob_99/status/{POST}","https://x.com/bob_99/status/{POST}#1","https://x.com/bob_99"',
    "hey @BOB_99!",
    "x:@bob_99 hi",
    "@bob_99@bob_99 @bob_99",
    "u/bob_99 and /user/bob_99",
    "@bob_99@x.com hi",
    "_@bob_99_ hi",
    "*@bob_99*",
    "x.com/bob_99",
    "https://x.com/search?q=from:bob_99",
    "https://x.com/search?q=%40bob_99",
    "https://x.com/intent/user?screen_name=bob_99",
    "https://bob_99.tumblr.com",
    "bob_99?",
    "ありがとう@bob_99さん、bob_99さんの https://x.com/bob_99さん",
    "ขอบคุณ@bob_99ครับ x:777000777ครับ",
    "hey @\u200bbob_99",
    "<a href='https://example.org/bob_99'>bob_99</a>",
]


@pytest.mark.parametrize("text", SAID)
def test_what_is_masked_when_held_is_masked_when_it_comes_later(text):
    rows = row(
        text=text, attributes=f'{{"links":["{text}"]}}', media=[{"uri": text}], signals=[{"name": "n", "value": text, "set_by": "x"}]
    )
    held = mask(rows, BOB)
    assert later(rows, BOB).equals(held)
    said = str(held.to_dicts()).lower()
    assert not [name for name in ("bob_99", "777000777", POST) if name in said]


ODD_SAID = ["hey @q lol", "@bob.smith- and u/bob.smith- lol", "@žofie @ŽOFIE @Z\u030cofie", "@kelvin_x @\u212aelvin_x", "@İbo @i̇bo"]


@pytest.mark.parametrize(("gone", "text"), list(zip(ODD, ODD_SAID, strict=True)))
def test_names_of_odd_shapes_and_other_alphabets_too(gone, text):
    held = mask(row(text=text), gone)
    assert later(row(text=text), gone).equals(held)
    assert set(held["text"][0].replace("and", "").replace("hey", "").replace("lol", "").split()) == {"[forgotten]"}


def test_an_ordinary_word_is_masked_only_where_it_is_a_name():
    rows = row(text="the cat asked @the cat, https://x.com/the/status/5, and/the")
    assert later(rows, WORD)["text"][0] == "the cat asked [forgotten] cat, https://x.com/[forgotten]/status/5, and/the"


def test_native_ids_are_values_in_attributes_and_signals():
    rows = row(text="777000777 is a number", attributes='{"by":"777000777","n":777000777}', signals=[{"name": "a", "value": "777000777"}])
    found = later(rows, BOB)
    assert found.equals(mask(rows, BOB))
    assert found["text"][0] == "777000777 is a number"
    assert found["attributes"][0] == '{"by":"[forgotten]","n":777000777}'
    assert found["signals"][0][0]["value"] == "[forgotten]"


def test_references_lists_and_what_bears_an_id_are_masked():
    rows = row(text=".", reply_to=f"x:{POST}", quotes="x:777000777/like/5", mentions=["x:@BOB_99", "x:bob_99", "x:777000777", "x:2"])
    found = later(rows, BOB)
    assert found["mentions"].to_list() == [["[forgotten]"] * 3 + ["x:2"]]
    assert all(found[name][0].startswith("gone:") for name in ("reply_to", "quotes"))


def test_a_namesake_of_another_network_is_somebody_else():
    text = "u/bob_99 says bob_99, https://reddit.com/user/bob_99, https://old.reddit.com/u/bob_99"
    rows = row(record_id="reddit:t1_a", account_id="reddit:t2_b", network="reddit", text=text, mentions=["reddit:@bob_99"])
    assert mask(rows, BOB).equals(rows)
    assert later(rows, BOB).equals(rows)


def test_links_to_the_network_of_the_forgotten_are_masked_in_every_row():
    text = f"https://twitter.com/bob_99 https://mobile.twitter.com/x/status/{POST} x:@bob_99 x:777000777 https://notx.com/bob_99"
    rows = row(record_id="reddit:t1_a", account_id="reddit:t2_b", network="reddit", text=text)
    held = mask(rows, BOB)
    assert later(rows, BOB).equals(held)
    told = (
        "https://twitter.com/[forgotten] https://mobile.twitter.com/x/status/[forgotten] x:[forgotten] [forgotten] https://notx.com/bob_99"
    )
    assert held["text"][0] == told


def test_a_host_that_bears_the_name_of_a_network_is_that_network():
    gone = Gone(accounts=["kentong:12"], handles=["kentong:@sari"])
    rows = row(text="https://www.kentong.example/sari and https://example.org/sari")
    held = mask(rows, gone)
    assert held["text"][0] == "https://www.kentong.example/[forgotten] and https://example.org/sari"
    assert later(rows, gone).equals(held)


def test_a_shared_name_is_masked_only_in_threads_where_that_person_took_part():
    tom = Gone(
        accounts=["stackexchange:dba/user-12"],
        handles=["stackexchange:@Tom Smith"],
        records={"stackexchange:dba/comment-5": "gone:c5"},
        threads=["stackexchange:dba/comment-5", "stackexchange:dba/post-45"],
    )
    told = {
        "network": "stackexchange",
        "account_id": "stackexchange:dba/user-2",
        "text": "@TomSmith, @Tom Smith and https://dba.stackexchange.com/users/12/tom-smith",
    }
    near = row(record_id="stackexchange:dba/comment-6", reply_to="stackexchange:dba/post-45", **told)
    far = row(record_id="stackexchange:dba/comment-7", reply_to="stackexchange:dba/post-46", **told)
    rows = pl.concat([near, far])
    held = mask(rows, tom)
    assert held["text"].to_list() == [
        "[forgotten], [forgotten] and https://dba.stackexchange.com/users/[forgotten]",
        "@TomSmith, @Tom Smith and https://dba.stackexchange.com/users/[forgotten]",
    ]
    assert later(rows, tom).equals(held)


def test_an_account_of_a_forgotten_name_is_theirs_under_another_id():
    gone = Gone(accounts=["reddit:t2_777"], handles=["reddit:@Bob_99"])
    people = conform(pl.DataFrame([{"account_id": "reddit:t2_888", "network": "reddit", "handle": "BOB_99"}]), ACCOUNTS)
    rows = pl.concat(
        [
            row(account_id=name, network="reddit", record_id=name + "x", text="a")
            for name in ("reddit:bob_99", "reddit:t2_888", "reddit:amy")
        ]
    )
    found = recognised(rows, people, tombs(gone))
    assert set(found.accounts) == {"reddit:bob_99", "reddit:t2_888"}
    assert without(rows, found)["account_id"].to_list() == ["reddit:amy"]


def test_somebody_of_a_shared_name_is_not_kept_out():
    gone = Gone(accounts=["stackexchange:dba/user-12"], handles=["stackexchange:@Tom"])
    people = conform(pl.DataFrame([{"account_id": "stackexchange:dba/user-13", "network": "stackexchange", "handle": "Tom"}]), ACCOUNTS)
    rows = row(account_id="stackexchange:dba/user-13", network="stackexchange", record_id="stackexchange:dba/post-1", text="a")
    assert later(rows, gone, people).equals(rows)


def test_the_newer_name_of_somebody_forgotten_is_masked_where_an_import_tells_it():
    people = conform(pl.DataFrame([{"account_id": "x:777000777", "network": "x", "handle": "robert_1"}]), ACCOUNTS)
    assert later(row(text="hi @robert_1"), BOB, people)["text"][0] == "hi [forgotten]"


def test_rows_that_speak_of_nobody_forgotten_stay_as_they_are():
    rows = row(text="hi @amy_11, https://x.com/amy_11/status/1795000000000000002 bob_990 x:7770007771", mentions=["x:2"])
    assert later(rows, BOB).equals(rows)
    assert recognised(rows.clear(), NOBODY, tombs(BOB)) == Gone()
