"""Nearly the same words twice: the earliest record stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core.step import Reduce
from ownwords.datasets._copies import marked, narrow
from ownwords.datasets._words import Words, folded
from ownwords.datasets.near.alike import repeated
from ownwords.datasets.near.sketches import SCHEMA, sketched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

#: similarity   Jaccard similarity of the two sets of words, 0 to 1, from which a later record goes
#: min_words    records of fewer distinct words are left to `exact`
#: context      a copy stays, marked in the column `repeats`, to be shown before what answers it
PARAMS: Mapping[str, Param] = {"similarity": 0.6, "min_words": 5, "context": False}

_NARROW: dict[str, pl.DataType] = {"record_no": pl.Int64(), "at": pl.Int64(), "tie": pl.UInt64(), **SCHEMA}


def stages(params: Mapping[str, Param]) -> tuple[Reduce, ...]:
    """RECORDS in and out; of those that say nearly the same, one stays: the earliest by time, then by a hash of record_id.

    Records are compared if one of the six smallest hashes of the runs of three words in the one is among those of the other,
    and then only with the earliest that has it and with the one beside them; so the work grows with the records, not with
    their square. No word is counted over all records. Marks like `[user]` are nobody's words.
    """
    read = lambda rows: narrow(rows, lambda batch: _sketches(batch, params), _NARROW)  # noqa: E731
    return (Reduce(read, lambda rows: _decided(rows, params), lambda rows, copies: _marked(rows, copies, params), "key"),)


def _marked(rows: pl.LazyFrame, copies: pl.LazyFrame, params: Mapping[str, Param]) -> pl.LazyFrame:
    return marked(rows, copies, "near duplicate", as_context=bool(params["context"]))


def _sketches(batch: pl.DataFrame, params: Mapping[str, Param]) -> pl.DataFrame:
    """`_NARROW` of those records that are long enough to compare."""
    made = sketched(Words.of(folded(batch["text"])), int(params["min_words"]))
    return pl.concat([batch.select("record_no", "at", "tie"), made], how="horizontal").filter(pl.col("key").list.len() > 0)


def _decided(rows: pl.LazyFrame, params: Mapping[str, Param]) -> pl.LazyFrame:
    return rows.map_batches(lambda whole: _copies(whole, float(params["similarity"])), schema={"record_no": pl.Int64()}, streamable=False)


def _copies(whole: pl.DataFrame, similarity: float) -> pl.DataFrame:
    """record_no of each record that is nearly an earlier one; `key` is a list, or one key with a row for each."""
    if whole.schema["key"] != pl.List:
        whole = whole.with_columns(pl.concat_list("key"))
    order = np.lexsort((whole["tie"].to_numpy(), whole["at"].to_numpy()))
    return whole.select("record_no").filter(pl.Series(repeated(whole, order, similarity))).unique()
