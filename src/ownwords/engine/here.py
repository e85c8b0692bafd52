"""Steps on this machine: Polars' streaming engine, and files between what cannot stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import polars as pl

from ownwords.core import files
from ownwords.core.progress import teller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Rows that are held at once where rows that belong together have to meet.
_AT_ONCE = 400_000


@dataclass(frozen=True, slots=True)
class Here:
    """Rows as a query; see `engine.run.Rows`."""

    rows: pl.LazyFrame

    def each(self, change: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Self:
        """One more part of the query."""
        return type(self)(change(self.rows))

    def told(self, change: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame], decisions: pl.LazyFrame) -> Self:
        """One more part of the query."""
        return type(self)(change(self.rows, decisions))

    def kept(self, path: Path, task: str, n_rows: int | None) -> Self:
        """The query is run, batch by batch, into one file."""
        if not path.exists():
            _sink(_watched(self.rows, task, n_rows), path)
        return type(self)(pl.scan_ipc(path))

    def together(self, key: str, change: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path, task: str, n_rows: int) -> Self:
        """All at once, or in parts that share no value of the key where there are many rows."""
        n_parts = -(-n_rows // _AT_ONCE)
        if n_parts <= 1:
            return type(self)(change(self.rows)).kept(path, task, None)
        if not path.exists():
            _in_parts(self.rows, key, change, path, task, n_parts)
        return type(self)(pl.scan_ipc(path / "*.arrow"))

    def decided(
        self,
        read: Callable[[pl.LazyFrame], pl.LazyFrame],
        decide: Callable[[pl.LazyFrame], pl.LazyFrame],
        key: str | None,
        path: Path,
        task: str,
    ) -> pl.LazyFrame:
        """All narrow rows at once."""
        if not path.exists():
            tell = teller()
            tell(task, 0, None, "looks at all rows together")
            _sink(decide(read(self.rows)), path)
        return pl.scan_ipc(path)

    def lazy(self) -> pl.LazyFrame:
        """The query."""
        return self.rows


def _sink(rows: pl.LazyFrame, path: Path) -> None:
    partial = path.with_name(f"{path.name}.part")
    rows.sink_ipc(partial, compression="lz4", engine="streaming", maintain_order=False, sync_on_close="all")
    files.rename(partial, path)


def _watched(rows: pl.LazyFrame, task: str, n_rows: int | None) -> pl.LazyFrame:
    """`rows`, whose number is told as they pass."""
    tell = teller()
    if not tell.is_heard:
        return rows
    n_done = 0

    def passing(part: pl.DataFrame) -> pl.DataFrame:
        nonlocal n_done
        n_done += part.height
        tell(task, n_done, n_rows, "")
        return part

    return rows.map_batches(passing, streamable=True)


def _in_parts(rows: pl.LazyFrame, key: str, change: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path, task: str, n_parts: int) -> None:
    """Rows dealt out to files by a hash of `key`, each changed by itself, one after the other, into the folder `path`."""
    partial, dealt = path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.part-dealt")
    part = (pl.col(key).hash() % n_parts).alias("_part")  # which part is of no consequence
    by_part = pl.PartitionBy(dealt, key="_part", include_key=False)
    rows.with_columns(part).sink_ipc(by_part, mkdir=True, compression="lz4", engine="streaming", maintain_order=False)
    partial.mkdir()
    tell = teller()
    for number, folder in enumerate(sorted(dealt.iterdir())):
        tell(task, number, n_parts, "parts")
        change(pl.scan_ipc(folder / "*.ipc")).sink_ipc(partial / f"{number:05d}.arrow", compression="lz4", engine="streaming")
        files.remove_tree(folder)
    tell(task, n_parts, n_parts, "parts")
    files.remove_tree(dealt)
    files.rename(partial, path)
