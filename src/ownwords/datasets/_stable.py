"""A hash of strings in plain integer arithmetic: the same on every machine, version and thread count."""

from __future__ import annotations

import polars as pl

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


def hashed(text: pl.Expr, seed: int = 0, n_words: int = 8) -> pl.Expr:
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
