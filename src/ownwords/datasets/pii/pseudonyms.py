"""A place in line instead of the number: each phone, card or account of a dataset bears the same one wherever it stands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.step import Reduce, Stage
from ownwords.datasets._stable import hashed
from ownwords.datasets._texts import touched
from ownwords.datasets.pii.masking import MARK, folded, masked, ready, spans, spliced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ownwords.datasets.pii.masking import Pass, Within

#: Names and addresses get none: what the store wrote as [forgotten] must come out the same as the name (law 2).
NUMBERED = ("phone", "card", "iban", "ip", "nik", "ssn", "id")
_MASKS = [f"[{kind}]" for kind in NUMBERED]
_SAID = pl.List(pl.Struct({"kind": pl.String, "value": pl.UInt64}))
_MARKED = pl.Struct({"text": pl.String, "said": _SAID})


def stages(passes: Sequence[Pass | Within]) -> tuple[Stage, Reduce]:
    """`text` with `[phone_1]` for the number that comes first by (created_at, record_id), `[phone_2]` for the next, and so on.

    The first stage masks, marks which masks get a number, and adds `said`, hashes of what stood there; the second counts and takes
    `said` away. So no hash of a number, from which it could be guessed, is handed on.
    """
    mark = pl.col("text").map_batches(partial(_marked, passes=passes), return_dtype=_MARKED, is_elementwise=True)
    first = Stage(None, lambda rows: rows.with_columns(mark.alias("said")).with_columns(pl.col("said").struct.unnest()))
    return first, Reduce(_read, _decide, _told)


def _marked(texts: pl.Series, passes: Sequence[Pass | Within]) -> pl.Series:
    """string[R] to struct[R] of text, with MARK before the `]` of a mask that gets a number, and said: kinds and hashes in order."""
    texts = ready(texts)
    plain = masked(texts, passes)
    rows = plain.str.contains_any(_MASKS).arg_true()
    raw = texts.gather(rows)
    found = spans(raw, passes).with_columns(pl.col("kind").is_in(NUMBERED).alias("is_numbered"))
    mark = pl.when("is_numbered").then(pl.lit(MARK)).otherwise(pl.lit(""))
    marked = touched(plain, plain.str.contains_any(_MASKS), lambda _: spliced(raw, found, pl.concat_str("kind", mark)))
    said = _said(found.with_columns(folded(raw).gather(found["row"]).alias("raw")))
    told = said.select(rows.gather(said["row"]).cast(pl.Int64).alias("row"), "said")
    whole = pl.DataFrame({"row": pl.int_range(len(texts), eager=True), "text": marked})
    joined = whole.join(told, on="row", how="left", maintain_order="left")
    return joined.select(pl.struct("text", "said").cast(_MARKED)).to_series()


def _said(found: pl.DataFrame) -> pl.DataFrame:
    """table[row, said] of rows with numbers: digits of a phone, else also letters, and the marks between an address's parts."""
    kind, value = pl.col("kind"), pl.col("raw").str.slice("start", pl.col("end") - pl.col("start")).str.to_uppercase()
    bare = (
        pl.when(kind == "ip").then(value)
        .when(kind == "phone").then(value.str.replace_all("[^0-9]", ""))
        .otherwise(value.str.replace_all("[^0-9A-Z]", ""))
    )  # fmt: skip
    said = found.filter("is_numbered").with_columns(bare.alias("value"))
    return said.group_by("row", maintain_order=True).agg(pl.struct("kind", hashed(pl.col("value")).alias("value")).alias("said"))


def _read(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row a number: where it stands and what it is."""
    said = rows.filter(pl.col("said").list.len() > 0).select("record_no", "created_at", "record_id", "said")
    placed = said.with_columns(pl.int_ranges(pl.col("said").list.len()).alias("place")).explode("said", "place")
    return placed.with_columns(pl.col("said").struct.unnest()).drop("said")


def _decide(numbers: pl.LazyFrame) -> pl.LazyFrame:
    """table[record_no, numbers]: for the numbers of a record, in order, which one of its kind each is; 1 came first."""
    first = numbers.sort("created_at", "record_id", "place", nulls_last=True).unique(["kind", "value"], keep="first", maintain_order=True)
    ranked = first.select("kind", "value", pl.int_range(1, pl.len() + 1).over("kind").alias("number"))
    told = numbers.join(ranked, on=["kind", "value"]).sort("record_no", "place")
    return told.group_by("record_no", maintain_order=True).agg(pl.col("number").cast(pl.Int64).alias("numbers"))


def _told(rows: pl.LazyFrame, decided: pl.LazyFrame) -> pl.LazyFrame:
    both = pl.struct("text", "numbers").map_batches(_numbered, return_dtype=pl.String, is_elementwise=True)
    return rows.join(decided, on="record_no", how="left").with_columns(both.alias("text")).drop("numbers", "said")


def _numbered(rows: pl.Series) -> pl.Series:
    """struct[R] of text with MARKs and their numbers to string[R]."""
    texts, numbers = rows.struct.field("text"), rows.struct.field("numbers")
    which = numbers.is_not_null()

    def change(some: pl.Series) -> pl.Series:
        frame = pl.DataFrame({"row": pl.int_range(len(some), eager=True), "piece": some.str.split(MARK), "number": numbers.filter(which)})
        ended = frame.with_columns(pl.concat_list("number", pl.lit(None, pl.Int64))).explode("piece", "number")
        piece = pl.col("piece") + pl.coalesce(pl.format("_{}", "number"), pl.lit(""))
        return ended.group_by("row", maintain_order=True).agg(piece.str.join("").alias("text"))["text"]

    return touched(texts, which, change)
