"""What cleaning hands on: the columns later steps need, the score that a network gave, and text without markup."""

from __future__ import annotations

import sys
import unicodedata

import polars as pl
import pytest

from ownwords.datasets import clean
from posts import records


def cleaned(rows: list[dict], **params: object) -> pl.DataFrame:
    return clean.stages({**clean.PARAMS, **params})[0].run(records(rows).lazy()).collect()


@pytest.mark.parametrize(
    ("attributes", "score"),
    [
        ('{"score":5}', 5),
        ('{"kind":"comment", "score": -3}', -3),
        ('{"score":null}', None),
        ('{"inner":{"score":4}}', None),
        ('{"title":"my \\"score\\": 9"}', None),
        ('{"upvotes":4}', None),
        (None, None),
    ],
)
def test_the_score_is_the_one_the_network_told(attributes, score):
    out = cleaned([{"text": "some words", "attributes": attributes}])
    assert out.schema["score"] == pl.Int64
    assert out["score"].to_list() == [score]


def test_later_steps_get_the_columns_they_were_promised():
    out = cleaned([{"text": "some words", "network": "x", "terms": "own-export", "language": "id", "reply_to": "x:1"}])
    assert out.columns == [*clean.KEPT, "drop"]
    assert out.row(0, named=True)["network"] == "x"
    assert out.row(0, named=True)["terms"] == "own-export"


def test_a_post_of_nothing_but_names_is_left_to_the_quality_step():
    assert cleaned([{"text": "@sari_99"}, {"text": " "}])["drop"].to_list() == [None, "no text"]


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("[see https://a.example/x here](https://a.example/x)", "see [url] here [url]"),
        ("[https://a.example/x](https://a.example/x) and", "[url] [url] and"),
        ("[text [forgotten] more](http://a.b)", "text [forgotten] more [url]"),
        ("so[text](http://a.b)", "so text [url]"),
        ("[not a link] (http://a.b)", "[not a link] ([url])"),
    ],
)
def test_a_link_in_markdown_is_its_words_and_a_mark_whatever_stands_in_them(raw, tidy):
    assert clean.plain(pl.Series([raw])).item() == tidy


def test_an_address_in_entities_is_written_out():
    assert clean.plain(pl.Series(["ana&#64;mail&period;example", "ana&commat;mail&#46;example"])).to_list() == ["ana@mail.example"] * 2


def test_what_cannot_be_seen_goes_and_parts_no_word_but_a_name():
    texts = ["soft\u00adhyphen", "0812\u200b3456", "ana@mail\u200b.example", "@sari_99\u200bx", "x<b>@sari_99</b>", "a<b>b</b>c"]
    tidy = ["softhyphen", "08123456", "ana@mail.example", "@sari_99 x", "x @sari_99", "abc"]
    assert clean.plain(pl.Series(texts)).to_list() == tidy


def test_what_is_not_composed_is_looked_for_wherever_it_may_be():
    """Characters that the short cut passes over are NFC by themselves, and change nothing that stands before them."""
    every = pl.Series([chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000])
    passed = every.filter(~every.str.contains(clean._NOT_COMPOSED)).to_list()
    assert len(passed) > 2000
    befores = ["", "a", "e", "o", "K", "\u1100", "\u0915", "\u0627", "<", "="]
    wrong = [letter for letter in passed if any(not unicodedata.is_normalized("NFC", before + letter) for before in befores)]
    assert [hex(ord(letter)) for letter in wrong] == []
    assert [hex(ord(letter)) for letter in passed if unicodedata.combining(letter)] == []
    assert clean.plain(pl.Series(["e\u0301te\u0301 \U0001f600", "\u1112\u1161\u11ab"])).to_list() == ["\xe9t\xe9 \U0001f600", "\ud55c"]
