"""Tables of any origin: mappings, spreadsheets' habits, and ids that stay whole."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.errors import BadInput
from ownwords.sources.jsonl.turn import _spelt
from sources.reading import read

ROWS = [
    {"id": "1", "author": "ann", "text": 'a, "b"\nc', "created_at": "2024-01-02T03:04:05+02:00", "reply_to": None},
    {"id": "9007199254740993", "author": "@bob", "text": "d", "created_at": "2024-01-02", "reply_to": "1"},
]


def _write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def _mapped(tmp_path, mapping, row=None, **options):
    path = _write(tmp_path / "rows.jsonl", json.dumps(row or {"nr": "1", "words": "a", "day": "02.01.2024 03:04"}) + "\n")
    return read("jsonl", path, tmp_path, mapping=_write(tmp_path / "m.toml", mapping), **options)


def test_every_form_of_a_table_gives_the_same_records(tmp_path):
    frame = pl.DataFrame(ROWS)
    jsonl = "".join(json.dumps(row) + "\n" for row in ROWS)
    _write(tmp_path / "a.jsonl", jsonl)
    frame.write_csv(tmp_path / "b.csv")
    frame.write_csv(tmp_path / "c.csv", separator=";", include_bom=True, line_terminator="\r\n")
    frame.write_csv(tmp_path / "d.tsv", separator="\t")
    frame.write_parquet(tmp_path / "e.parquet")
    (tmp_path / "f.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(jsonl.encode()))
    (tmp_path / "g.parquet.zst").write_bytes(zstandard.ZstdCompressor().compress((tmp_path / "e.parquet").read_bytes()))
    expected = read("jsonl", tmp_path / "a.jsonl", tmp_path)
    assert expected.records["record_id"].to_list() == ["local:1", "local:9007199254740993"]
    assert expected.records["category"].to_list() == ["post", "reply"]
    assert expected.records["created_at"].to_list() == [datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)]
    assert expected.accounts["handle"].to_list() == ["ann", "bob"]
    for path in sorted(tmp_path.iterdir()):
        if path.is_file() and path.name != "unpacked.parquet":
            assert read("jsonl", path, tmp_path).records.equals(expected.records), path.name


def test_full_ids_name_their_network(tmp_path):
    path = _write(
        tmp_path / "a.jsonl", '{"record_id": "x:1", "account_id": "x:2", "text": "a", "reply_to": "x:0", "mentions": ["x:3", "4"]}\n'
    )
    record = read("jsonl", path, tmp_path).records.row(0, named=True)
    assert [record[name] for name in ("network", "record_id", "reply_to", "mentions")] == ["x", "x:1", "x:0", ["x:3", "x:4"]]
    path = _write(tmp_path / "b.jsonl", '{"record_id": "x:1", "text": "a"}\n{"record_id": "1", "text": "a"}\n')
    assert read("jsonl", path, tmp_path).reasons() == {"line 2": "its record_id or account_id does not begin with a network"}


def test_private_rows_are_counted_unless_they_are_to_be_kept(tmp_path):
    rows = [{"text": "a", "visibility": "public"}, {"text": "b", "visibility": "direct"}, {"text": "c", "category": "message"}]
    path = _write(tmp_path / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    found = read("jsonl", path, tmp_path)
    assert (found.records["text"].to_list(), found.private) == (["a"], 2)
    kept = read("jsonl", path, tmp_path, keep_private=True)
    assert (kept.records["text"].to_list(), kept.private) == (["a", "b", "c"], 0)


def test_a_record_without_id_has_none(tmp_path):
    assert read("jsonl", _write(tmp_path / "a.jsonl", '{"text": "a"}\n'), tmp_path).records["record_id"].to_list() == [None]


@pytest.mark.parametrize(
    ("mapping", "line", "why"),
    [
        ('network = "n"\n\n[columns]\ntext = "words"\nid = "number"\n', 5, "has no column 'number'"),
        ('[columns]\ntext = "words"\nwriter = "nr"\n', 3, "'writer' is no column of ours"),
        ('[columns]\ntext = "words"\n[attributes]\nmood = "feeling.of"\n', 4, "has no column 'feeling.of'"),
        ('[columns]\ntext = "words"\n[constants]\nvisibility = "open"\n', 4, "visibility cannot be 'open'"),
        ('[columns]\ntext = "words"\n[constants]\ntext = "b"\n', 2, "both a column and a constant"),
        ('[columns]\ntext = "words"\n[time]\nform = "iso"\n', 4, "means nothing in [time]"),
        ('[columns]\ntext = "words"\n[colums]\nid = "nr"\n', 3, "'colums' means nothing here"),
        ('network = "My Forum"\n[columns]\ntext = "words"\n', 1, "a network's name"),
        ('[columns]\ntext = "words"\nid = "nr"\nrecord_id = "nr"\n', 4, "one must go"),
        ('[columns]\ntext = ["words"]\n', 2, "must be text"),
        ("columns = 3\n", 1, "is a table"),
    ],
)
def test_a_mapping_that_cannot_be_followed_is_refused_with_its_line(tmp_path, mapping, line, why):
    with pytest.raises(BadInput) as caught:
        _mapped(tmp_path, mapping)
    assert f"m.toml line {line}: " in caught.value.what
    assert why in caught.value.what


@pytest.mark.parametrize(("mapping", "why"), [("[columns\n", "m.toml is not TOML"), ('[columns]\nid = "nr"\n', "no column is the text")])
def test_a_mapping_that_is_none_is_refused(tmp_path, mapping, why):
    with pytest.raises(BadInput, match=why):
        _mapped(tmp_path, mapping)


@pytest.mark.parametrize(
    ("time", "value", "expected"),
    [
        ('format = "%d.%m.%Y %H:%M"', "02.01.2024 03:04", datetime(2024, 1, 2, 3, 4, tzinfo=UTC)),
        ('format = "%d.%m.%Y %H:%M"\nzone = "Asia/Jakarta"', "02.01.2024 07:04", datetime(2024, 1, 2, 0, 4, tzinfo=UTC)),
        ('zone = "Asia/Jakarta"', "2024-01-02 07:04", datetime(2024, 1, 2, 0, 4, tzinfo=UTC)),
        ('zone = "Asia/Jakarta"', "2024-01-02T07:04:00Z", datetime(2024, 1, 2, 7, 4, tzinfo=UTC)),
        ('zone = "Europe/Berlin"', "2024-03-31 02:30", None),  # an hour that was left out
        ('zone = "Europe/Berlin"', "2024-10-27 02:30", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),  # one that came twice
        ('format = "seconds"', 1704164645, datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ('format = "milliseconds"', 1704164645500, datetime(2024, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)),
        ('format = "%Y%m%d%H%M%z"', "202401020304+0200", datetime(2024, 1, 2, 1, 4, tzinfo=UTC)),
        ("", "0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
        ("", "0000-01-01", None),
        ("", "9999-12-31", None),  # made after it was seen
        ("", "last Tuesday", None),
        ("", "1704164645", None),  # a bare number is no date until the mapping says so
    ],
)
def test_instants_are_read_as_the_mapping_says(tmp_path, time, value, expected):
    found = _mapped(tmp_path, f'[columns]\ntext = "words"\ncreated_at = "day"\n[time]\n{time}\n', {"words": "a", "day": value})
    assert found.records["created_at"].to_list() == [expected]


def test_a_zone_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(BadInput, match="zone 'Mars/Olympus'"):
        _mapped(
            tmp_path, '[columns]\ntext = "words"\ncreated_at = "day"\n[time]\nzone = "Mars/Olympus"\n', {"words": "a", "day": "2024-01-01"}
        )


def test_a_path_reaches_into_objects(tmp_path):
    row = {"user": {"id": 9007199254740993, "at": {"name": "ann"}}, "words": "a"}
    found = _mapped(tmp_path, '[columns]\ntext = "words"\nauthor = "user.id"\nhandle = "user.at.name"\n', row)
    assert found.accounts.select("account_id", "handle").rows() == [("local:9007199254740993", "ann")]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_path_that_leads_nowhere_is_refused_with_its_line(tmp_path, form):
    path = tmp_path / f"rows.{form}"
    rows = pl.DataFrame({"words": ["a", "b"], "user": [{"id": "1"}, None]})
    rows.write_ndjson(path) if form == "jsonl" else rows.write_parquet(path)
    mapping = _write(tmp_path / "m.toml", '[columns]\ntext = "words"\nauthor = "user.idd"\n')
    with pytest.raises(BadInput) as caught:
        read("jsonl", path, tmp_path, mapping=mapping)
    assert caught.value.what == f"m.toml line 3: rows.{form} has no column 'user.idd'"


def test_a_path_that_some_rows_do_not_have_is_followed_in_the_others(tmp_path):
    rows = [
        {"words": "a", "user": {}},
        {"words": "b"},
        {"words": "c", "user": {"id": None}},
        {"words": "d", "user": {"id": "4", "on": ["n"]}},
    ]
    path = _write(tmp_path / "rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    mapping = _write(tmp_path / "m.toml", '[columns]\ntext = "words"\nauthor = "user.id"\nhandle = "user.on[0]"\n')
    found = read("jsonl", path, tmp_path, mapping=mapping)
    assert found.records["account_id"].to_list() == [None, None, None, "local:4"]
    assert found.accounts["handle"].drop_nulls().to_list() == ["n"]


def test_numbers_that_were_ids_are_refused_before_digits_are_lost(tmp_path):
    path = _write(tmp_path / "a.csv", "id,text\n1.79E+18,a\n1790000000000000001,b\n")
    found = read("jsonl", path, tmp_path)
    assert found.records["record_id"].to_list() == ["local:1790000000000000001"]
    assert found.reasons() == {"line 2": "its id was made a number by a spreadsheet"}


def test_parquet_instants_lists_and_numbers_become_text_first(tmp_path):
    frame = pl.DataFrame(
        {
            "id": [9007199254740993],
            "text": ["a"],
            "created_at": [datetime(2024, 1, 2, 3, 4, 5, 6)],
            "edited_at": pl.Series([datetime(2024, 1, 2, 3, tzinfo=UTC)]).dt.convert_time_zone("Asia/Jakarta"),
            "mentions": [["bob", "cy"]],
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    record = read("jsonl", tmp_path / "a.parquet", tmp_path).records.row(0, named=True)
    assert record["record_id"] == "local:9007199254740993"
    assert record["created_at"] == datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert record["edited_at"] == datetime(2024, 1, 2, 3, tzinfo=UTC)
    assert record["mentions"] == ["local:bob", "local:cy"]


_FIELD = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(_FIELD, _FIELD.map(lambda text: f"a{text}")), min_size=1, max_size=6))
def test_what_the_standard_library_writes_comes_back(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("any")
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(["language", "text"])
    writer.writerows(rows)
    (folder / "a.csv").write_bytes(out.getvalue().encode())
    found = read("jsonl", folder / "a.csv", folder)
    assert found.records["text"].to_list() == [text for _, text in rows]


@settings(deadline=None, max_examples=60)
@given(raw=st.binary(max_size=60))
def test_whatever_stands_below_the_header_is_a_record_or_a_reject(tmp_path_factory, raw):
    folder = tmp_path_factory.mktemp("any")
    (folder / "a.csv").write_bytes(b'id,text\n"1","a"\n' + raw)
    found = read("jsonl", folder / "a.csv", folder)
    n_lines = sum(bool(line.strip()) for line in raw.split(b"\n"))
    assert 1 <= found.n_rows <= n_lines + 1  # quoted line breaks join lines
    assert found.rejects["position"].is_unique().all()


@pytest.mark.parametrize("name", ["special_category", "Special Category", " special-category", "SPECIAL-CATEGORY "])
def test_a_signal_is_known_however_its_name_is_spelt(name):
    assert _spelt(name) == "special-category"


def test_their_words_become_ours_and_what_is_private_by_them_is_counted(tmp_path):
    rows = [{"b": str(n), "seen": word} for n, word in enumerate(["everyone", " dm ", "public", "friends", None, "Dm"])]
    path = _write(tmp_path / "rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    mapping = '[columns]\ntext = "b"\nvisibility = "seen"\n[values.visibility]\neveryone = "public"\ndm = "direct"\nfriends = "followers"\n'
    found = read("jsonl", path, tmp_path, mapping=_write(tmp_path / "m.toml", mapping))
    assert found.records.select("text", "visibility").rows() == [("0", "public"), ("2", "public"), ("3", "followers"), ("4", "unknown")]
    assert (found.private, found.rejects["reason"].to_list()) == (1, ["its visibility is none of ours"])


@pytest.mark.parametrize(
    ("values", "line", "why"),
    [
        ('[values.visibility]\ndm = "secret"\n', 5, "visibility cannot be 'secret'"),
        ('[values.text]\na = "b"\n', 4, "the values of 'text' cannot be told"),
        ('[values.state]\ngone = "deleted"\n', 4, "the values of 'state' cannot be told"),
        ("[values.visibility]\ndm = []\n", 5, "'dm' in"),
    ],
)
def test_words_that_are_none_of_ours_are_refused_with_their_line(tmp_path, values, line, why):
    with pytest.raises(BadInput, match=rf"m.toml line {line}: {why}"):
        _mapped(tmp_path, '[columns]\ntext = "words"\nvisibility = "day"\n' + values)
