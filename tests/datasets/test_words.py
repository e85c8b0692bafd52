"""The words of a batch: the same runs of letters and digits as read one by one, whatever the blocks and the scripts."""

from __future__ import annotations

import tracemalloc

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.datasets import _words
from ownwords.datasets._texts import touched
from ownwords.datasets._words import Words, folded, hash_of, slices


def plain(text: str) -> list[str]:
    """Words of a folded text, letter by letter."""
    return "".join(c if (c.isascii() and c.isalnum()) or not c.isascii() else " " for c in text).split(" ")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("ab1 .#[]"), max_size=40), max_size=12), st.integers(1, 200)
)
def test_words_are_those_of_one_text_at_a_time(texts, block):
    series = folded(pl.Series("text", texts, pl.String))
    before, _words._BLOCK = _words._BLOCK, block
    try:
        words = Words.of(series)
    finally:
        _words._BLOCK = before
    expected = [[word for word in plain(text) if word] for text in series]
    assert words.counts.tolist() == [len(row) for row in expected]
    assert words.hashes.tolist() == [hash_of(word) for row in expected for word in row]
    assert words.first.tolist() == [word.encode()[0] for row in expected for word in row]


def test_width_case_and_marks_make_no_other_words():
    one, other = folded(pl.Series(["[user] ＨＥＬＬＯ Straße [phone_17]", " hello  straße"]))
    assert one.split() == other.split() == ["hello", "straße"]


def test_scripts_without_spaces_count_letters():
    words = Words.of(folded(pl.Series(["ありがとう ok", "你好，世界", "สวัสดี"])))
    assert words.counts.tolist()[:2] == [6, 4]


@pytest.mark.parametrize("texts", [[], [None], ["", None, ""], ["!?…"]])
def test_nothing_has_no_words(texts):
    assert len(Words.of(folded(pl.Series(texts, dtype=pl.String))).hashes) == 0


def test_hostile_words_take_linear_room():
    words = Words.of(folded(pl.Series(["x" * 1_000_000, "z" + "\u0301" * 100_000, "a\x00b", "\u202eabc", "👩‍👩‍👧"])))
    assert words.counts.tolist() == [1, 1, 2, 1, 0]


def test_touched_changes_the_chosen_alone_and_keeps_the_order():
    texts = pl.Series("t", ["a", "b", None, "c"])
    assert touched(texts, texts == "b", lambda some: some + "!").to_list() == ["a", "b!", None, "c"]
    assert touched(texts, texts == "z", lambda some: some + "!").to_list() == texts.to_list()


def test_one_very_long_text_leaves_nothing_behind_in_memory():
    texts = pl.Series(["long " * 600_000])
    tracemalloc.start()
    words = Words.of(texts)
    assert words.counts.tolist() == [600_000]
    del words
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert left < 8 * len(texts[0])


def test_parts_hold_so_many_bytes_or_so_many_texts():
    for texts in (["x" * 100_000] * 200, [None] * 50_000, ["", "y" * 9_000_000, ""]):
        parts = slices(pl.Series("text", texts, pl.String))
        assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
        assert (parts[0].start, parts[-1].stop) == (0, len(texts))
        sizes = [sum(len(text or "") for text in texts[part]) for part in parts if part.stop - part.start > 2]
        assert max(sizes, default=0) <= 4_300_000
        assert max(part.stop - part.start for part in parts) <= 16_385
