"""The language of what has none declared, told from its words, letters and scripts; other languages can be left out."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core.errors import Usage
from ownwords.core.step import DROP, Stage
from ownwords.datasets import _letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ownwords.core.step import Param
    from ownwords.datasets._letters import Block

#: trust          declared: what the source says stands, the rest is told; detected: what is told stands, the source fills the rest
#: keep           languages parted by commas, `en,id`: rows in another are dropped; "" = all stay
#: keep_unknown   with `keep`: rows whose language nobody can tell stay
PARAMS: Mapping[str, Param] = {"trust": "declared", "keep": "", "keep_unknown": True}

_TABLE = Path(__file__).with_name("words.toml")
#: Codes that say nothing, and old ones for languages that have another now.
_NO_LANGUAGE = ("und", "zxx", "mul", "mis", "art")
_RENAMED = {"in": "id", "iw": "he", "ji": "yi", "fil": "tl", "nb": "no", "nn": "no", "msa": "ms", "ind": "id", "eng": "en"}
#: First and last code point of each script and the language that alone is told from it; None = words decide.
_SCRIPTS: tuple[tuple[str, str | None, tuple[tuple[int, int], ...]], ...] = (
    ("Latin", None, ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))),
    ("Cyrillic", None, ((0x400, 0x52F),)),
    ("Arabic", None, ((0x620, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC))),
    ("Han", "zh", ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))),
    ("Kana", "ja", ((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9D))),
    ("Hangul", "ko", ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3))),
    ("Devanagari", "hi", ((0x900, 0x97F),)),
    ("Tamil", "ta", ((0xB80, 0xBFF),)),
    ("Thai", "th", ((0xE00, 0xE7F),)),
    ("Greek", "el", ((0x370, 0x3FF), (0x1F00, 0x1FFF))),
    ("Hebrew", "he", ((0x590, 0x5FF), (0xFB1D, 0xFB4F))),
    ("Bengali", "bn", ((0x980, 0x9FF),)),
    ("Gurmukhi", "pa", ((0xA00, 0xA7F),)),
    ("Gujarati", "gu", ((0xA80, 0xAFF),)),
    ("Telugu", "te", ((0xC00, 0xC7F),)),
    ("Kannada", "kn", ((0xC80, 0xCFF),)),
    ("Malayalam", "ml", ((0xD00, 0xD7F),)),
    ("Sinhala", "si", ((0xD80, 0xDFF),)),
    ("Lao", "lo", ((0xE80, 0xEFF),)),
    ("Myanmar", "my", ((0x1000, 0x109F),)),
    ("Georgian", "ka", ((0x10A0, 0x10FF),)),
    ("Ethiopic", "am", ((0x1200, 0x137F),)),
    ("Khmer", "km", ((0x1780, 0x17FF),)),
    ("Armenian", "hy", ((0x530, 0x58F),)),
)
_NAMES = [name for name, _, _ in _SCRIPTS]
_LATIN, _CYRILLIC, _ARABIC, _HAN, _KANA = (1 + _NAMES.index(name) for name in ("Latin", "Cyrillic", "Arabic", "Han", "Kana"))
#: What words decide, by script.
_BY_WORDS = {_CYRILLIC: ("ru", "uk", "bg"), _ARABIC: ("ar", "fa", "ur")}
#: Letters of Latin that say as much as one letter of a denser script.
_DENSE = {_HAN: 3, _KANA: 2}
#: Points of a listed word, of a letter that few languages write, and of an Indonesian word that its neighbours share: a text of
#: such words alone is called Indonesian.
_WORD, _LETTER, _NEIGHBOURLY = 8, 3, 9
_NEIGHBOURS = ("ms", "jv", "su")
#: One word in so many must be listed, and one in so many of the listed must be the language's, or nothing is told.
_AT_LEAST_ONE_IN, _AGREED = 8, 2
#: Listed words of one text, and letters, that are looked at: their points fit in 8 bits.
_LOOKED_AT_WORDS, _LOOKED_AT_LETTERS = 28, 85
_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Lists:
    """The listed words of L languages as tables to look up in; W words and W + 1 rows, the first for what is not listed.

    languages   L codes, then those that scripts alone tell
    slots       uint16[2**16]: row of the word whose hash begins so; if it is another word's, the next slot, until one is 0
    keys        uint64[W + 1]: hashes
    points      uint64[W + 1, L / 8]: 8 bits for each language
    latin       the columns of `points` for what is written in plain Latin letters, which come first
    letters     uint8[code points]: row of `marks`, 0 for letters that all write
    marks       uint64[M, L / 8]
    allowed     bool[scripts + 1, L]: languages that a text in a script can be in
    alone       int16[scripts + 1]: the language of a script that has but one, else -1
    scripts     uint8[code points]: 1 + place in `_SCRIPTS`, 0 for what is no letter of these
    """

    languages: tuple[str, ...]
    slots: NDArray[np.uint16]
    keys: NDArray[np.uint64]
    points: NDArray[np.uint64]
    latin: NDArray[np.uint64]
    letters: NDArray[np.uint8]
    marks: NDArray[np.uint64]
    allowed: NDArray[np.bool_]
    alone: NDArray[np.int16]
    scripts: NDArray[np.uint8]


def _codes(keep: str) -> list[str]:
    """The languages in `keep`.

    raises   Usage for what is no code of a language
    """
    codes = [code.strip().lower() for code in keep.split(",") if code.strip()]
    if wrong := [code for code in codes if not (code.isascii() and code.isalpha() and len(code) in (2, 3))]:
        raise Usage(f"language: keep names {wrong[0]!r}, which is no code of a language", "write codes parted by commas: en,id")
    return codes


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """Rows with `text` and `language` in and out: `language` is BCP 47, null where neither the source nor the words say.

    Dropped with `keep`: `other language`, and `language unknown` unless `keep_unknown`. A language is kept with all its regions.
    Malay, Javanese and Sundanese are told from Indonesian by words that Indonesian has not; without one the text is called Indonesian.

    raises   Usage for another `trust`, or a `keep` that names no languages
    """
    _codes(str(params["keep"]))
    if params["trust"] not in ("declared", "detected"):
        raise Usage(f"trust is {params['trust']!r}; it can be `declared` or `detected`", "choose one of the two")
    return (Stage(None, lambda rows: _told(rows, params)),)


def detected(texts: pl.Series) -> pl.Series:
    """BCP 47 language of each text, null where it cannot be told; the text of each row alone decides.

    texts   string[R]; null = not asked
    """
    languages = pl.Series(lists().languages, dtype=pl.String)
    asked = texts.is_not_null().arg_true()
    if not len(asked):
        return pl.Series(texts.name, [None] * len(texts), dtype=pl.String)
    if len(asked) == len(texts):
        places = pl.Series(_letters.each_block(texts, _of_block))
    else:
        whole = np.full(len(texts), _UNKNOWN, np.int16)
        whole[asked.to_numpy()] = _letters.each_block(texts.gather(asked), _of_block)
        places = pl.Series(whole)
    return languages.gather(places.replace(_UNKNOWN, None)).rename(texts.name)


def _told(rows: pl.LazyFrame, params: Mapping[str, Param]) -> pl.LazyFrame:
    declared = _declared(pl.col("language"))
    rows = rows.with_columns(declared.alias("language"))
    if params["trust"] == "declared":
        asked = pl.when(pl.col("language").is_null()).then("text")
        language = pl.coalesce("language", asked.map_batches(detected, return_dtype=pl.String, is_elementwise=True))
    else:
        language = pl.coalesce(pl.col("text").map_batches(detected, return_dtype=pl.String, is_elementwise=True), "language")
    rows = rows.with_columns(language.alias("language"))
    kept = _codes(str(params["keep"]))
    if not kept:
        return rows
    main = pl.col("language").str.to_lowercase().str.extract("^([a-z]+)")
    other = pl.when(~main.is_in([_RENAMED.get(code, code) for code in kept])).then(pl.lit("other language"))
    unknown = None if params["keep_unknown"] else "language unknown"
    return rows.with_columns(pl.when(main.is_null()).then(pl.lit(unknown, dtype=pl.String)).otherwise(other).alias(DROP))


def _declared(language: pl.Expr) -> pl.Expr:
    """What the source says, null where that is nothing."""
    return language.map_batches(_tidied, return_dtype=pl.String, is_elementwise=True)


def _tidied(languages: pl.Series) -> pl.Series:
    """Each different code is looked at once; in a query, `replace` would hold all rows in memory."""
    found = languages.cast(pl.String).unique().drop_nulls().to_frame("code")
    if found.is_empty():
        return languages.cast(pl.String)
    main, rest = pl.col("code").str.extract("^([A-Za-z]+)").str.to_lowercase(), pl.col("code").str.extract("^[A-Za-z]+(-.*)?$")
    named = pl.when(~main.is_in(_NO_LANGUAGE)).then(main.replace(_RENAMED))
    told = found.select("code", pl.concat_str(named, rest.fill_null("")).alias("told"))
    return languages.cast(pl.String).replace_strict(told["code"], told["told"], default=None, return_dtype=pl.String)


def _of_block(block: Block) -> NDArray[np.int16]:
    """Place of each text's language in `Lists.languages`, or -1."""
    table = lists()
    is_wide = block.codes.dtype != np.uint8
    points, n_listed = _word_points(block, table, table.points if is_wide else table.latin)
    scores: NDArray[np.unsignedinteger] = points.view(np.uint8)
    if is_wide:
        script = _script(block, table)
        scores = (scores.astype(np.uint16) + _letter_points(block, table).view(np.uint8)) * table.allowed[script]
    best = scores.argmax(axis=1)
    index = np.arange(len(best))
    most = scores[index, best].astype(np.int64)
    scores[index, best] = 0
    is_one = (most > scores.max(axis=1)) & (most >= _WORD)
    is_dense = n_listed * _AT_LEAST_ONE_IN >= np.diff(block.offsets)
    is_agreed = most * _AGREED >= _WORD * np.minimum(n_listed, _LOOKED_AT_WORDS)
    language = np.where(is_one & is_dense & is_agreed, best, _UNKNOWN).astype(np.int16)
    if is_wide:
        language = np.where(table.alone[script] >= 0, table.alone[script], language)
    return language


