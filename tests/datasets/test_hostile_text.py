"""Text that was written to hurt: it costs no more than its length, and never an error."""

from __future__ import annotations

import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.datasets import clean, pii
from posts import records

PIECES = {
    "letters": "a",
    "digits": "1",
    "ats": "@",
    "handles": "@a",
    "addresses": "a@a.",
    "opened tags": "<p ",
    "opened quotes": "<blockquote>",
    "opened code": "<pre>",
    "fences": "``` ",
    "comments": "<!-- ",
    "links": "http://",
    "brackets": "(((",
    "marks": "z\u0335\u0336\u0337",
    "colons": "f:",
    "dots": "1.",
    "greater": "\n> ",
    "forgotten": "[forgotten]",
    "entities": "&amp;amp;",
    "hidden": "\u200b",
    "spaces": " \n",
    "phones": "0812 ",
    "spelled": "a at ",
    "bracketed": "a [at] b [dot] ",
    "dots spoken": "at a dot ",
    "accounts": "DE89 3704 ",
    "tokens": "?token=",
    "logins": "http://a:b",
    "addresses of machines": "2001:db8::",
    "figures": "12-34-",
    "calls": "call me on ",
    "full width": "１＠ａ．",
    "figures of others": "٠١٢٣٤٥٦٧٨ ",
    "marks of ours": "[user] at ",
}


#: Characters of a text that is short enough for any rule.
SHORT = 40_000


def through(text: str | None, *, max_chars: int = 10_000_000) -> pl.DataFrame:
    rows = records([{"text": text}]).lazy()
    for step in (clean, pii):
        for stage in step.stages({**step.PARAMS, **({"max_chars": max_chars} if step is clean else {})}):
            rows = stage.run(rows)
    return rows.collect()


def seconds(text: str) -> float:
    began = time.process_time()
    through(text)
    return time.process_time() - began


@pytest.mark.parametrize("name", PIECES)
def test_thirty_two_times_the_text_costs_no_more_than_some_thirty_two_times_the_work(name):
    """A rule whose work is the square of the length costs 1024 times as much; the half of it may be what does not grow, or chance."""
    piece = PIECES[name]
    small, large = piece * (SHORT // len(piece)), piece * (32 * SHORT // len(piece))
    short, long = min(seconds(small) for _ in range(3)), min(seconds(large) for _ in range(2))
    assert long < 64 * short


def test_a_word_of_a_million_letters_is_too_long_by_default():
    assert through("w" * 1_000_000, max_chars=100_000)["drop"].to_list() == ["too long"]


@settings(max_examples=150, deadline=None)
@given(
    st.text(
        alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("@<>&[]():/.0123456789 \n`\u0301\u202e\x00\x01\x02")),
        max_size=80,
    )
)
def test_any_text_comes_out_as_tidy_text_or_is_dropped(text):
    out = through(text).row(0, named=True)
    if out["drop"] is not None and out["text"] is None:
        return
    assert not set(out["text"]) & {"\x00", "\x01", "\x02", "\u200b", "\u202e", "\r", "\t"}
    assert out["text"] == out["text"].strip()
    assert out["drop"] in (None, "no text", "repost")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab<>/pre code&lt;#39@x.\n`[]u", max_size=60))
def test_cleaning_what_is_clean_changes_no_words(text):
    once = through(text).row(0, named=True)
    if once["drop"] is None and not set("<>&`") & set(once["text"]):
        again = through(once["text"]).row(0, named=True)
        assert again["text"].replace("\n", " ").split() == once["text"].replace("\n", " ").split()
