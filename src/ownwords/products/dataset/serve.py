"""Answer from a dataset: each page of rows is put to the gate again before it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.errors import NotFound, Usage
from ownwords.products.dataset import Rows, Sample, Summary
from ownwords.products.dataset.examples import chance
from ownwords.products.dataset.forms import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ownwords.core.product import Artifact, Context, Event

PAGE = 1000
#: Rows read at a time while looking for somebody's: those of a block of the Parquet file.
_BLOCK = 65_536


def use(artifact: Artifact, request: object, ctx: Context) -> Iterator[Event]:
    """Answer `rows`, `sample` or `summary`, event by event.

    Rows come with the columns of their form but `origins`; the last event counts what was given and what was withheld
    because a permission it needs is gone.
    """
    if isinstance(request, Rows):
        return _rows(artifact, request, ctx)
    if isinstance(request, Sample):
        return _sample(artifact, request, ctx)
    if isinstance(request, Summary):
        return _summary(artifact, ctx)
    raise NotFound.among("request", type(request).__name__.lower(), ("rows", "sample", "summary"))


def _rows(artifact: Artifact, request: Rows, ctx: Context) -> Iterator[Event]:
    if request.split not in ("", *SPLITS):
        raise Usage(f"dataset: split {request.split!r} does not exist", "choose --split train or --split held_out")
    theirs = ctx.numbers(ctx.account(request.of)) if request.of else None
    n_given = n_withheld = 0
    for page in _pages(artifact, (request.split,) if request.split else SPLITS, theirs):
        allowed = page.filter(is_allowed(page, ctx))
        n_withheld += page.height - allowed.height
        n_page = 0
        for event in _while_settled(allowed, ctx):
            if request.limit and n_given >= request.limit:
                break
            n_given, n_page = n_given + 1, n_page + 1
            yield event
        else:
            n_withheld += allowed.height - n_page
        if request.limit and n_given >= request.limit:
            break
    yield {"n_rows": n_given, "n_withheld": n_withheld}


def _sample(artifact: Artifact, request: Sample, ctx: Context) -> Iterator[Event]:
    ids = pl.concat([_scan(artifact, split).select("row_id", "origins") for split in SPLITS])
    by_chance = ids.with_columns(chance("row_id", request.seed).alias("chance"))
    n_given = n_withheld = n_seen = 0
    n_looked = max(PAGE, 2 * request.n)
    while n_given < request.n:
        first = by_chance.bottom_k(n_looked, by=["chance", "row_id"]).collect(engine="streaming").sort("chance", "row_id")
        page = first.slice(n_seen).drop("chance")
        allowed = page.filter(is_allowed(page, ctx))
        n_withheld += page.height - allowed.height
        for event in _while_settled(_full(artifact, allowed.head(request.n - n_given)), ctx):
            n_given += 1
            yield event
        if first.height < n_looked:
            break
        n_seen, n_looked = n_looked, 4 * n_looked
    yield {"n_rows": n_given, "n_withheld": n_withheld}


def _summary(artifact: Artifact, ctx: Context) -> Iterator[Event]:
    """Every record is asked about once; a row counts if all of its records are permitted."""
    n_rows = n_refused = 0
    for split in SPLITS:
        origins = _scan(artifact, split).select("origins").with_row_index("row")
        n_rows += _height(artifact, split)
        each = origins.explode("origins", keep_nulls=False)
        numbers = each.select(pl.col("origins").unique()).collect(engine="streaming")["origins"]
        refused = numbers.filter(~ctx.allowed(numbers))
        if len(refused):
            hit = each.filter(pl.col("origins").is_in(refused.implode())).select(pl.col("row").n_unique())
            n_refused += int(hit.collect(engine="streaming").item())
    yield {"artifact": artifact.name, "rows": n_rows, "rows_permitted_now": n_rows - n_refused, **artifact.manifest.metrics}


def is_allowed(rows: pl.DataFrame, ctx: Context) -> pl.Series:
    """bool per row: every record it was made from is permitted now."""
    origins = rows.select(pl.int_range(pl.len()).alias("row"), "origins").explode("origins", keep_nulls=False)
    refused = origins.filter(~ctx.allowed(origins["origins"]))["row"]
    return rows.select(~pl.int_range(pl.len()).is_in(refused.implode())).to_series()


def _pages(artifact: Artifact, splits: tuple[str, ...], theirs: pl.Series | None) -> Iterator[pl.DataFrame]:
    """The rows in their order, PAGE at a time; only those made from the records `theirs`, if that is given.

    Of the files only the blocks are read in which such rows are, each once: where they are, `origins` alone tells.
    """
    for split in splits:
        rows = _scan(artifact, split)
        hits = None if theirs is None else _places(rows, theirs)
        step = PAGE if hits is None else max(_BLOCK, PAGE)
        for start in range(0, _height(artifact, split), step):
            if hits is None:
                yield rows.slice(start, step).collect()
                continue
            here = hits.filter(hits.is_between(start, start + step, closed="left"))
            if len(here):
                block = rows.slice(start, step).collect()[(here - start).to_list()]
                yield from (block.slice(first, PAGE) for first in range(0, block.height, PAGE))


def _places(rows: pl.LazyFrame, theirs: pl.Series) -> pl.Series:
    """Where in `rows` those are that have one of the records `theirs` among their origins."""
    each = rows.select(pl.col("origins")).with_row_index("row").explode("origins", keep_nulls=False)
    found = each.filter(pl.col("origins").is_in(theirs.implode())).select(pl.col("row").cast(pl.Int64).unique().sort())
    return found.collect(engine="streaming")["row"]


def _scan(artifact: Artifact, split: str) -> pl.LazyFrame:
    return pl.scan_parquet(artifact.folder / f"{split}.parquet")


def _height(artifact: Artifact, split: str) -> int:
    return int(_scan(artifact, split).select(pl.len()).collect().item())


def _full(artifact: Artifact, wanted: pl.DataFrame) -> pl.DataFrame:
    """All columns of the rows in `wanted`, in its order."""
    found = pl.concat([_scan(artifact, split) for split in SPLITS])
    chosen = found.filter(pl.col("row_id").is_in(wanted["row_id"].implode())).collect(engine="streaming")
    return wanted.select("row_id").join(chosen, on="row_id", maintain_order="left")


def _while_settled(rows: pl.DataFrame, ctx: Context) -> Iterator[Event]:
    """Rows as events; when somebody decides something in the middle, the gate is asked again about the rest."""
    for n, event in enumerate(_events(rows)):
        if not ctx.settled():
            rest = rows.slice(n)
            yield from _while_settled(rest.filter(is_allowed(rest, ctx)), ctx)
            return
        yield event


def _events(rows: pl.DataFrame) -> Iterator[Event]:
    yield from rows.drop("origins").iter_rows(named=True)
