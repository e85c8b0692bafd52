"""What is not worth learning from in short texts: no words, figures alone, the same word again and again, heaps of tags."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core.step import DROP, Stage
from ownwords.datasets import _letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ownwords.core.step import Param
    from ownwords.datasets._letters import Block

#: min_words       fewer own words and emoji: `too short`; in scripts without spaces each letter is a word
#: min_letters     fewer letters in them: `too short`
#: letter_share    letters among all characters, 0 to 1; less: `few letters`
#: repeat_words    from so many words on, `distinct_share` counts
#: distinct_share  different words among all, 0 to 1; less: `same words`
#: tags            from so many hashtags on, `tag_share` counts
#: tag_share       hashtags among all words, 0 to 1; as much: `mostly hashtags`
#: marks           from so many names, addresses and links on, `mark_share` counts
#: mark_share      those among all words, 0 to 1; as much: `mostly names and links`
#: mark_words      with so many own words it is not: an answer may begin with fifty names
#: short_answers   answers of up to 40 characters stay if they hold a word, a figure, an emoji or `:)`; for dialogues
PARAMS: Mapping[str, Param] = {
    "min_words": 2,
    "min_letters": 2,
    "letter_share": 0.15,
    "repeat_words": 8,
    "distinct_share": 0.25,
    "tags": 4,
    "tag_share": 0.75,
    "marks": 4,
    "mark_share": 0.8,
    "mark_words": 6,
    "short_answers": False,
}

#: Why a row goes; of several reasons the first is told.
REASONS = (
    *("no own words", "only symbols", "figures only", "one character", "same words", "mostly hashtags", "mostly names and links"),
    *("few letters", "too short"),
)
_ONLY_MARKS, _SYMBOLS, _FIGURES, _ONE_CHARACTER, _SAME_WORDS, _TAGS, _MARKS, _FEW_LETTERS, _SHORT = range(len(REASONS))
_FINE = -1
#: Added to the reason of a text that can pass as a short answer.
_ANSWER = 64
_ANSWER_CHARS = 40
#: An emoticon: so many characters at most, one of them eyes.
_FACE_CHARS, _EYES = 5, [ord(sign) for sign in ":;=<^"]
#: Of so many letters or more, such a share the same: `one character`.
_SAME_LETTERS, _SAME_SHARE = 10, 0.8
_HIGH_BIT = np.uint64(1 << 32) << np.arange(32, dtype=np.uint64)
#: More different words than this are never `same words`, however long the text.
_MANY_WORDS = 50
#: Counts of one text in one number, 21 bits each: own words, hashtags, marks. What a word adds, by what it is.
_LANE, _LANE_MASK = np.uint64(21), np.uint64((1 << 21) - 1)
_MARK, _REST = 2, 3
_PACKED = np.array([1, 1 | 1 << 21, 1 << 42, 0], np.uint64)


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """Rows with `text` and `reply_to` in and out; what fails a rule is dropped with one of `REASONS`.

    Marks such as `[user]` and `[url]` are nobody's words; `[code]` beside a word counts as one. Each row is judged by itself.
    """
    return (Stage(None, lambda rows: _judged(rows, params)),)


def _judged(rows: pl.LazyFrame, params: Mapping[str, Param]) -> pl.LazyFrame:
    limits = {name: float(limit) for name, limit in params.items()}
    verdict = pl.col("text").map_batches(
        lambda texts: pl.Series(texts.name, _letters.each_block(texts, lambda block: _of_block(block, limits)), dtype=pl.Int8),
        return_dtype=pl.Int8,
        is_elementwise=True,
    )
    rows = rows.with_columns(verdict.alias(DROP))
    reason = pl.col(DROP)
    if params["short_answers"]:
        reason = pl.when(pl.col("reply_to").is_null() | (reason < _ANSWER)).then(reason)
    return rows.with_columns(reason.map_batches(_named, return_dtype=pl.String, is_elementwise=True).alias(DROP))


def _named(verdicts: pl.Series) -> pl.Series:
    """The reasons' names. By places in a list: `replace_strict` in a query would hold all rows in memory."""
    names = [None, *REASONS, *[None] * (_ANSWER - len(REASONS)), *REASONS]
    return pl.Series(verdicts.name, names, dtype=pl.String).gather(verdicts.cast(pl.Int64) + 1)


