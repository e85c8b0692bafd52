"""What a Stack Exchange dump says, row by row."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.errors import BadInput
from ownwords.sources import stackexchange
from sources.reading import GOLDEN, read

DUMP = GOLDEN / "stackexchange/input/bees.example.com"


def _post(tmp_path, attributes):
    (tmp_path / "site").mkdir(exist_ok=True)
    (tmp_path / "site/Posts.xml").write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<posts>\n  <row Id="1" {attributes} />\n</posts>')
    return read("stackexchange", tmp_path / "site", tmp_path).records.row(0, named=True)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('CreationDate="2011-04-07T23:59:59.999"', "CC-BY-SA-2.5"),
        ('CreationDate="2011-04-08T00:00:00.000"', "CC-BY-SA-3.0"),
        ('CreationDate="2018-05-01T23:59:59.999"', "CC-BY-SA-3.0"),
        ('CreationDate="2018-05-02T00:00:00.000"', "CC-BY-SA-4.0"),
        ('CreationDate="2011-04-07T00:00:00.000" ContentLicense="CC BY-SA 4.0"', "CC-BY-SA-4.0"),
        ('CreationDate="2019-04-07T00:00:00.000" ContentLicense="all mine"', "CC-BY-SA-4.0"),
        ("", None),
    ],
)
def test_the_licence_is_that_of_the_row_or_of_its_day(tmp_path, attributes, expected):
    assert _post(tmp_path, attributes)["terms"] == expected


@pytest.mark.parametrize("tags", ["&lt;bees&gt;&lt;honey-comb&gt;", "|bees|honey-comb|"])
def test_both_forms_of_tags_are_read(tmp_path, tags):
    assert json.loads(_post(tmp_path, f'Tags="{tags}"')["attributes"])["tags"] == ["bees", "honey-comb"]


def test_answers_and_comments_reply_and_questions_are_roots(tmp_path):
    records = read("stackexchange", DUMP, tmp_path).by_id()
    site = "stackexchange:bees.example.com/"
    question, answer, comment = (records[site + name] for name in ("post-1", "post-2", "comment-1"))
    assert (question["category"], question["reply_to"], question["conversation"]) == ("post", None, site + "post-1")
    assert (answer["category"], answer["reply_to"], answer["conversation"]) == ("reply", site + "post-1", site + "post-1")
    assert (comment["category"], comment["reply_to"], comment["conversation"]) == ("reply", site + "post-2", None)


def test_who_has_left_is_unknown_and_what_was_deleted_has_no_words(tmp_path):
    records = read("stackexchange", DUMP, tmp_path).by_id()
    assert records["stackexchange:bees.example.com/post-3"]["account_id"] is None
    deleted = records["stackexchange:bees.example.com/post-5"]
    assert (deleted["state"], deleted["text"]) == ("deleted", None)


def test_one_file_alone_belongs_to_the_site_of_its_folder(tmp_path):
    alone = read("stackexchange", DUMP / "Comments.xml", tmp_path)
    assert alone.records.equals(read("stackexchange", DUMP, tmp_path).records.tail(2))
    assert alone.accounts["account_id"].to_list() == ["stackexchange:bees.example.com/user-12"]


def test_a_folder_with_gzipped_files_gives_the_same(tmp_path):
    packed = tmp_path / "bees.example.com"
    packed.mkdir()
    for file in DUMP.iterdir():
        (packed / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    assert stackexchange.sniff(packed) == 1
    assert read("stackexchange", packed, tmp_path).records.equals(read("stackexchange", DUMP, tmp_path).records)
    (packed / "Posts.xml").write_bytes(b"<posts>\n</posts>")
    with pytest.raises(BadInput, match="twice"):
        read("stackexchange", packed, tmp_path)


def test_a_7z_says_how_to_go_on(tmp_path):
    (tmp_path / "dump.7z").write_bytes(b"7z\xbc\xaf\x27\x1c\x00\x04")
    with pytest.raises(BadInput) as caught:
        read("stackexchange", tmp_path / "dump.7z", tmp_path)
    assert "7z" in caught.value.next


def test_a_document_declaring_entities_reads_no_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("not to be read")
    (tmp_path / "Posts.xml").write_text(
        f'<!DOCTYPE posts [<!ENTITY s SYSTEM "{secret.as_uri()}">]>\n<posts>\n<row Id="1" Body="&s;" />\n</posts>'
    )
    with pytest.raises(BadInput, match="declares entities"):
        read("stackexchange", tmp_path / "Posts.xml", tmp_path)


@settings(deadline=None, max_examples=60)
@given(bodies=st.lists(st.text(alphabet=st.sampled_from("ab<>&\"'\n\t/ é😀\x00\x0b"), max_size=10), min_size=1, max_size=6))
def test_each_row_is_a_record_or_a_reject_whatever_its_body(tmp_path_factory, bodies):
    folder = tmp_path_factory.mktemp("any")
    rows = "".join(f'<row Id="{k}" PostTypeId="1" Body="{body}" />\n' for k, body in enumerate(bodies))
    (folder / "Posts.xml").write_text(f'<posts>\n<row Id="99" PostTypeId="1" Body="a" />\n{rows}</posts>\n', encoding="utf-8")
    found = read("stackexchange", folder / "Posts.xml", folder)
    assert found.n_rows == len(bodies) + 1
