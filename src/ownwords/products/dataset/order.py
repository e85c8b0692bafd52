"""A table in the order of its row ids, in parts that fit into memory: spread over files by ranges of ids, then sorted range by range."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: Bytes in memory of one part; what is made of it takes some five times as much.
PART_BYTES = 64 << 20
#: Row ids looked at for each part to find where it ends.
_LOOKED_AT = 64


def parts(rows: pl.LazyFrame, scratch: Path) -> Iterator[tuple[pl.DataFrame, bool]]:
    """All of `rows`, sorted by `row_id` (unique), in parts of about PART_BYTES; with each whether it is the only one.

    rows      read once if they are few, else its column row_id is read once more
    scratch   folder for what does not fit into memory; files in it go as they are read
    """
    batches = iter(rows.collect_batches(maintain_order=False, engine="streaming"))
    held, size = [pl.DataFrame(schema=rows.collect_schema())], 0.0
    for batch in batches:
        held.append(batch)
        size += batch.estimated_size()
        if size > PART_BYTES:
            break
    else:
        yield pl.concat(held).sort("row_id"), True
        return
    row_bytes = size / sum(frame.height for frame in held)
    n_parts = _spread(chain([pl.concat(held)], _gathered(batches)), _bounds(rows, row_bytes), scratch)
    held.clear()
    for number in range(n_parts):
        folder = scratch / f"part-{number:05d}"
        if folder.is_dir():
            part = pl.concat([pl.read_ipc(path) for path in sorted(folder.iterdir())])
            files.remove_tree(folder)
            yield part.sort("row_id"), False


def _gathered(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Batches put together to about PART_BYTES, so that few small files come of them."""
    held, size = list[pl.DataFrame](), 0.0
    for batch in batches:
        held.append(batch)
        size += batch.estimated_size()
        if size > PART_BYTES:
            yield pl.concat(held)
            held, size = [], 0.0
    if held:
        yield pl.concat(held)


def _bounds(rows: pl.LazyFrame, row_bytes: float) -> pl.Series:
    """Row ids at which the parts but the first begin, in order. Where they lie changes no result."""
    ids = rows.select("row_id").collect(engine="streaming")["row_id"]
    n_parts = 1 + int(len(ids) * row_bytes / PART_BYTES)
    seen = ids.gather_every(max(1, len(ids) // (n_parts * _LOOKED_AT))).sort()
    return seen.gather([len(seen) * k // n_parts for k in range(1, n_parts)]).unique(maintain_order=True)


def _spread(frames: Iterable[pl.DataFrame], bounds: pl.Series, scratch: Path) -> int:
    """Write each frame's rows to the parts they belong to; returns how many parts there are."""
    for number, frame in enumerate(frames):
        part = bounds.search_sorted(frame["row_id"], side="right")
        for (k,), some in frame.with_columns(pl.Series("part", part)).partition_by("part", as_dict=True, include_key=False).items():
            folder = scratch / f"part-{k:05d}"
            folder.mkdir(parents=True, exist_ok=True)
            some.write_ipc(folder / f"{number:05d}.arrow", compression="uncompressed")  # lz4 takes as long as the rest of this
    return len(bounds) + 1