def _of_block(block: Block, limits: Mapping[str, float]) -> NDArray[np.int8]:
    """Place of each text's reason in REASONS, -1 where it is fine; with `_ANSWER` added if it can pass as a short answer."""
    kind = None if block.codes.dtype == np.uint8 else _letters.kinds()[_letters.within(block.codes)]
    marks, rests = _marks(block)
    n_own, n_tags, n_marks = _counts(block, marks, rests)
    lengths = block.ends - block.starts
    n_chars = np.diff(block.begins) - 1
    if len(marks):
        n_chars -= np.bincount(_texts_of(marks, block), weights=lengths[marks] + 2, minlength=len(n_chars)).astype(np.int64)
        lengths[marks] = 0
        lengths[rests] = 0
    lengths[_figures(block, kind)] = 0
    n_letters = block.total(lengths)
    n_pictures = np.zeros_like(n_own) if kind is None else _within_texts(np.flatnonzero(kind == _letters.PICTURE), block.begins)
    n_said = n_own + n_pictures + _codes(block, marks, n_own)
    n_words = n_own + n_marks
    is_repeated, is_one = _repeated(block, np.append(marks, rests), n_own, n_letters, limits)
    holds = {
        _ONLY_MARKS: (n_own + n_pictures == 0) & (n_marks > 0),
        _SYMBOLS: (n_own + n_pictures == 0) & (n_marks == 0),
        _FIGURES: (n_letters + n_pictures == 0) & (n_own > 0),
        _ONE_CHARACTER: is_one,
        _SAME_WORDS: is_repeated,
        _TAGS: (n_tags >= limits["tags"]) & (n_tags >= limits["tag_share"] * n_words),
        _MARKS: (n_marks >= limits["marks"]) & (n_marks >= limits["mark_share"] * (n_words + n_pictures)) & (n_own < limits["mark_words"]),
        _FEW_LETTERS: n_letters + n_pictures < limits["letter_share"] * n_chars,
        _SHORT: (n_said < limits["min_words"]) | (n_letters + n_pictures < limits["min_letters"]),
    }
    verdict = np.full(len(n_own), _FINE, np.int8)
    for reason in reversed(range(len(REASONS))):
        verdict[holds[reason]] = reason
    passes = (verdict != _FINE) & (n_own + n_pictures > 0) & (n_chars <= _ANSWER_CHARS)
    passes[_faces(block, np.flatnonzero((verdict == _SYMBOLS) & (n_chars <= _FACE_CHARS)))] = True
    verdict[passes] += np.int8(_ANSWER)
    return verdict


def _marks(block: Block) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the words that are marks, `user` in `[user]` and in `[user_7]`; and of their numbers."""
    opened = np.flatnonzero(block.codes.take(block.starts - 1) == ord("["))
    if not len(opened):
        return opened, opened
    after = block.codes[block.ends[opened]]
    ends = [block.codes[place[opened]] for place in (block.starts, block.ends - 1)]
    is_named = np.logical_and.reduce([(end >= ord("a")) & (end <= ord("z")) for end in ends])
    numbered = opened[is_named & (after == ord("_"))] + 1
    numbered = numbered[numbered < len(block.starts)]
    is_rest = (block.starts[numbered] == block.ends[numbered - 1] + 1) & (block.codes[block.ends[numbered]] == ord("]"))
    rests = numbered[is_rest]
    return np.concatenate([opened[is_named & (after == ord("]"))], rests - 1]), rests


def _counts(block: Block, marks: NDArray[np.int64], rests: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """How many words of each text are its own, hashtags (which are its own, too) and marks."""
    flags = (block.codes.take(block.starts - 1) == ord("#")).view(np.uint8)
    if len(marks):
        flags[marks] = _MARK
        flags[rests] = _REST
    totals = block.total(_PACKED.take(flags))
    return [((totals >> (_LANE * np.uint64(place))) & _LANE_MASK).astype(np.int64) for place in range(3)]


def _figures(block: Block, kind: NDArray[np.uint8] | None) -> NDArray[np.int64]:
    """Places of the words that begin and end with a figure."""
    places: NDArray[np.int64]
    if kind is not None:
        places = np.flatnonzero(kind.take(block.starts) == _letters.FIGURE)
        places = places[kind[block.ends[places] - 1] == _letters.FIGURE]
    else:
        places = np.flatnonzero(block.codes.take(block.starts) <= ord("9"))
        places = places[block.codes[block.ends[places] - 1] <= ord("9")]
    return places


def _within_texts(places: NDArray[np.int64], begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of these places, in order, lie in each text."""
    return np.diff(np.searchsorted(places, begins))


