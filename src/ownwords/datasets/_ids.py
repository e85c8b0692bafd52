"""Ids of records and people as numbers of 64 bits: the same on every machine, quick, and small where many must be held at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GOLDEN, _MIX = np.uint64(0x9E37_79B9_7F4A_7C15), np.uint64(0xBF58_476D_1CE4_E5B9)
_SHIFT_1, _SHIFT_2 = np.uint64(29), np.uint64(32)
#: Bytes of an id that count from either end. Ids that differ only between those ends collide, which no id of a network does.
_END = 256
_LOW = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)


def id_number(column: str, seed: int = 0) -> pl.Expr:
    """String -> UInt64, equal for equal ids and seeds, in no order; null stays null.

    Among n ids two different ones share a number with a chance of n * n / 2**65: one in 1.5 million for 5 million ids. It is no
    secret: somebody who may choose ids freely can make two that collide, and has then gained a wrong link between his own posts.
    """
    return pl.col(column).map_batches(lambda ids: id_numbers(ids, seed), return_dtype=pl.UInt64, is_elementwise=True)


def id_numbers(ids: pl.Series, seed: int = 0) -> pl.Series:
    """string[R] -> uint64[R]; null stays null."""
    texts = ids.fill_null("")
    lengths = texts.str.len_bytes().to_numpy().astype(np.int64)
    ends = np.cumsum(lengths)
    data = np.frombuffer(texts.str.join("").item().encode() + bytes(8) if len(texts) else bytes(8), np.uint8)
    numbers = _hashed(data, ends - lengths, np.minimum(lengths, _END), lengths.astype(np.uint64) ^ _seeded(seed))
    long = np.flatnonzero(lengths > _END)
    if len(long):
        rest = np.minimum(lengths[long] - _END, _END)
        numbers[long] = _hashed(data, ends[long] - rest, rest, numbers[long])
    found = pl.Series(ids.name, numbers, dtype=pl.UInt64)
    return found if not ids.null_count() else found.set(ids.is_null(), None)


def _seeded(seed: int) -> np.uint64:
    return np.uint64(seed * int(_GOLDEN) & int(_LOW[8]))


def _hashed(
    data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64], states: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Eight bytes after eight are mixed into `states`; `data` has eight bytes more than the last end."""
    words = np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))
    which: NDArray[np.int64] | slice = slice(None)
    states = states * _GOLDEN
    for done in range(0, int(lengths.max(initial=0)), 8):
        if done:
            which = np.flatnonzero(lengths > done)
        word = words[starts[which] + done] & _LOW[np.minimum(lengths[which] - done, 8)]
        mixed = (states[which] ^ word) * _GOLDEN
        mixed ^= mixed >> _SHIFT_1
        mixed *= _MIX
        states[which] = mixed ^ (mixed >> _SHIFT_2)
    return states
