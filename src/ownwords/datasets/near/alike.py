"""Which texts say nearly the same as an earlier one, by their sketches: a bounded number of comparisons for each."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.datasets.near.sketches import begins, is_in_sample, is_joining

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    U64 = NDArray[np.uint64]
    U32 = NDArray[np.uint32]
    I64 = NDArray[np.int64]
    Mask = NDArray[np.bool_]

#: Up to so many distinct words, texts that each have a figure, or a telling word, of their own are different.
_FIGURES_TELL, _WORDS_TELL = 24, 7
#: Up to so many, a word of its own may part a text from two neighbours and no more: else what is said is said of others.
_ORDER_TELLS = 12
#: So much less similar than the words the pairs of neighbouring words may be: who bites whom is in them.
_ORDER = 1 / 3
_ODD = np.uint64(0x9E37_79B9_7F4A_7C15), np.uint64(0xBF58_476D_1CE4_E5B9)
#: So many before it in the order of its key a text is compared with, beside the earliest of all.
_N_BESIDE = 2
#: What is worked on at once, so that it takes little memory beside the sketches.
_AT_A_TIME, _KEYS_AT_A_TIME, _PAIRS_AT_A_TIME = 1 << 16, 1 << 19, 1 << 16


def repeated(texts: pl.DataFrame, order: I64, similarity: float) -> Mask:
    """bool[R]: whether a text says nearly what an earlier one says.

    Each key brings a text together with three others that have it: the earliest, and the two before it in the order of the
    byte beside the key. Texts are alike if
    the Jaccard similarity of their sets of words is `similarity` or more, that of their sets of pairs of neighbouring
    words a third of it, and unless they are long: if they do not each have a figure, or where they are very short a
    telling word, that the other has not, and if they have their common words in one order.
    A key of another text by chance costs a comparison, never a text.

    texts    record_no and `sketches.SCHEMA`[R]; a text may stand in several rows with one key each
    order    int64[R]: the texts, earliest first
    """
    words, sampled = _Lists(texts["words"]), texts["sampled"].to_numpy()
    records = texts["record_no"].to_numpy()
    rank = np.empty(len(order), np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    sizes = texts["size"].to_numpy()
    bits = texts["bits_low"].to_numpy(), texts["bits_high"].to_numpy()
    is_repeat = np.zeros(len(order), bool)
    for pairs in _met(texts, rank):
        earlier, later = order[pairs >> np.uint64(32)], order[pairs & np.uint64(0xFFFF_FFFF)]
        open_ = ~is_repeat[later] & (records[earlier] != records[later])
        earlier, later = _may_be(sizes, bits, earlier[open_], later[open_], similarity)
        for start in range(0, len(later), _PAIRS_AT_A_TIME):
            some = slice(start, start + _PAIRS_AT_A_TIME)
            is_repeat[later[some][_are_alike(words, sampled, sizes, earlier[some], later[some], similarity)]] = True
    return is_repeat


def _met(texts: pl.DataFrame, rank: U32) -> Iterator[U64]:
    """Pairs of ranks, earlier << 32 | later, that share a key; each at most once in one array.

    Keys are looked at in turn by their highest bits, so that little more than the keys themselves is in memory.
    """
    keys = _Lists(texts["key"])
    beside = texts["beside_even"].to_numpy(), texts["beside_odd"].to_numpy()
    n_turns = 1 << max(keys.n_values // _KEYS_AT_A_TIME - 1, 0).bit_length()
    for turn in range(n_turns):
        found, rows = keys.beginning_with(turn, n_turns)
        yield _pairs(found, np.where(found & np.uint64(1), beside[1][rows], beside[0][rows]), rank[rows])


def _pairs(keys: U64, beside: NDArray[np.uint8], ranks: U32) -> U64:
    """earlier << 32 | later: each rank with the earliest of its key, and with the few next to it in the order of `beside`."""
    order = np.argsort(keys)
    is_first = begins(keys[order])
    has_others = ~is_first
    has_others[:-1] |= ~is_first[1:]
    order, groups = order[has_others], np.cumsum(is_first[has_others], dtype=np.uint64)
    packed = np.sort(groups << np.uint64(40) | beside[order].astype(np.uint64) << np.uint64(32) | ranks[order])
    groups, ranks = packed >> np.uint64(40), packed & np.uint64(0xFFFF_FFFF)
    starts = np.flatnonzero(begins(groups))
    if not len(starts):
        return groups
    first = np.repeat(np.minimum.reduceat(ranks, starts), np.diff(starts, append=len(ranks)))
    ahead = first != ranks
    met = [(first[ahead], ranks[ahead])]
    for apart in range(1, _N_BESIDE + 1):
        same = groups[apart:] == groups[:-apart]
        met.append((ranks[:-apart][same], ranks[apart:][same]))
    one, other = (np.concatenate(side) for side in zip(*met, strict=True))
    pairs = np.sort(np.minimum(one, other) << np.uint64(32) | np.maximum(one, other))
    return pairs[begins(pairs)]


def _may_be(sizes: U32, bits: tuple[U64, U64], one: I64, other: I64, similarity: float) -> tuple[I64, I64]:
    """Those pairs whose words may be as similar as that, as far as their bits tell: none that is, is left out."""
    ones = [tuple(half[which] for half in bits) for which in (one, other)]
    size_1, size_2 = sizes[one].astype(np.int64), sizes[other].astype(np.int64)
    shared = sum((np.bitwise_count(ones[0][k] & ones[1][k]).astype(np.int64) for k in (0, 1)), np.zeros(len(one), np.int64))
    hidden = [size - np.bitwise_count(low) - np.bitwise_count(high) for size, (low, high) in zip((size_1, size_2), ones, strict=True)]
    shared = np.minimum(shared + np.minimum(*hidden), np.minimum(size_1, size_2))
    may_be = shared >= similarity * (size_1 + size_2 - shared)
    return one[may_be], other[may_be]


def _are_alike(texts: _Lists, sampled: NDArray[np.uint8], sizes: U32, one: I64, other: I64, similarity: float) -> Mask:
    """bool[P]: whether the texts of each pair are alike, as `repeated` says."""
    level = np.maximum(sampled[one], sampled[other])
    words, pairs = zip(*(_said(texts, which, level) for which in (one, other)), strict=True)
    n_pairs = len(one)
    share, only = _compared(words, n_pairs)
    share_of_pairs, only_pairs = _compared(pairs, n_pairs)
    is_alike = (share >= similarity) & (share_of_pairs >= similarity * _ORDER)
    smaller = np.minimum(sizes[one], sizes[other])
    n_own = np.maximum(*(np.bincount(_owner(own), minlength=n_pairs) for own in only))
    n_moved = np.minimum(*(np.bincount(_owner(own), minlength=n_pairs) for own in only_pairs))
    is_alike &= (smaller > _ORDER_TELLS) | (n_moved <= 2 * n_own + 1)
    has_figure = [np.bincount(_owner(own[(own & np.uint64(1)) != 0]), minlength=n_pairs) > 0 for own in only]
    has_word = [np.bincount(_owner(own[~is_joining(own.astype(np.uint32))]), minlength=n_pairs) > 0 for own in only]
    is_other = (smaller <= _FIGURES_TELL) & has_figure[0] & has_figure[1]
    is_other |= (smaller <= _WORDS_TELL) & has_word[0] & has_word[1]
    return is_alike & ~is_other


class _Lists:
    """The lists of all texts as they lie, part by part: put into one piece they would take their memory twice."""

    def __init__(self, lists: pl.Series) -> None:
        parts = lists.get_chunks()
        self.starts = np.cumsum([0, *(len(part) for part in parts)])
        self.flat = [part.explode(empty_as_null=False).to_numpy() for part in parts]
        self.offsets = [np.concatenate([[0], np.cumsum(part.list.len().to_numpy())]).astype(np.uint32) for part in parts]
        self.n_values = sum(len(flat) for flat in self.flat)

    def of(self, which: I64) -> tuple[I64, U32]:
        """Place in `which` and value, for all values of those texts, each text's in order."""
        order = np.argsort(which, kind="stable")
        cuts = np.searchsorted(which[order], self.starts)
        places, values = [np.zeros(0, np.int64)], [np.zeros(0, np.uint32)]
        for part, (start, stop) in enumerate(pairwise(cuts)):
            if stop > start:
                some = order[start:stop]
                rows = which[some] - self.starts[part]
                begins_at = self.offsets[part][rows].astype(np.int64)
                counts = self.offsets[part][rows + 1] - begins_at
                index = np.arange(counts.sum()) + np.repeat(begins_at - np.cumsum(counts) + counts, counts)
                places.append(np.repeat(some, counts))
                values.append(self.flat[part][index])
        return np.concatenate(places), np.concatenate(values)

    def beginning_with(self, turn: int, n_turns: int) -> tuple[U64, I64]:
        """Of values of 64 bits those in one of `n_turns` (a power of two) even parts of their range; and the texts that have them."""
        values, rows = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        least, width = np.uint64((turn << 64) // n_turns), np.uint64((1 << 64) // n_turns - 1)
        for first, flat, offsets in zip(self.starts, self.flat, self.offsets, strict=False):
            for start in range(0, len(flat), _AT_A_TIME):
                part = flat[start : start + _AT_A_TIME]
                which = np.flatnonzero(part - least <= width)
                values.append(part[which])
                rows.append(np.searchsorted(offsets, which + start, side="right") - 1 + first)
        return np.concatenate(values), np.concatenate(rows)


def _said(texts: _Lists, which: I64, level: NDArray[np.uint8]) -> tuple[U64, U64]:
    """The words and the pairs of neighbouring words of the texts `which`, each as place << 32 | hash, each once."""
    place, tokens = texts.of(which)
    if level.any():
        stays = is_in_sample(tokens, level[place])
        place, tokens = place[stays], tokens[stays]
    tags = place.astype(np.uint64) << np.uint64(32)
    words = np.sort(tags | tokens)
    long = tokens.astype(np.uint64)
    follows = place[1:] == place[:-1]
    hashes = (long[:-1] * _ODD[0] + long[1:] * _ODD[1]) >> np.uint64(32)
    pairs = np.sort(tags[1:][follows] | hashes[follows])
    return words[begins(words)], pairs[begins(pairs)]


def _owner(values: U64) -> I64:
    return (values >> np.uint64(32)).astype(np.int64)


def _compared(sets: tuple[U64, ...], n_pairs: int) -> tuple[NDArray[np.float64], tuple[U64, U64]]:
    """float64[P]: what two sets share, of what either has, 0 of nothing; and what only the one, and only the other has."""
    sides = np.sort(np.concatenate([mine << np.uint64(1) | np.uint64(side) for side, mine in enumerate(sets)]))
    both = sides >> np.uint64(1)
    is_first = begins(both)
    n_shared = np.bincount(_owner(both[~is_first]), minlength=n_pairs)
    n_all = np.bincount(_owner(both[is_first]), minlength=n_pairs)
    is_alone = is_first.copy()
    is_alone[:-1] &= is_first[1:]
    is_one = (sides & np.uint64(1)) == 0
    return n_shared / np.maximum(n_all, 1), (both[is_alone & is_one], both[is_alone & ~is_one])
