"""A table of which token follows which, smoothed without a constant to tune."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ownwords.models.packing import Stream


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of the learned tokens of a stream, each with the token before it.

    p(w | v) = (c(v, w) + t(v) p(w)) / (c(v) + t(v)), with t(v) the number of different tokens seen after v, and
    p(w) = (c(w) + 1) / (n + vocab).

    pairs      int64[P]: v * vocab + w of every pair seen, ascending; counts int64[P]: how often
    followed   int64[vocab]: c(v); kinds int64[vocab]: t(v)
    unigram    float64[vocab]: p(w)
    source     Witten & Bell 1991, method C, as Chen & Goodman 1998 interpolate it
    """

    vocab: int
    pairs: NDArray[np.int64]
    counts: NDArray[np.int64]
    followed: NDArray[np.int64]
    kinds: NDArray[np.int64]
    unigram: NDArray[np.float64]

    def chance(self, before: NDArray[np.int64], token: NDArray[np.int64]) -> NDArray[np.float64]:
        """p(token | before), element by element, float64[N]; after what was never seen it is p(token)."""
        seen = np.zeros(len(token), np.float64)
        if len(self.pairs):
            wanted = before * self.vocab + token
            place = np.minimum(np.searchsorted(self.pairs, wanted), len(self.pairs) - 1)
            seen = self.counts[place] * (self.pairs[place] == wanted)
        known = self.followed[before] + self.kinds[before]
        mixed = (seen + self.kinds[before] * self.unigram[token]) / np.maximum(known, 1)
        return np.where(known > 0, mixed, self.unigram[token])

    def chances(self, before: NDArray[np.int64]) -> NDArray[np.float32]:
        """p(. | before) for tokens that were seen followed by something, float32[N, vocab]."""
        first, last = np.searchsorted(self.pairs, before * self.vocab), np.searchsorted(self.pairs, (before + 1) * self.vocab)
        sizes = last - first
        places = np.repeat(first - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
        rows = self.kinds[before, None] * self.unigram[None]
        rows[np.repeat(np.arange(len(before)), sizes), self.pairs[places] % self.vocab] += self.counts[places]
        return (rows / (self.followed[before] + self.kinds[before])[:, None]).astype(np.float32)


def count(stream: Stream, vocab: int) -> Table:
    """The table of a stream; what is context alone is not counted, as a model is not taught it either."""
    before, token = pairs_of(stream)
    pairs, counts = np.unique(before * vocab + token, return_counts=True)
    return Table(
        vocab=vocab,
        pairs=pairs,
        counts=counts,
        followed=np.bincount(before, minlength=vocab),
        kinds=np.bincount(pairs // vocab, minlength=vocab),
        unigram=(np.bincount(token, minlength=vocab) + 1) / (len(token) + vocab),
    )


def nats(table: Table, stream: Stream) -> float:
    """Total nats of the table on the learned tokens of a stream."""
    return float(-np.log(table.chance(*pairs_of(stream))).sum())


def pairs_of(stream: Stream) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each learned token with the token before it: before int64[N], token int64[N]."""
    learned = stream.learned[1:]
    return stream.ids[:-1][learned], stream.ids[1:][learned]
