"""Sketches of texts: what is kept of each to find those that say nearly the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.datasets._words import hash_of, mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ownwords.datasets._words import Words

    U64 = NDArray[np.uint64]
    U32 = NDArray[np.uint32]
    I64 = NDArray[np.int64]
    Mask = NDArray[np.bool_]

#: A row a text.
#: key       the runs of three words that it is looked up by, six at most, all different; 48 bits of each count
#: beside    the byte that orders those with one key, for even keys, and for odd ones
#: bits      a bit for each word, low and high
#: words     its words in order, or those in the sample; odd = a figure
#: sampled   one in 2**sampled of its distinct words is in the sample
#: size      its distinct words in all
SCHEMA: dict[str, pl.DataType] = {
    "key": pl.List(pl.UInt64()),
    "beside_even": pl.UInt8(),
    "beside_odd": pl.UInt8(),
    "bits_low": pl.UInt64(),
    "bits_high": pl.UInt64(),
    "words": pl.List(pl.UInt32()),
    "sampled": pl.UInt8(),
    "size": pl.UInt32(),
}
#: Runs of three words that a text is looked up by; more find more, and cost more.
_N_KEYS = 6
#: Texts of more distinct words are compared by a sample of their words.
_LONGEST = 64
_ODD = tuple(np.uint64(odd) for odd in (0x9E37_79B9_7F4A_7C15, 0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB))
#: Words that join others, and say little of what a text is about; in the languages most written on networks.
_JOINING = """
a about all also am an and any are as at be because been but by can could did do does dont for from get go going had has have he her here
him his how i if im in into is it its just like me more my no not now of on one or our out over she so some than that the their them then
there they this to too up us very was we were what when where which who why will with would you your
ada akan aku apa bisa dan dari dengan di dia ini itu juga kalau kami kamu karena ke kita lagi mau mereka pada saya sudah tapi tidak untuk ya
yang al como con de del el en es la las lo los me no para pero por que se si su un una y
au ce dans des du elle est et il je le les mais ne on ou pas pour qui sur une vous
auch auf aus das dem den der die ein eine es ich im ist mit nicht sich sie und von wie zu
da do e ela ele em eu na nao o os ou uma um
bir bu da de icin ve en een het ik niet van wat je di che il non per sono una
"""


def sketched(words: Words, min_words: int) -> pl.DataFrame:
    """`SCHEMA` for each of up to 65,536 texts; `key` and `words` are empty where there are fewer distinct words than `min_words`."""
    n_texts, rows = len(words.offsets) - 1, words.rows
    tokens = _tokens(words)
    joining = is_joining(tokens)
    seen = _distinct(rows, tokens.astype(np.uint64) | joining.astype(np.uint64) << np.uint64(32), 33)
    of = (seen >> np.uint64(33)).astype(np.int64)
    sizes = np.bincount(of, minlength=n_texts)
    is_long = sizes >= max(min_words, 1)
    keys, n_keys = _keys(words, rows, joining, is_long)
    sampled = np.ceil(np.log2(np.maximum(sizes, _LONGEST) / _LONGEST)).astype(np.uint8)
    stays = is_long[rows]
    if sampled.any():
        stays &= is_in_sample(tokens, sampled[rows])
    n_telling = sizes - np.bincount(of[(seen >> np.uint64(32) & np.uint64(1)) == 1], minlength=n_texts)
    smallest, largest = _ends(seen, sizes, n_telling)
    low, high = _bits(seen, sizes)
    columns = {
        "key": _lists(keys, n_keys),
        "beside_even": pl.Series(smallest),
        "beside_odd": pl.Series(largest),
        "bits_low": pl.Series(low),
        "bits_high": pl.Series(high),
        "words": _lists(tokens[stays], np.bincount(rows[stays], minlength=n_texts)),
        "sampled": pl.Series(sampled),
        "size": pl.Series(sizes.astype(np.uint32)),
    }
    return pl.DataFrame(columns, schema=SCHEMA)


def is_joining(tokens: U32) -> Mask:
    """bool[W]: whether a word is one of those that join others; about one other word in 200 is taken for one."""
    return np.take(_joining(), (tokens >> np.uint32(1)).astype(np.uint16))


def is_in_sample(tokens: U32, sampled: NDArray[np.uint8]) -> Mask:
    """bool[W]: whether a word is among one in 2**sampled; what is in a small sample is in each larger one."""
    low: U32 = np.left_shift(np.uint32(1), sampled.astype(np.uint32)) - np.uint32(1)
    is_in: Mask = (tokens >> np.uint32(1) & low) == 0
    return is_in


def begins(ordered: U64) -> Mask:
    """bool[n]: whether each value is the first of its kind."""
    is_first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return is_first


def _tokens(words: Words) -> U32:
    """uint32[W]: half of each word's hash, its lowest bit telling figures from other words."""
    is_figure = (words.first - np.uint8(48)) < np.uint8(10)
    return ((words.hashes >> np.uint64(32)).astype(np.uint32) & np.uint32(0xFFFF_FFFE)) | is_figure


