"""The same words twice: the earliest record stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core.step import Reduce
from ownwords.datasets._copies import marked, narrow
from ownwords.datasets._ids import id_numbers
from ownwords.datasets._words import Words, folded, mixed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ownwords.core.step import Param

#: min_words    copies of fewer words stay: in conversations two people may both say thanks; 0 compares what has no words, too
#: context      a copy stays, marked in the column `repeats`, to be shown before what answers it
PARAMS: Mapping[str, Param] = {"min_words": 0, "context": False}

_NARROW: dict[str, pl.DataType] = {"record_no": pl.Int64(), "at": pl.Int64(), "tie": pl.UInt64(), "same": pl.UInt64(), "more": pl.UInt64()}
_ODD = (0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93)


def stages(params: Mapping[str, Param]) -> tuple[Reduce, ...]:
    """RECORDS in and out; of those that say the same, one stays: the earliest by time, then by a hash of record_id.

    Same: equal words in the same order, in whatever width, case and punctuation, and equal signs such as emoji. Marks like
    `[user]` are nobody's words. Compared are 128 bits of a hash, so the texts themselves are not held.
    """
    read = lambda rows: narrow(rows, lambda batch: _said(batch, int(params["min_words"])), _NARROW)  # noqa: E731
    return (Reduce(read, _copies, lambda rows, copies: _marked(rows, copies, params), "same"),)


def _marked(rows: pl.LazyFrame, copies: pl.LazyFrame, params: Mapping[str, Param]) -> pl.LazyFrame:
    return marked(rows, copies, "exact duplicate", as_context=bool(params["context"]))


def _said(batch: pl.DataFrame, min_words: int) -> pl.DataFrame:
    """`_NARROW` of those records that are long enough to compare."""
    plain = folded(batch["text"].fill_null(""))
    words = Words.of(plain)
    signs = _signs(batch["text"])
    has_none = pl.Series(words.counts == 0)
    if has_none.any():
        signs[has_none.to_numpy()] += id_numbers(plain.filter(has_none).str.replace_all(r"\s", "")).to_numpy()
    halves = [pl.Series(name, _sequence(words, odd) + signs * np.uint64(odd)) for name, odd in zip(("same", "more"), _ODD, strict=True)]
    made = batch.select("record_no", "at", "tie").with_columns(halves)
    return made.filter(pl.Series(words.counts >= min_words), batch["text"].is_not_null())


def _sequence(words: Words, odd: int) -> NDArray[np.uint64]:
    """uint64[R]: a hash of the words of each text in their order."""
    place = np.arange(len(words.hashes)) - np.repeat(words.offsets[:-1], words.counts)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed(words.hashes + (place + 1).astype(np.uint64) * np.uint64(odd)))])
    return mixed(sums[words.offsets[1:]] - sums[words.offsets[:-1]])


def _signs(texts: pl.Series) -> NDArray[np.uint64]:
    """uint64[R]: a hash of the signs in each text: emoji, currencies, plus and minus; 0 where there is none."""
    numbers = np.zeros(len(texts), np.uint64)
    has_sign = texts.str.contains(r"\p{S}").fill_null(False)
    if has_sign.any():
        numbers[has_sign.to_numpy()] = id_numbers(texts.filter(has_sign).str.replace_all(r"[^\p{S}]+", "")).to_numpy()
    return numbers


def _copies(rows: pl.LazyFrame) -> pl.LazyFrame:
    """record_no of all but the first of each group."""
    shared = rows.filter(pl.col("same").is_duplicated()).sort("at", "tie")
    return shared.filter(~pl.struct("same", "more").is_first_distinct()).select("record_no")
