"""Real files, counted by other means than the importers': rows in = records + rejects + private ones counted."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import subprocess
import xml.sax
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import zstandard

from ownwords.core import plugins
from ownwords.core.errors import BadInput
from ownwords.core.source import ReadOptions
from sources.reading import OBSERVED, SHARED, read

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the development data are not beside the repository")
SOURCES = plugins.names("source")


def _items(path: Path) -> list[dict]:
    """The list in one part of an X archive, by the standard library."""
    text = path.read_text()
    return json.loads(text[text.index("[") :])


def _second(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).astimezone(UTC) if "%z" in form else datetime.strptime(text, form).replace(tzinfo=UTC)


def test_the_real_x_archive_of_2024_comes_in_whole(tmp_path):
    data = SHARED / "x-archive/real-2024-11/data"
    tweets = [item["tweet"] for item in _items(data / "tweets.js")]
    notes = [item["noteTweet"] for item in _items(data / "note-tweet.js")]
    seconds = {}
    for tweet in tweets:
        seconds.setdefault(_second(tweet["created_at"], "%a %b %d %H:%M:%S %z %Y"), []).append(tweet)
    joined = {
        tweet["id_str"]: note["core"]["text"]
        for note in notes
        for tweet in seconds.get(_second(note["createdAt"], "%Y-%m-%dT%H:%M:%S.000Z"), [])
        if tweet["full_text"][:30] == note["core"]["text"][:30] and not tweet["full_text"].startswith("RT @")
    }
    found = read("x_archive", data.parent, tmp_path)
    records = found.by_id()
    assert found.n_rows == len(tweets) + len(notes) - len(joined) + 1  # the profile
    assert found.rejects.height == 0
    assert len(joined) == 11
    assert all(records[f"x:{native}"]["text"] == text for native, text in joined.items())
    assert sum(record["category"] == "reply" for record in records.values()) == sum("in_reply_to_user_id_str" in tweet for tweet in tweets)
    reposts = [f"x:{tweet['id_str']}" for tweet in tweets if tweet["full_text"].startswith("RT @")]
    assert all(records[native]["category"] == "repost" and records[native]["text"] is None for native in reposts)
    assert {record["visibility"] for record in records.values()} == {"unknown"}
    for tweet in tweets:
        record = records[f"x:{tweet['id_str']}"]
        assert record["created_at"] == _second(tweet["created_at"], "%a %b %d %H:%M:%S %z %Y")
        replied = tweet.get("in_reply_to_status_id_str")
        assert record["reply_to"] == (replied and f"x:{replied}")


def test_the_small_x_archives_come_in_whole(tmp_path):
    newest = SHARED / "x-archive/synthetic-2026"
    n_rows = len(_items(newest / "data/tweets.js")) + len(_items(newest / "data/like.js"))
    with pytest.raises(BadInput, match=r"does not say whose it is") as caught:
        read("x_archive", newest, tmp_path)
    assert "--account ID" in caught.value.next
    assert read("x_archive", newest, tmp_path, account="x:5").n_rows == n_rows == 5
    old = read("x_archive", SHARED / "x-archive/synthetic-2021", tmp_path)
    assert old.n_rows == 0
    assert old.accounts.height == 1


@pytest.mark.parametrize("name", ["comments.ndjson", "submissions.ndjson", "comments.zst", "submissions.zst"])
def test_real_reddit_dumps_come_in_whole(name, tmp_path):
    path = SHARED / "reddit/pushshift-2024" / name
    raw = path.read_bytes()
    if path.suffix == ".zst":
        raw = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj().decompress(raw)
    rows = [json.loads(line) for line in raw.decode().splitlines() if line.strip()]
    found = read("reddit", path, tmp_path)
    assert found.n_rows == len(rows)
    records = found.by_id()
    kind = "t1" if "comments" in name else "t3"
    for row in rows:
        record = records[f"reddit:{kind}_{row['id']}"]
        assert record["created_at"] == datetime.fromtimestamp(float(row["created_utc"]), UTC)
        is_gone = row["author"] == "[deleted]" or row.get("body", row.get("selftext")) in ("[deleted]", "[removed]")
        is_gone = is_gone or bool((row.get("_meta") or {}).get("was_deleted_later")) or bool(row.get("removed_by_category"))
        assert (record["state"] == "deleted") == is_gone == (record["text"] is None)
        assert (record["account_id"] is None) == (row["author"] == "[deleted]")


def test_a_real_thread_of_the_reddit_api_comes_in_whole(tmp_path):
    path = SHARED / "reddit/api/thread.json"
    kinds = Counter(re.findall(r'"kind": "(t1|t3)"', path.read_text()))
    found = read("reddit", path, tmp_path)
    assert found.n_rows == kinds.total()
    assert Counter(found.records["category"]) == {"post": kinds["t3"], "reply": kinds["t1"]}
    known = set(found.records["record_id"])
    replies = found.records.filter(pl.col("category") == "reply")
    assert set(replies["reply_to"]) <= known
    assert replies["conversation"].n_unique() == 1


class _Rows(xml.sax.ContentHandler):
    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []

    def startElement(self, name, attrs):  # noqa: N802
        if name == "row":
            self.rows.append(dict(attrs))


def _sax(path: Path) -> list[dict[str, str]]:
    handler = _Rows()
    text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
    xml.sax.parseString(re.sub(r"<!DOCTYPE[^>]*>", "", text).encode(), handler)
    return handler.rows


def test_a_real_stack_exchange_dump_comes_in_whole(tmp_path):
    folder = SHARED / "stackexchange/history-meta-2018"
    parts = {name: _sax(folder / f"{name}.xml.gz") for name in ("Posts", "Comments", "Users")}
    found = read("stackexchange", folder, tmp_path)
    assert found.n_rows == sum(map(len, parts.values()))
    assert found.rejects.height == 0
    records = found.by_id()
    for row in parts["Posts"]:
        record = records[f"stackexchange:history-meta-2018/post-{row['Id']}"]
        assert record["text"] == row["Body"]
        owner = row.get("OwnerUserId")
        assert record["account_id"] == (owner and f"stackexchange:history-meta-2018/user-{owner}")
        assert record["terms"] == ("CC-BY-SA-3.0" if row["CreationDate"] < "2018-05-02" else "CC-BY-SA-4.0")
    for row in parts["Comments"]:
        assert records[f"stackexchange:history-meta-2018/comment-{row['Id']}"]["text"] == row["Text"]
    assert found.accounts.height == len(parts["Users"])


def test_pepys_comes_in_by_the_documented_conversion(tmp_path):
    folder = SHARED / "deceased/pepys-posts"
    script = Path(__file__).parents[2] / "benchmarks/convert_pepys.py"
    out = tmp_path / "pepys.jsonl"
    with out.open("w") as handle:
        subprocess.run(["python3", str(script), str(folder)], stdout=handle, check=True)
    lines = [line for path in folder.glob("*/*.txt") for line in path.read_text().splitlines()]
    dated = [line for line in lines if re.match(r"\d{4}-\d\d-", line)]
    found = read("jsonl", out, tmp_path, mapping=script.with_name("pepys.toml"))
    assert found.n_rows == len(dated) == 14254
    assert found.rejects.height == 0
    assert found.records["created_at"].null_count() == 2  # `1662-09-2t` and `16:200` are in the source
    assert sum(record["category"] == "reply" for record in found.by_id().values()) == sum(
        bool(re.match(r"\S+ \S+ r ", line)) for line in dated
    )


FOREIGN = (
    "facebook/waultar-2022/corrupt.json",
    "facebook/waultar-2022/empty_list.json",
    "facebook/waultar-2022/your_posts_1.json",
    "instagram/waultar-2022/instagram_post.json",
    "x-api-v2/twarc/streaming_output_with_error.jsonl",
    "x-api-v2/twarc/edited_after.jsonl",
    "x-api-v2/twarc/tweets_compliance.jsonl",
    "x-archive/synthetic-2026/x_bookmarks_graphql.json",
    "linkedin/synthetic-2026/sample_export.zip",
    "linkedin/synthetic-2026/sample_export",
    "linkedin/synthetic-2026/sample_export/Connections.csv",
    "linkedin/synthetic-2026/sample_export/Shares.csv",
    "indonesian/hate/new_kamusalay.csv",
    "indonesian/emot/valid.csv",
    "chat/chat-miner/whatsapp/test_mmddyyyy_12hrs.txt",
    "chat/chat-miner/telegram/test_batch_export.json",
    "mastodon/test-account-2024/outbox.json",
    "bluesky/fakermaker.repo.car",
    "bluesky/jetstream_golden_v1.jsonl",
    "generic-platform/osd2f-sample.zip",
    "irc/2004-12-25.train-c.raw.txt",
    "reddit/top-posts/apple.csv",
    "authorship/reddit-authors.csv.gz",
    "deceased/pepys-diary-xhtml.tar.gz",
    "pii/wnut17/dev.conll",
    "stackexchange/history-meta-2018/Badges.xml.gz",
    "policies/x/privacy",
    "MANIFEST.csv",
)


@pytest.mark.parametrize("name", FOREIGN)
def test_no_source_claims_or_stumbles_over_a_foreign_file(name, tmp_path):
    path = SHARED / name
    assert path.exists()
    for source in SOURCES:
        module = plugins.load("source", source)
        assert module.sniff(path) == 0
        batches = []
        with contextlib.suppress(BadInput):
            batches.extend(module.read(path, ReadOptions(observed_at=OBSERVED, scratch=tmp_path, account="x:1")))
        assert batches == []


def test_a_table_without_names_of_ours_is_read_by_a_mapping(tmp_path):
    (tmp_path / "top.toml").write_text(
        'network = "reddit"\n[columns]\nid = "name"\ntext = "title"\ncreated_at = "created_utc"\n'
        '[attributes]\nscore = "score"\n[constants]\nterms = "ODC-PDDL-1.0"\n[time]\nformat = "seconds"\n'
    )
    path = SHARED / "reddit/top-posts/apple.csv"
    import csv

    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    found = read("jsonl", path, tmp_path, mapping=tmp_path / "top.toml")
    assert found.n_rows == len(rows)
    assert found.records["text"].to_list() == [row["title"] for row in rows]
    assert found.records["created_at"].null_count() == 0