def _word_points(block: Block, table: Lists, points: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """What the listed words of each text say, uint64[R, L / 8], and how many they are; `phone` in `[phone]` is nobody's word."""
    entry = _entries(block.hashes, table)
    opened = np.flatnonzero(block.codes == ord("[")) + 1
    if len(opened) and len(entry):
        marked = np.minimum(np.searchsorted(block.starts, opened), len(entry) - 1)
        entry[marked[block.starts[marked] == opened]] = 0
    return _summed(points, entry, block.offsets, _LOOKED_AT_WORDS)


def _entries(hashes: NDArray[np.uint64], table: Lists) -> NDArray[np.uint16]:
    """Row of each word in the tables, 0 where it is not listed."""
    slot = (hashes >> np.uint64(48)).view(np.int64)
    entry = table.slots.take(slot)
    left = np.flatnonzero((entry > 0) & (table.keys.take(entry) != hashes))
    while len(left):
        slot[left] = (slot[left] + 1) % len(table.slots)
        entry[left] = table.slots[slot[left]]
        left = left[(entry[left] > 0) & (table.keys[entry[left]] != hashes[left])]
    return entry


def _letter_points(block: Block, table: Lists) -> NDArray[np.uint64]:
    """uint64[R, L / 8]: what the letters of each text say."""
    return _summed(table.marks, table.letters[_letters.within(block.codes)], block.begins, _LOOKED_AT_LETTERS)[0]


def _summed(
    points: NDArray[np.uint64], entry: NDArray[np.integer], offsets: NDArray[np.int64], at_most: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Sums of `points` over the first `at_most` entries of each text that are not 0, and how many are not."""
    hits = np.flatnonzero(entry > 0)
    edges = np.searchsorted(hits, offsets)
    sums = np.zeros((len(hits) + 1, points.shape[1]), np.uint64)
    np.cumsum(points.take(entry[hits], axis=0), axis=0, out=sums[1:])
    ends = np.minimum(edges[1:], edges[:-1] + at_most)
    return sums[ends] - sums[edges[:-1]], np.diff(edges)


def _script(block: Block, table: Lists) -> NDArray[np.int64]:
    """The script that most letters of each text are in, 0 = none; a letter of a dense script counts as some."""
    script = table.scripts[_letters.within(block.codes)]
    n_texts, n_scripts = len(block.begins) - 1, len(_SCRIPTS) + 1
    rows = np.repeat(np.arange(n_texts), np.diff(block.begins))
    counts = np.bincount(rows * n_scripts + script, minlength=n_texts * n_scripts).reshape(n_texts, n_scripts)
    counts[:, 0] = 0
    for dense, weight in _DENSE.items():
        counts[:, dense] *= weight
    # Japanese is written with both; a few Han letters among kana are still Japanese, a kana or two among Han is not
    is_japanese = counts[:, _KANA] * 8 >= counts[:, _HAN]
    both = counts[:, _HAN] + counts[:, _KANA]
    counts[:, _KANA] = np.where(is_japanese & (counts[:, _KANA] > 0), both, 0)
    counts[:, _HAN] = np.where(counts[:, _KANA] > 0, 0, both)
    top: NDArray[np.int64] = counts.argmax(axis=1)
    return top


@cache
def lists() -> Lists:
    """The tables, read and built once."""
    listed = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    others = [code for codes in _BY_WORDS.values() for code in codes]
    languages = (*(code for code in listed if code not in others), *others)
    n_lanes = -(-len(languages) // 8) * 8
    lanes: dict[str, NDArray[np.uint8]] = {}
    for lane, language in enumerate(languages):
        for word in listed[language]["words"].split():
            lanes.setdefault(word, np.zeros(n_lanes, np.uint8))[lane] = _WORD
    indonesian, neighbours = languages.index("id"), [languages.index(code) for code in _NEIGHBOURS]
    for word in lanes.values():
        if word[indonesian] and word[neighbours].any():
            word[indonesian] = _NEIGHBOURLY
    points = np.stack([np.zeros(n_lanes, np.uint8), *lanes.values()])
    keys = np.concatenate([np.zeros(1, np.uint64), _letters.hashes_of(list(lanes))])
    letters, marks = _letter_tables(languages, [listed[code].get("letters", "") for code in languages], n_lanes)
    alone = tuple(code for _, code, _ in _SCRIPTS if code)
    return Lists(
        languages=languages + alone,
        slots=_slots(keys),
        keys=keys,
        points=points.view(np.uint64),
        latin=points.view(np.uint64)[:, : _n_latin(languages)].copy(),
        letters=letters,
        marks=marks.view(np.uint64),
        allowed=_allowed(languages, n_lanes),
        alone=np.array([-1, *(-1 if code is None else len(languages) + alone.index(code) for _, code, _ in _SCRIPTS)], np.int16),
        scripts=_script_table(),
    )


def _n_latin(languages: tuple[str, ...]) -> int:
    """Columns of eight languages each that hold all those before the first of another script."""
    return -(-languages.index(_BY_WORDS[_CYRILLIC][0]) // 8)


def _slots(keys: NDArray[np.uint64]) -> NDArray[np.uint16]:
    slots = np.zeros(1 << 16, np.uint16)
    for row in range(1, len(keys)):
        slot = int(keys[row]) >> 48
        while slots[slot]:
            slot = (slot + 1) % len(slots)
        slots[slot] = row
    return slots


def _letter_tables(languages: tuple[str, ...], own: list[str], n_lanes: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rows = {letter: place for place, letter in enumerate(sorted({letter for letters in own for letter in letters}), 1)}
    marks = np.zeros((len(rows) + 1, n_lanes), np.uint8)
    table = np.zeros(_letters.N_CODES, np.uint8)
    for lane in range(len(languages)):
        for letter in own[lane]:
            marks[rows[letter], lane] = _LETTER
            table[[ord(letter), *(ord(form) for form in letter.upper() if len(letter.upper()) == 1)]] = rows[letter]
    return table, marks


def _allowed(languages: tuple[str, ...], n_lanes: int) -> NDArray[np.bool_]:
    allowed = np.zeros((len(_SCRIPTS) + 1, n_lanes), bool)
    others = {code for codes in _BY_WORDS.values() for code in codes}
    allowed[_LATIN, : len(languages)] = [code not in others for code in languages]
    for script, codes in _BY_WORDS.items():
        allowed[script, [languages.index(code) for code in codes]] = True
    return allowed


def _script_table() -> NDArray[np.uint8]:
    table = np.zeros(_letters.N_CODES, np.uint8)
    for number, (_, _, ranges) in enumerate(_SCRIPTS, 1):
        for first, last in ranges:
            table[first : last + 1] = number
    table[_letters.kinds() == _letters.BREAK] = 0
    return table
