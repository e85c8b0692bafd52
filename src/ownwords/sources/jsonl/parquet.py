"""Parquet: row groups at a time, every column as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import polars as pl

from ownwords.core.errors import BadInput, from_os_error
from ownwords.sources._bytes import blocks
from ownwords.sources._json import AT, REPLACEMENT
from ownwords.sources._lines import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BROKEN = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)
#: Year 1 to year 9999, in seconds since 1970.
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799


def schema(path: Path) -> dict[str, pl.DataType]:
    """Names and types of the columns.

    raises   BadInput if it is no Parquet file
    """
    try:
        return dict(pl.read_parquet_schema(path))
    except _BROKEN as error:
        raise _broken(path) from error


def unpacked(path: Path, scratch: Path) -> Path:
    """The content of `path`, which is compressed as a whole, as a file in `scratch`.

    raises   BadInput if it is broken; Disk if there is no room for it
    """
    target = scratch / "unpacked.parquet"
    try:
        with target.open("wb") as out:
            for block in blocks(path):
                out.write(block)
    except OSError as error:
        raise from_os_error(error) from error
    return target


def tables(path: Path, names: Sequence[str], max_rows: int) -> Iterator[tuple[Chunk, pl.DataFrame]]:
    """Slices of some columns as text, with the rows as JSON to hash should one be refused.

    raises   BadInput if the file is broken
    """
    for number, (name, dtype) in enumerate(schema(path).items(), 1):
        if name in names and dtype.is_nested() and not _is_flat(dtype):
            why = f"column {number} holds {dtype.base_type().__name__.lower()}s of lists or objects, which are not read"
            raise BadInput(f"{path.name}: {why}", "write it as text, or leave it out of the mapping")
    try:
        n_rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
        for start in range(0, n_rows, max_rows):
            part = pl.scan_parquet(path).select(names).slice(start, max_rows).collect()
            texts = part.select(_text(name, dtype) for name, dtype in part.schema.items())
            rows = [orjson.dumps(row, default=str) for row in texts.iter_rows()]
            yield Chunk(rows, range(start + 1, start + 1 + part.height)), texts.with_row_index(AT)
    except _BROKEN as error:
        raise _broken(path) from error


def _is_flat(dtype: pl.DataType) -> bool:
    """Whether a list or struct holds single values alone."""
    if isinstance(dtype, pl.Struct):
        return all(isinstance(field.dtype, pl.DataType) and not field.dtype.is_nested() for field in dtype.fields)
    inner = dtype.inner if isinstance(dtype, pl.List) else None
    return isinstance(inner, pl.DataType) and not inner.is_nested() and inner != pl.Binary


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        instant = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else column
        # Beyond these years a date cannot be written, and Polars would stop: it comes in as unknown.
        ticks = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[dtype.time_unit or "us"]
        in_range = instant.to_physical().is_between(_FIRST_SECOND * ticks, min(_LAST_SECOND * ticks, 2**63 - 1))
        return pl.when(in_range).then(instant).dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    if isinstance(dtype, pl.List):
        return column.list.eval(pl.element().cast(pl.String)).list.join(" ")
    if isinstance(dtype, pl.Struct):
        return column.struct.json_encode()
    if dtype == pl.Binary:
        return column.cast(pl.String, strict=False)
    return column.cast(pl.String).str.replace_all("\x00", REPLACEMENT, literal=True)


def _broken(path: Path) -> BadInput:
    return BadInput(f"{path.name} is broken, or no Parquet file", "write it again; nothing of it was taken")
