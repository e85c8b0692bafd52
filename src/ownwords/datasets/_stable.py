"""A hash of strings in plain integer arithmetic: the same on every machine, version and thread count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Words of 8 bytes that count from either end of a text.
_WORDS = 8
_LOW = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
_GOLDEN = 0x9E37_79B9_7F4A_7C15
_MIX_1 = 0xBF58_476D_1CE4_E5B9
_MIX_2 = 0x94D0_49BB_1331_11EB
_MASK = 0xFFFF_FFFF_FFFF_FFFF


def number(value: int) -> pl.Expr:
    """An unsigned 64-bit literal, `value` modulo 2**64."""
    return pl.lit(value & _MASK, dtype=pl.UInt64)


def mixed(value: pl.Expr) -> pl.Expr:
    """UInt64 -> UInt64, every bit of the input in every bit of the output.

    Each use of `value` repeats its whole expression, so this is for the end of a chain, not for its links.

    source   the steps of SplitMix64's finalizer (Steele, Lea, Flood 2014), two rounds of three
    """
    value = (value ^ (value // number(1 << 32))) * number(_MIX_1)
    return (value ^ (value // number(1 << 29))) * number(_MIX_2)


def hashed(text: pl.Expr, seed: int = 0, n_words: int = _WORDS) -> pl.Expr:
    """String -> UInt64 over its length and its first and last `n_words` * 8 bytes (UTF-8); null stays null.

    Strings that differ only between those ends collide, which no id of a person or record does.
    """
    n_bytes = 8 * n_words
    padding = pl.lit("\0" * n_bytes)
    head = pl.concat_str([text, padding]).cast(pl.Binary).bin.head(n_bytes)
    tail = pl.concat_str([padding, text]).cast(pl.Binary).bin.tail(n_bytes)
    state = text.str.len_bytes().cast(pl.UInt64) + number((seed + 1) * _GOLDEN)
    for part in (head, tail):
        for k in range(n_words):
            word = part.bin.slice(8 * k, 8).bin.reinterpret(dtype=pl.UInt64, endianness="little")
            state = state * number(_GOLDEN) + word
    return mixed(state)


def share(text: pl.Expr, seed: int) -> pl.Expr:
    """String -> Float64 in [0, 1), evenly spread."""
    return (hashed(text, seed) // number(1 << 11)).cast(pl.Float64) / float(1 << 53)


def shares(texts: pl.Series, seed: int) -> NDArray[np.float64]:
    """float64[R]: what `share` says of each text (no null among them), for a few at a time: no query has to be planned."""
    lengths = texts.str.len_bytes().to_numpy().astype(np.int64)
    padding = bytes(8 * _WORDS)
    data = np.frombuffer(padding + (texts.str.join("").item() or "").encode() + padding if len(texts) else padding * 2, np.uint8)
    words = np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))
    ends = np.cumsum(lengths) + 8 * _WORDS
    state = lengths.astype(np.uint64) + np.uint64((seed + 1) * _GOLDEN & _MASK)
    for k in range(_WORDS):
        inside = np.clip(lengths - 8 * k, 0, 8)
        state = state * np.uint64(_GOLDEN) + (words[ends - lengths + 8 * k] & _LOW[inside])
    for k in range(_WORDS):
        outside = np.clip(8 * (_WORDS - k) - lengths, 0, 8)
        state = state * np.uint64(_GOLDEN) + (words[ends - 8 * (_WORDS - k)] & ~_LOW[outside])
    state = (state ^ (state >> np.uint64(32))) * np.uint64(_MIX_1)
    state = (state ^ (state >> np.uint64(29))) * np.uint64(_MIX_2)
    found: NDArray[np.float64] = (state >> np.uint64(11)).astype(np.float64) / float(1 << 53)
    return found
