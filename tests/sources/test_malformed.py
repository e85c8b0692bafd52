"""Malformed files, written by us: each is refused in one clear sentence, or read with its bad rows as rejects."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile

import pytest
import zstandard

from ownwords.core import plugins
from ownwords.core.errors import BadInput
from ownwords.core.source import ReadOptions
from sources.reading import MALFORMED, OBSERVED, read

#: What each must give: records, rejects and private ones counted by hand; or a part of the error.
EXPECTED: dict[str, tuple[int, int, int] | str] = {
    "jsonl/binary.jsonl": "the name of column 1 means nothing here",
    "jsonl/column_twice.csv": "column 3 bears the name of one before it",
    "jsonl/cut.jsonl.zst": "its Zstandard data are broken or cut short",
    "jsonl/cut.parquet": "is broken, or no Parquet file",
    "jsonl/empty.csv": "is empty",
    "jsonl/flipped.parquet": "is broken, or no Parquet file",
    "jsonl/header_only.csv": "is not JSON lines, CSV or Parquet with the columns told: no row of it could be read (it holds none)",
    "jsonl/ids_as_numbers.parquet": "column 'id' holds ids as decimal numbers",
    "jsonl/latin1.csv": (1, 1, 0),
    "jsonl/lines.jsonl": (2, 6, 0),
    "jsonl/no_text.csv": "no column is the text",
    "jsonl/nul.csv": (2, 0, 0),
    "jsonl/one_list.json": "is one JSON list; it should be one object a line",
    "jsonl/open_quote.csv": (3, 1, 0),
    "jsonl/ragged.csv": (2, 2, 0),
    "jsonl/unknown_column.csv": "the name of column 3 means nothing here",
    "jsonl/utf16.csv": "is UTF-16 text",
    "reddit/cut.gz": "its gzip data are broken or cut short",
    "reddit/cut.ndjson": (2, 1, 0),
    "reddit/cut.zst": "its Zstandard data are broken or cut short",
    "reddit/cut_listing.json": "the listing is not JSON",
    "reddit/empty.ndjson": "is not Reddit comments or submissions, one JSON object a line: no row of it could be read (it holds none)",
    "reddit/flipped.zst": "its Zstandard data are broken or cut short",
    "reddit/garbage_after.gz": "its gzip data are broken or cut short",
    "reddit/latin1.ndjson": (2, 1, 0),
    "reddit/lists.ndjson": "no row of it could be read (the first: not a JSON object)",
    "reddit/odd_listing.json": (1, 3, 0),
    "reddit/oddities.ndjson": (3, 4, 0),
    "reddit/table.ndjson": "no row of it could be read (the first: not JSON)",
    "reddit/utf16.ndjson": "is UTF-16 text",
    "reddit/wrong_types.ndjson": (6, 2, 0),
    "stackexchange/bad_utf8": (2, 1, 0),
    "stackexchange/billion_laughs": "declares entities, as no dump does",
    "stackexchange/broken_gzip": "its gzip data are broken or cut short",
    "stackexchange/control_characters": (2, 2, 0),
    "stackexchange/cut_between_rows": (2, 1, 0),
    "stackexchange/cut_inside_row": (2, 1, 0),
    "stackexchange/empty": "no row of it could be read (the first: the file is cut short)",
    "stackexchange/file_entity": "declares entities, as no dump does",
    "stackexchange/no_documents": "is not a Stack Exchange dump (Posts.xml, Comments.xml, Users.xml)",
    "stackexchange/open_attribute": (2, 1, 0),
    "stackexchange/other_root": "is not a Stack Exchange dump of posts",
    "stackexchange/rows_in_rows": (2, 2, 0),
    "stackexchange/twice_the_same_attribute": (2, 1, 0),
    "stackexchange/unknown_entity": (2, 1, 0),
    "stackexchange/utf16": "is UTF-16 text",
    "stackexchange/web_page": "is not a Stack Exchange dump of posts",
    "stackexchange/windows_1252": "is not UTF-8, as it says itself",
    "x_archive/bad_utf8": (1, 1, 0),
    "x_archive/broken_item": (2, 1, 0),
    "x_archive/cut.zip": "is not an X archive: a zip cut short or broken, or not a zip",
    "x_archive/cut_between_items": (2, 1, 0),
    "x_archive/cut_inside_item": (2, 1, 0),
    "x_archive/empty_part": "is not a part of an X archive",
    "x_archive/encrypted.zip": "is encrypted",
    "x_archive/flipped_byte.zip": "is broken inside the zip",
    "x_archive/foreign_items": (2, 4, 0),
    "x_archive/messages_of_odd_shape": (1, 2, 3),
    "x_archive/names_lead_out.zip": "has names that lead out of it, as no archive of X's does",
    "x_archive/no_account": "does not say whose it is: account.js is missing",
    "x_archive/no_archive_in_it.zip": "is not an X archive: it has no data/tweets.js",
    "x_archive/not_a_list": "is not a part of an X archive",
    "x_archive/two_archives.zip": "holds 2 archives",
    "x_archive/two_owners": (1, 0, 0),
    "x_archive/utf16": "is not a part of an X archive",
    "x_archive/web_page": "is not a part of an X archive",
    "x_archive/wrong_types": (2, 2, 0),
}


def _path(name: str):
    return MALFORMED / name


def test_every_malformed_file_has_an_expectation_and_every_format_ten():
    there = {f"{source.name}/{path.name}" for source in MALFORMED.iterdir() for path in source.iterdir()}
    assert there == set(EXPECTED)
    for source in plugins.names("source"):
        assert sum(name.startswith(f"{source}/") for name in EXPECTED) >= 10


@pytest.mark.parametrize("name", EXPECTED)
def test_a_malformed_file_is_refused_clearly_or_read_with_rejects(name, tmp_path):
    source, expected = name.split("/")[0], EXPECTED[name]
    if isinstance(expected, str):
        with pytest.raises(BadInput) as caught:
            read(source, _path(name), tmp_path)
        assert expected in caught.value.what
        assert caught.value.next
        assert "\n" not in caught.value.what
    else:
        found = read(source, _path(name), tmp_path)
        assert (found.records.height, found.rejects.height, found.private) == expected
        assert found.rejects["position"].is_unique().all()
        assert found.rejects["sha256"].str.len_chars().eq(64).all()


@pytest.mark.parametrize("name", EXPECTED)
def test_no_source_stumbles_over_a_malformed_file_of_any_format(name, tmp_path):
    for source in plugins.names("source"):
        assert 0 <= plugins.load("source", source).sniff(_path(name)) <= 1
        with contextlib.suppress(BadInput):
            read(source, _path(name), tmp_path, account="x:12")


def test_a_reject_carries_the_hash_of_the_raw_bytes(tmp_path):
    found = read("reddit", _path("reddit/latin1.ndjson"), tmp_path)
    raw = _path("reddit/latin1.ndjson").read_bytes().split(b"\n")[1]
    assert found.rejects.rows() == [("line 2", "not UTF-8", hashlib.sha256(raw).hexdigest())]


def test_errors_and_rejects_never_hold_the_words(tmp_path):
    secret = "meet me under the pear tree"
    for name, text in (("a.csv", f"{secret},x\n1,2\n"), ("b.ndjson", f'{{"{secret}": "{secret}'), ("c.jsonl", f'{{"text": "{secret}"')):
        (tmp_path / name).write_text(text)
        for source in plugins.names("source"):
            with pytest.raises(BadInput) as caught:
                read(source, tmp_path / name, tmp_path, account="x:12")
            assert secret not in str(caught.value)


def test_a_line_longer_than_any_post_is_lost_and_its_neighbours_stay(tmp_path):
    good = (_path("reddit/cut.ndjson").read_bytes()).split(b"\n")[0]
    long = b'{"body": "' + b"a" * (17 << 20) + b'"}'
    (tmp_path / "long.ndjson").write_bytes(good + b"\n" + long + b"\n" + good + b"\n")
    found = read("reddit", tmp_path / "long.ndjson", tmp_path)
    assert found.records.height == 2
    assert found.rejects.rows() == [("line 2", "longer than 16 MiB", hashlib.sha256(long).hexdigest())]


def test_a_row_longer_than_any_post_is_lost_wherever_a_separator_falls(tmp_path):
    """The separator `<row ` is laid across the end of a block at each of its places."""
    for shift in range(6):
        rows = b'<row Id="1" PostTypeId="1" Body="a" />\n', b'<row Id="2" Body="' + b"a" * ((18 << 20) - 150 + shift) + b'" />\n'
        end = b'<row Id="3" PostTypeId="1" Body="b" />\n</posts>\n'
        (tmp_path / "Posts.xml").write_bytes(b"<posts>\n" + b"".join(rows) + end)
        found = read("stackexchange", tmp_path / "Posts.xml", tmp_path)
        assert found.records["text"].to_list() == ["a", "b"]
        assert found.reasons() == {"Posts.xml:2": "longer than 16 MiB"}


def test_bombs_are_refused_before_they_fill_the_memory(tmp_path):
    zeros = zstandard.ZstdCompressor(level=3).compress(b"\n" * (300 << 20))
    (tmp_path / "bomb.zst").write_bytes(zeros)
    with pytest.raises(BadInput, match="expands more than 250 times"):
        read("reddit", tmp_path / "bomb.zst", tmp_path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/account.js", 'window.YTD.account.part0 = [ {"account": {"accountId": "12"}} ]')
        archive.writestr("data/tweets.js", "window.YTD.tweets.part0 = [" + " " * (80 << 20) + "]")
    (tmp_path / "bomb.zip").write_bytes(packed.getvalue())
    with pytest.raises(BadInput, match="expands more than 250 times"):
        read("x_archive", tmp_path / "bomb.zip", tmp_path)


def test_nothing_of_an_archive_is_ever_written(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(BadInput):
        read("x_archive", _path("x_archive/names_lead_out.zip"), scratch)
    assert not list(tmp_path.rglob("*evil*"))
    assert not list(scratch.iterdir())


def test_a_wholly_foreign_file_is_given_up_early(tmp_path):
    (tmp_path / "huge.ndjson").write_text("words\n" * 200_000)
    seen = []
    with pytest.raises(BadInput):
        seen.extend(plugins.load("source", "reddit").read(tmp_path / "huge.ndjson", ReadOptions(observed_at=OBSERVED, scratch=tmp_path)))
    assert seen == []
