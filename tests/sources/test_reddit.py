"""What a Reddit dump says, and what it leaves unknown."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.sources import _lines, reddit
from sources.reading import GOLDEN, read

DUMP = GOLDEN / "reddit/input/mixed.ndjson"


def _comment(**more: object) -> dict[str, object]:
    told = {"author": "Tam", "body": "a", "id": "k1", "link_id": "t3_z", "parent_id": "t3_z", "created_utc": 1706746600}
    return {**told, "subreddit": "bees", "subreddit_type": "public", **more}


def _only(tmp_path, **more):
    (tmp_path / "one.ndjson").write_text(json.dumps(_comment(**more)) + "\n")
    return read("reddit", tmp_path / "one.ndjson", tmp_path, keep_private=True).records.row(0, named=True)


def test_compression_changes_nothing(tmp_path):
    raw = DUMP.read_bytes()
    plain = read("reddit", DUMP, tmp_path)
    long_window = zstandard.ZstdCompressionParameters.from_level(19, window_log=27)
    packed = {
        "a.gz": gzip.compress(raw),
        "b.zst": zstandard.ZstdCompressor(compression_params=long_window).compress(raw),
        "c.zst": b"".join(zstandard.ZstdCompressor().compress(part) for part in (raw[:900], raw[900:])),  # two frames
        "d.any": b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + zstandard.ZstdCompressor().compress(raw),  # a frame to skip first
        "e.ndjson": b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"),
    }
    for name, content in packed.items():
        (tmp_path / name).write_bytes(content)
        found = read("reddit", tmp_path / name, tmp_path)
        assert found.records.equals(plain.records)
        assert found.rejects["position"].equals(plain.rejects["position"])
        assert reddit.sniff(tmp_path / name) == 1


@pytest.mark.parametrize("mark", ["[deleted]", "[removed]", "[ Removed by Reddit ]"])
def test_what_was_deleted_keeps_its_place_and_no_words(tmp_path, mark):
    for more in ({"author": mark}, {"body": mark}, {"body": mark, "author": mark}, {"removed_by_category": "moderator"}):
        record = _only(tmp_path, **more)
        assert (record["state"], record["text"], record["reply_to"]) == ("deleted", None, "reddit:t3_z")
        assert (record["account_id"] is None) == ("author" in more)
        assert record["revision"] > _only(tmp_path, edited=2_000_000_000)["revision"]


def test_later_edits_have_higher_revisions(tmp_path):
    edits = [False, "true", 1706746700, 1706746800.0]
    assert [_only(tmp_path, edited=edit)["revision"] for edit in edits] == [0, 1, 100, 200]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        *((open_kind, "public") for open_kind in ("public", "restricted", "user", "archived")),
        *((closed_kind, "group") for closed_kind in ("private", "employees_only", "gold_only")),
        *((unclear, "unknown") for unclear in (None, "something_new")),
    ],
)
def test_visibility_is_that_of_the_subreddit(tmp_path, kind, expected):
    assert _only(tmp_path, subreddit_type=kind)["visibility"] == expected


def test_an_account_is_its_t2_id_else_its_name_in_small_letters(tmp_path):
    assert _only(tmp_path, author_fullname="t2_ab")["account_id"] == "reddit:t2_ab"
    assert _only(tmp_path)["account_id"] == "reddit:tam"
    assert _only(tmp_path, author_fullname="ab")["account_id"] == "reddit:tam"


@pytest.mark.parametrize(
    ("seconds", "expected"), [("1706746600", 2024), (1706746600.5, 2024), ("soon", None), (0, None), (-1e300, None), (4e12, None)]
)
def test_a_time_that_cannot_be_is_unknown(tmp_path, seconds, expected):
    created = _only(tmp_path, created_utc=seconds)["created_at"]
    assert (created and created.year) == expected


def test_a_submission_is_its_title_and_text(tmp_path):
    one = {"author": "Tam", "title": "T &lt;3", "selftext": "x &amp;amp; y", "id": "z", "created_utc": 1706746600, "subreddit": "bees"}
    (tmp_path / "s.ndjson").write_text(json.dumps(one) + "\n" + json.dumps({**one, "id": "y", "selftext": ""}) + "\n")
    found = read("reddit", tmp_path / "s.ndjson", tmp_path).records
    assert found["text"].to_list() == ["T <3\n\nx &amp; y", "T <3"]
    assert found["conversation"].to_list() == ["reddit:t3_z", "reddit:t3_y"]
    assert json.loads(found["attributes"][0])["title_length"] == 4


def test_half_surrogates_and_nuls_become_replacement_characters_and_pairs_stay(tmp_path):
    assert _only(tmp_path, body="\ud83d\ude00")["text"] == "\U0001f600"
    (tmp_path / "h.ndjson").write_text(json.dumps(_comment(body="BODY")).replace("BODY", r"\ud83d \u0000 \ude00") + "\n")
    assert read("reddit", tmp_path / "h.ndjson", tmp_path).records["text"].to_list() == ["\ufffd \ufffd \ufffd"]


def test_memory_is_bounded_by_chunks_not_by_the_file(tmp_path):
    line = json.dumps(_comment(body="a" * 1000)).encode() + b"\n"
    (tmp_path / "big.ndjson").write_bytes(line * 40_000)
    chunks = [(len(chunk.rows), sum(map(len, chunk.rows))) for chunk in _lines.lines(tmp_path / "big.ndjson", 50_000)]
    assert sum(n_rows for n_rows, _ in chunks) == 40_000
    assert max(size for _, size in chunks) < _lines.CHUNK + 2_000


def test_one_observation_time_is_kept_where_the_dump_has_one(tmp_path):
    assert _only(tmp_path, retrieved_on=1706746700)["observed_at"] == datetime(2024, 2, 1, 0, 18, 20, tzinfo=UTC)


_LINES = (
    st.binary(max_size=12)
    | st.just(json.dumps(_comment()).encode())
    | st.text(max_size=6).map(lambda text: json.dumps({"body": text}).encode())
)


@settings(deadline=None, max_examples=60)
@given(lines=st.lists(_LINES, max_size=12))
def test_whatever_the_lines_are_each_is_a_record_or_a_reject(tmp_path_factory, lines):
    raw = b"\n".join([json.dumps(_comment()).encode(), *lines])
    folder = tmp_path_factory.mktemp("any")
    (folder / "any.ndjson").write_bytes(raw)
    found = read("reddit", folder / "any.ndjson", folder)
    assert found.n_rows == sum(bool(line.strip()) for line in raw.split(b"\n"))
    assert found.rejects["position"].is_unique().all()
