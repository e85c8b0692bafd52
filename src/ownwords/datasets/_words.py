"""The words of a whole batch of texts at once, as hashes: what duplicates, and what is in benchmarks, are told from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.datasets._texts import MARK, touched

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Scripts that put no space between words: each letter counts as one.
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
_NO_WORD = r"[^\p{L}\p{N}\p{M}\x00-\x7f]+"
#: Texts are hashed in blocks of about so many bytes, which stay in the processor's cache.
_BLOCK = 1 << 17
#: So many texts, of so many bytes, are looked at together where more is made of them than words.
_TEXTS_AT_ONCE, _A_TEXT = 16_384, 256
#: So many powers are held for the next batch; for more, of one very long text, they are made again.
_HELD = 1 << 20
#: An odd multiplier and its inverse modulo 2**64.
_BASE = 0x9E37_79B9_7F4A_7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_MIX_1, _MIX_2 = np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of R texts, in order, W of them in all.

    hashes    uint64[W]: equal words have equal hashes, on every machine; no key is in them
    offsets   int64[R + 1]: the words of text r are hashes[offsets[r]:offsets[r + 1]]
    first     uint8[W]: the first byte
    """

    hashes: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    first: NDArray[np.uint8]

    @classmethod
    def of(cls, texts: pl.Series) -> Words:
        """Words are runs of letters, marks and digits of `texts`; in scripts without spaces each letter is one.

        texts   string[R], as `folded` gives them; null = no words
        """
        texts = texts.fill_null("")
        lengths = texts.str.len_bytes().to_numpy().astype(np.int64)
        blocks = [_block(texts[a:b], lengths[a:b]) for a, b in pairwise(edges(lengths + 1, _BLOCK))]
        if not blocks:
            return cls(np.zeros(0, np.uint64), np.zeros(1, np.int64), np.zeros(0, np.uint8))
        hashes, counts, first = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        return cls(hashes, np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]), first)

    @property
    def counts(self) -> NDArray[np.int64]:
        """int64[R]: words of each text."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> NDArray[np.int64]:
        """int64[W]: the text each word is of."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.counts)


def edges(sizes: NDArray[np.int64], at_most: int) -> list[int]:
    """Where to cut a run of texts into parts of about so many bytes or characters: from 0 to their number, or nothing of no texts."""
    ends = np.cumsum(sizes)
    cuts = np.searchsorted(ends, np.arange(at_most, int(ends[-1]), at_most)) if len(ends) else np.zeros(0, np.int64)
    return [int(cut) for cut in np.unique(np.concatenate([np.array([0, len(sizes)]), cuts]))]


def slices(texts: pl.Series) -> list[slice]:
    """Parts to be looked at one after the other, so that what is made of them stays small: of about 4 MB, or 16,384 texts."""
    sizes = texts.str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
    return [slice(a, b) for a, b in pairwise(edges(sizes + _A_TEXT, _TEXTS_AT_ONCE * _A_TEXT))]


def hash_of(word: str) -> int:
    """The hash `Words.of` has for one word."""
    return int(Words.of(pl.Series([word])).hashes[0])


def folded(texts: pl.Series) -> pl.Series:
    """One form for letters of all widths and cases; marks like `[user]`, which are nobody's words, as a space."""
    texts = touched(texts, texts.str.contains("[", literal=True), lambda some: some.str.replace_all(MARK, " "))
    return touched(texts.str.to_lowercase(), ~_is_ascii(texts), _of_other_letters)


def _is_ascii(texts: pl.Series) -> pl.Series:
    return texts.str.len_bytes() == texts.str.len_chars()


def _of_other_letters(texts: pl.Series) -> pl.Series:
    texts = texts.str.normalize("NFKC").str.to_lowercase().str.replace_all(_NO_WORD, " ")
    return touched(texts, texts.str.contains(_UNSPACED), lambda some: some.str.replace_all(_UNSPACED, " ${1} "))


def _block(texts: pl.Series, lengths: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint8]]:
    """Hashes, words a text and first bytes of a few texts."""
    data = np.frombuffer(texts.str.join("\n").item().encode() + b"\n", np.uint8)
    is_word, values = _tables()
    inside = is_word.take(data)
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if inside[0]:
        edges = np.concatenate([np.zeros(1, np.int64), edges])
    starts, ends = edges[::2], edges[1::2]
    power, inverse = powers(len(data))
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum(values.take(data) * power[: len(data)], out=sums[1:])
    hashes = mixed((sums[ends] - sums[starts]) * inverse[starts])
    begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths + 1)])
    counts = np.diff(np.searchsorted(starts, begins))
    return hashes, counts, data[starts]


def mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of the input in every bit of the output (SplitMix64's finalizer)."""
    value = (value ^ (value >> np.uint64(30))) * _MIX_1
    value = (value ^ (value >> np.uint64(27))) * _MIX_2
    return value ^ (value >> np.uint64(31))


@cache
def _tables() -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Which bytes are part of a word, and a number for each byte."""
    is_word = np.zeros(256, bool)
    is_word[[*range(48, 58), *range(65, 91), *range(97, 123), *range(128, 256)]] = True
    return is_word, mixed(np.arange(1, 257, dtype=np.uint64) * np.uint64(_BASE))


def powers(n: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The powers of the multiplier and of its inverse, 0 to n - 1 or more, modulo 2**64."""
    return _held_powers(1 << max(n - 1, 1).bit_length()) if n <= _HELD else _powers(n)


@cache
def _held_powers(n: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    return _powers(n)


def _powers(n: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    steps = np.full((2, n), np.array([[_BASE], [_INVERSE]], np.uint64))
    steps[:, 0] = 1
    both = np.cumprod(steps, axis=1, dtype=np.uint64)
    return both[0], both[1]