def _texts_of(words: NDArray[np.int64], block: Block) -> NDArray[np.int64]:
    return np.searchsorted(block.offsets, words, side="right") - 1


def _codes(block: Block, marks: NDArray[np.int64], n_own: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 where a text holds `[code]` and a word of its own."""
    has_code = np.zeros(len(n_own), bool)
    has_code[_texts_of(marks[block.hashes[marks] == _code_hash()], block)] = True
    return (has_code & (n_own > 0)).astype(np.int64)


@cache
def _code_hash() -> np.uint64:
    return np.uint64(_letters.hashes_of(["code"])[0])


def _faces(block: Block, texts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of some short texts without a word that are an emoticon like `:(`."""
    place, signs = _inside(block.begins[texts], block.begins[texts + 1] - 1)
    return texts[np.unique(place[np.isin(block.codes[signs], _EYES)])]


def _repeated(
    block: Block, others: NDArray[np.int64], n_own: NDArray[np.int64], n_letters: NDArray[np.int64], limits: Mapping[str, float]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which texts say the same words again and again, and which are one letter over and over; `others` are places of nobody's words.

    A bit for each word and one for its first letter, of 32 each, tell nearly all texts from those; the rest is counted out.
    """
    bits = np.zeros(len(block.starts) + 1, np.uint64)
    bits[:-1] = np.uint64(1) << (block.hashes >> np.uint64(59))
    bits[:-1] |= _HIGH_BIT.take(block.codes.take(block.starts) & 31)
    bits[others] = 0
    seen = np.bitwise_or.reduceat(bits, block.offsets[:-1])
    n_seen = np.bitwise_count(seen & np.uint64((1 << 32) - 1))
    one_first = np.bitwise_count(seen >> np.uint64(32)) == 1
    share = limits["distinct_share"]
    maybe_same = (n_own >= limits["repeat_words"]) & (n_seen < np.maximum(share * n_own, 1.5))
    maybe_one = one_first & (n_letters >= _SAME_LETTERS)
    if (maybe_same | maybe_one).any():
        texts = np.flatnonzero(maybe_same | maybe_one)
        place, words = _inside(block.offsets[texts], block.offsets[texts + 1])
        is_own = bits[words] > 0
        of_text, words = texts[place[is_own]], words[is_own]
        n_distinct = np.bincount(_counted(of_text, block.hashes[words])[0], minlength=len(n_own))
        maybe_same &= (n_distinct <= _MANY_WORDS) & ((n_distinct < share * n_own) | (n_distinct == 1))
        place, letters = _inside(block.starts[words], block.ends[words])
        one, times = _counted(of_text[place], block.codes[letters])
        most = np.zeros(len(n_own), np.int64)
        np.maximum.at(most, one, times)
        maybe_one &= most >= _SAME_SHARE * n_letters
    return maybe_same, maybe_one


def _inside(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All places from `begins` to before `ends`, span after span; and which span each is in."""
    lengths = ends - begins
    shift = np.repeat(begins - np.append(0, np.cumsum(lengths)[:-1]), lengths)
    return np.repeat(np.arange(len(begins)), lengths), np.arange(len(shift)) + shift


def _counted(rows: NDArray[np.int64], values: NDArray[np.unsignedinteger]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each different value of each row: its row, and how often it is there."""
    order = np.lexsort((values, rows))
    rows, values = rows[order], values[order]
    begins = np.flatnonzero(np.append(True, (rows[1:] != rows[:-1]) | (values[1:] != values[:-1])))
    return rows[begins], np.diff(np.append(begins, len(rows)))
