"""What an X archive says, and what it leaves unknown."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.errors import BadInput
from sources.reading import GOLDEN, read

ARCHIVE = GOLDEN / "x_archive/input"
OWNER = "x:9007199254740993"


def _archive(folder: Path, tweets: list[object], **parts: list[object]) -> Path:
    data = folder / "data"
    data.mkdir(parents=True)
    (data / "account.js").write_text('window.YTD.account.part0 = [ {"account": {"accountId": "12", "username": "wren"}} ]')
    for name, items in {"tweets": tweets, **parts}.items():
        (data / f"{name.replace('_', '-')}.js").write_text(f"window.YTD.{name}.part0 = {json.dumps(items, indent=1)}")
    return folder


def _tweet(number: int, **more: object) -> dict[str, object]:
    told = {"id_str": str(1795000000000000000 + number), "created_at": "Mon May 27 07:00:00 +0000 2024", "full_text": f"number {number}"}
    return {"tweet": {**told, **more}}


def _protected(*changes: tuple[str, str]) -> list[object]:
    return [{"protectedHistory": {"protectedAt": f"{day}T00:00:00.000Z", "action": action}} for day, action in changes]


def test_a_zip_gives_what_its_folder_gives(tmp_path):
    for prefix in ("", "twitter-2024-07-01-abc/"):
        path = tmp_path / f"archive{len(prefix)}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in (ARCHIVE / "data").iterdir():
                packed.write(file, f"{prefix}data/{file.name}")
            packed.writestr(f"{prefix}assets/app/account.js", "function account() {}")
            packed.writestr(f"{prefix}data/tweets_media/1-a.jpg", b"\xff\xd8")
        assert read("x_archive", path, tmp_path).records.equals(read("x_archive", ARCHIVE, tmp_path).records)


def test_every_item_of_every_part_is_a_record_a_reject_or_counted(tmp_path):
    found = read("x_archive", ARCHIVE, tmp_path)
    tweets, profile, deleted, likes, notes_alone, in_conversations = 6 + 2, 1, 1, 2, 1, 4
    assert found.n_rows == tweets + profile + deleted + likes + notes_alone + in_conversations
    assert found.private == 4
    assert found.reasons() == {"tweets.js:5": "no id that X could have given", "like.js:2": "no id that X could have given"}


def test_private_messages_are_counted_and_their_words_are_nowhere(tmp_path):
    found = read("x_archive", ARCHIVE, tmp_path)
    assert "message" not in set(found.records["category"])
    assert "between us" not in found.records.write_ndjson()


def test_private_messages_kept_on_demand_say_who_and_to_whom(tmp_path):
    found = read("x_archive", ARCHIVE, tmp_path, keep_private=True)
    direct, group = (found.by_id()[f"x:dm-17800000000000000{number}"] for number in ("01", "51"))
    assert found.private == 2  # a reaction, and somebody joining
    assert (direct["visibility"], direct["account_id"], direct["audience"]) == ("direct", OWNER, ["x:700000000000000003"])
    assert (group["visibility"], group["account_id"], group["audience"]) == ("group", "x:700000000000000004", None)


def test_the_words_of_others_stay_theirs(tmp_path):
    found = read("x_archive", ARCHIVE, tmp_path)
    told = found.records.write_ndjson()
    assert "somebody else" not in told
    assert "smoker" not in told
    repost = found.by_id()["x:1795000000000000003"]
    assert (repost["category"], repost["repost_of"], repost["mentions"]) == ("repost", "x:1794000000000000009", ["x:700000000000000003"])


def test_an_edit_is_a_revision_of_the_first_version(tmp_path):
    found = read("x_archive", ARCHIVE, tmp_path)
    versions = [row for row in found.records.iter_rows(named=True) if row["record_id"] == "x:1796000000000000001"]
    assert [(row["revision"], row["text"]) for row in versions] == [(0, "Found a queen!!"), (1, "Found the queen.")]


def test_a_long_post_has_its_whole_text_once(tmp_path):
    told = read("x_archive", ARCHIVE, tmp_path).records.write_ndjson()
    assert told.count("A long account of how the swarm left") == 1
    assert "I have not seen them since." in told


def test_two_long_posts_of_one_second_keep_their_own_texts(tmp_path):
    words = ["alpha " * 60, "alpha " * 30 + "beta " * 40]
    tweets = [_tweet(k, full_text=text[:275] + "… https://t.co/abcdefghij") for k, text in enumerate(words)]
    notes = [
        {"noteTweet": {"noteTweetId": str(90 + k), "createdAt": "2024-05-27T07:00:00.000Z", "core": {"text": text}}}
        for k, text in enumerate(words)
    ]
    found = read("x_archive", _archive(tmp_path / "a", tweets, note_tweet=notes), tmp_path).by_id()
    assert [found[f"x:{1795000000000000000 + k}"]["text"] for k in (0, 1)] == words


def test_the_owner_is_known_with_age_and_handle(tmp_path):
    owner = next(row for row in read("x_archive", ARCHIVE, tmp_path).accounts.iter_rows(named=True) if row["account_id"] == OWNER)
    assert (owner["handle"], owner["born_on"], owner["joined_at"]) == (
        "wren_of_lindow",
        date(1991, 6, 21),
        datetime(2015, 3, 9, 8, 15, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((), "unknown"),
        ((("2024-05-01", "Protect"),), "followers"),
        ((("2024-06-01", "Protect"),), "followers"),  # protecting hides what was there before
        ((("2024-05-01", "Unprotect"),), "public"),
        ((("2024-06-01", "Unprotect"),), "followers"),  # it was protected when this was posted
        ((("2024-05-01", "Protect"), ("2024-05-10", "Unprotect")), "public"),
        ((("2024-06-10", "Unprotect"), ("2024-06-01", "Protect")), "unknown"),  # before what X tells
        ((("2024-05-01", "Unprotect"), ("2024-06-01", "Hidden")), "unknown"),  # a word we do not know
    ],
)
def test_a_post_is_public_only_if_the_archive_says_so(tmp_path, changes, expected):
    path = _archive(tmp_path / "a", [_tweet(1)], protected_history=_protected(*changes))
    assert read("x_archive", path, tmp_path).records["visibility"].to_list() == [expected]


def test_a_post_without_a_date_is_never_public(tmp_path):
    path = _archive(tmp_path / "a", [_tweet(1, created_at=None)], protected_history=_protected(("2024-05-01", "Unprotect")))
    assert read("x_archive", path, tmp_path).records["visibility"].to_list() == ["unknown"]


def test_a_circle_is_a_group_and_counted(tmp_path):
    path = _archive(tmp_path / "a", [], twitter_circle_tweet=[_tweet(1)], protected_history=_protected(("2024-05-01", "Unprotect")))
    assert read("x_archive", path, tmp_path, keep_private=True).records["visibility"].to_list() == ["group"]
    assert read("x_archive", path, tmp_path).private == 1


def test_the_account_given_must_be_the_archives(tmp_path):
    path = _archive(tmp_path / "a", [_tweet(1)])
    assert read("x_archive", path, tmp_path, account="x:12").records["account_id"].to_list() == ["x:12"]
    for wrong, why in (("x:13", "another account"), ("@wren", "not an X account id"), ("reddit:12", "not an X account id")):
        with pytest.raises(BadInput, match=why):
            read("x_archive", path, tmp_path, account=wrong)


def test_an_archive_of_2018_without_wrappers_and_folder_is_read(tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    tweets = [_tweet(1)["tweet"], {**_tweet(2)["tweet"], "created_at": "2018-05-27 07:00:00 +0000"}]
    (old / "tweet.js").write_text("window.YTD.tweet.part0 = " + json.dumps(tweets))
    found = read("x_archive", old, tmp_path, account="12")
    assert [at.year for at in found.records["created_at"]] == [2024, 2018]


def test_ids_are_never_numbers(tmp_path):
    path = _archive(
        tmp_path / "a", [{"tweet": {"id": 9007199254740993, "full_text": "a", "in_reply_to_status_id_str": 18446744073709551615}}]
    )
    record = read("x_archive", path, tmp_path).records.row(0, named=True)
    assert (record["record_id"], record["reply_to"]) == ("x:9007199254740993", "x:18446744073709551615")


@pytest.mark.parametrize(
    "day", ["Sat Jan 01 00:00:00 +0000 0001", "Fri Dec 31 23:59:59 +0000 9999", "Thu Jan 01 00:00:00 +0000 1970", "", "2024"]
)
def test_a_date_that_cannot_be_is_unknown(tmp_path, day):
    found = read("x_archive", _archive(tmp_path / "a", [_tweet(1, created_at=day)]), tmp_path)
    assert found.records["created_at"].to_list() == [None]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id_str", "full_text", "entities", "urls", "media", "created_at", "edit_info"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(tweets=st.lists(st.fixed_dictionaries({"tweet": _VALUES}) | _VALUES, max_size=6))
def test_whatever_the_items_are_rows_in_are_records_and_rejects(tmp_path_factory, tweets):
    folder = tmp_path_factory.mktemp("any")
    n_first_wrapped = bool(tweets) and any(isinstance(item, dict) and next(iter(item), "") == "tweet" for item in tweets)
    found = read("x_archive", _archive(folder / "a", tweets), folder)
    shutil.rmtree(folder)
    # Without any wrapped item each value is a row; with one, neighbours that are no tweets may share a row with each other.
    assert found.n_rows == len(tweets) or (n_first_wrapped and 1 <= found.n_rows <= len(tweets))