@cache
def _joining() -> Mask:
    table = np.zeros(1 << 16, bool)
    table[[hash_of(word) >> 33 & 0xFFFF for word in _JOINING.split()]] = True
    return table


def _distinct(rows: I64, values: U64, n_bits: int) -> U64:
    """row << n_bits | value, each once, in order."""
    packed = np.sort((rows.astype(np.uint64) << np.uint64(n_bits)) | values)
    return packed[begins(packed)]


def _keys(words: Words, rows: I64, joining: Mask, is_long: Mask) -> tuple[U64, I64]:
    """Of each text the smallest hashes of its runs of three words, those of joining words alone last; and how many."""
    n = max(len(rows) - 2, 0)
    hashes = sum((words.hashes[k : n + k] * odd for k, odd in enumerate(_ODD)), np.zeros(n, np.uint64)) >> np.uint64(17)
    hashes |= (joining[:n] & joining[1 : n + 1] & joining[2 : n + 2]).astype(np.uint64) << np.uint64(47)
    is_run = (rows[:n] == rows[2 : n + 2]) & is_long[rows[:n]]
    runs = _distinct(rows[:n][is_run], hashes[is_run], 48)
    of = (runs >> np.uint64(48)).astype(np.int64)
    counts = np.bincount(of, minlength=len(is_long))
    place = np.arange(len(runs)) - (np.cumsum(counts) - counts)[of]
    smallest = runs[place < _N_KEYS] & np.uint64((1 << 48) - 1)
    return mixed(smallest), np.minimum(counts, _N_KEYS)


def _ends(seen: U64, sizes: I64, n_telling: I64) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """uint8[R] twice: a byte of the smallest and of the largest hash of a word that does not only join others."""
    smallest, largest = np.zeros(len(sizes), np.uint8), np.zeros(len(sizes), np.uint8)
    has = sizes > 0
    starts = (np.cumsum(sizes) - sizes)[has]
    smallest[has] = (seen[starts] >> np.uint64(1)).astype(np.uint8)
    largest[has] = (seen[starts + np.maximum(n_telling[has] - 1, 0)] >> np.uint64(1)).astype(np.uint8)
    return smallest, largest


def _bits(seen: U64, sizes: I64) -> tuple[U64, U64]:
    """uint64[R] twice: a bit for each distinct word."""
    low, high = np.zeros(len(sizes), np.uint64), np.zeros(len(sizes), np.uint64)
    has = sizes > 0
    if has.any():
        starts = (np.cumsum(sizes) - sizes)[has]
        ones = np.uint64(1) << (seen >> np.uint64(9) & np.uint64(63))
        is_high = (seen >> np.uint64(15) & np.uint64(1)) == 1
        low[has] = np.bitwise_or.reduceat(ones * ~is_high, starts)
        high[has] = np.bitwise_or.reduceat(ones * is_high, starts)
    return low, high


def _lists(values: NDArray[np.generic], counts: I64) -> pl.Series:
    """list[R] out of flat values and how many of them are each row's."""
    from arro3.core import Array, list_array

    ends = np.concatenate([np.zeros(1, np.int32), np.cumsum(counts, dtype=np.int32)])
    return pl.Series(list_array(Array.from_numpy(ends), Array.from_numpy(values)))
