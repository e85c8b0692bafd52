"""Answer from a dataset: each page of rows is put to the gate again before it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.errors import NotFound, Usage
from ownwords.datasets import by_stable_chance
from ownwords.products.dataset import Rows, Sample, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ownwords.core.product import Artifact, Context, Event

PAGE = 1000
SPLITS = ("train", "held_out")


def use(artifact: Artifact, request: object, ctx: Context) -> Iterator[Event]:
    """Answer `rows`, `sample` or `summary`, event by event.

    Rows come as {row_id, split, text, turns, record_ids}; the last event counts what was given and what was withheld
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
    account = ctx.account(request.of) if request.of else ""
    n_given = n_withheld = 0
    for page in _pages(artifact, (request.split,) if request.split else SPLITS):
        mine = _of(page, account, ctx) if account else page
        allowed = mine.filter(is_allowed(mine, ctx))
        n_withheld += mine.height - allowed.height
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
    ids = pl.concat([pl.scan_parquet(artifact.folder / f"{split}.parquet").select("row_id", "split", "origins") for split in SPLITS])
    shuffled = by_stable_chance(ids.collect(engine="streaming"), "row_id", request.seed)
    n_given = n_withheld = 0
    for start in range(0, shuffled.height, PAGE):
        page = shuffled.slice(start, PAGE)
        allowed = page.filter(is_allowed(page, ctx))
        n_withheld += page.height - allowed.height
        for event in _while_settled(_full(artifact, allowed.head(request.n - n_given)), ctx):
            n_given += 1
            yield event
        if n_given >= request.n:
            break
    yield {"n_rows": n_given, "n_withheld": n_withheld}


def _summary(artifact: Artifact, ctx: Context) -> Iterator[Event]:
    n_rows = n_allowed = 0
    for page in _pages(artifact, SPLITS, ("row_id", "split", "origins")):
        n_rows += page.height
        n_allowed += int(is_allowed(page, ctx).sum())
    yield {"artifact": artifact.name, "rows": n_rows, "rows_permitted_now": n_allowed, **artifact.manifest.metrics}


def is_allowed(rows: pl.DataFrame, ctx: Context) -> pl.Series:
    """bool per row: every record it was made from is permitted now."""
    origins = rows.select(pl.int_range(pl.len()).alias("row"), "origins").explode("origins", keep_nulls=False)
    refused = origins.filter(~ctx.allowed(origins["origins"]))["row"]
    return rows.select(~pl.int_range(pl.len()).is_in(refused.implode())).to_series()


def _of(rows: pl.DataFrame, account: str, ctx: Context) -> pl.DataFrame:
    """The rows with words of one account among what they were made from."""
    held = ctx.rows(rows["origins"].explode(keep_nulls=False).unique().to_list())
    theirs = held.filter(pl.col("account_id") == account)["record_no"]
    return rows.filter(pl.col("origins").list.eval(pl.element().is_in(theirs.implode())).list.any())


def _pages(artifact: Artifact, splits: tuple[str, ...], columns: tuple[str, ...] = ()) -> Iterator[pl.DataFrame]:
    for split in splits:
        rows = pl.scan_parquet(artifact.folder / f"{split}.parquet")
        rows = rows.select(columns) if columns else rows
        for start in range(0, rows.select(pl.len()).collect().item(), PAGE):
            yield rows.slice(start, PAGE).collect()


def _full(artifact: Artifact, wanted: pl.DataFrame) -> pl.DataFrame:
    """All columns of the rows in `wanted`, in its order."""
    found = pl.concat([pl.scan_parquet(artifact.folder / f"{split}.parquet") for split in SPLITS])
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
