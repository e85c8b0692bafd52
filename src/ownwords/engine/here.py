"""Steps on this machine: Polars' streaming engine, and files between what cannot stream."""

from __future__ import annotations

import secrets
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
#: In a folder of parts: how many they are.
_SEAL = "n_parts"
#: Rows of one batch in a file. From batches of 100,000 rows, what is read or dealt out next holds 2.2 GB at 5 million posts; from
#: these .9 GB, in the same time.
_BATCH_ROWS = 16_384


@dataclass(frozen=True, slots=True)
class Here:
    """Rows as a query; see `engine.run.Rows`."""

    rows: pl.LazyFrame

    def each(self, change: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Self:
        """One more part of the query."""
        return type(self)(change(self.rows))

    def told(self, change: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame], decisions: Path) -> Self:
        """One more part of the query."""
        return type(self)(change(self.rows, pl.scan_ipc(decisions)))

    def kept(self, path: Path, task: str, n_rows: int | None) -> Self:
        """The query is run, batch by batch, into one file."""
        if not is_whole(path):
            sink(_watched(self.rows, task, n_rows), path)
        return type(self)(pl.scan_ipc(path))

    def together(self, key: str, change: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path, task: str, n_rows: int) -> Self:
        """All at once, or in parts that share no value of the key where there are many rows."""
        if not is_whole(path):
            if n_rows > _AT_ONCE:
                _in_parts(self.rows, key, change, path, task, n_rows)
            else:
                sink(change(_watched(self.rows, task, n_rows)), path)
        return type(self)(scanned(path))

    def decided(
        self,
        read: Callable[[pl.LazyFrame], pl.LazyFrame],
        decide: Callable[[pl.LazyFrame], pl.LazyFrame],
        key: str | None,
        path: Path,
        task: str,
        n_rows: int,
    ) -> Path:
        """All narrow rows at once."""
        if not is_whole(path):
            sink(decide(read(_watched(self.rows, task, n_rows))), path)
        return path

    def noted(self, look: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path) -> pl.LazyFrame:
        """The query is run."""
        if not is_whole(path):
            sink(look(self.rows), path)
        return pl.scan_ipc(path)

    def columns(self) -> list[str]:
        """What the query will yield."""
        return self.rows.collect_schema().names()

    def lazy(self) -> pl.LazyFrame:
        """The query."""
        return self.rows


def sink(rows: pl.LazyFrame, path: Path) -> None:
    """Run a query into one file, which is there whole or not at all; several may be at it at once."""
    partial = path.with_name(f"{path.name}.part-{secrets.token_hex(4)}")
    written(rows, partial)
    files.rename(partial, path)


def written(rows: pl.LazyFrame, where: Path | pl.PartitionBy, *, lasts: bool = True) -> None:
    """Run a query into a file or several, in small batches, in any order; what does not last need not be safe from a loss of power."""
    rows.sink_ipc(
        where,
        mkdir=True,
        compression="lz4",
        record_batch_size=_BATCH_ROWS,
        engine="streaming",
        maintain_order=False,
        sync_on_close="all" if lasts else None,
    )


def scanned(path: Path) -> pl.LazyFrame:
    """What lies at `path`: one file, or a folder of parts."""
    return pl.scan_ipc(path / "*.arrow" if path.is_dir() else path)


def is_whole(path: Path) -> bool:
    """Whether rows lie at `path` and can be read to the end; what cannot is removed, to be made again."""
    parts = list(path.glob("*.arrow")) if path.is_dir() else [path]
    try:
        if path.is_dir() and int((path / _SEAL).read_bytes()) != len(parts):
            raise ValueError("some part is not there")
        for part in parts:
            pl.scan_ipc(part).select(pl.all().null_count()).collect(engine="streaming")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        files.remove_tree(path)
        return False
    return True


def seal(partial: Path, path: Path) -> None:
    """Parts in the folder `partial` are all there are: they become the folder `path`, which says how many they are."""
    n_parts = sum(1 for _ in partial.glob("*.arrow"))
    (partial / _SEAL).write_text(str(n_parts), encoding="ascii")
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
        tell(task, n_done if n_rows is None else min(n_done, n_rows), n_rows, "")  # some queries look at rows twice
        return part

    return rows.map_batches(passing, streamable=True)


def _in_parts(rows: pl.LazyFrame, key: str, change: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path, task: str, n_rows: int) -> None:
    """Rows dealt out to files by a hash of `key`, each changed by itself, one after the other, into the folder `path`."""
    partial, dealt = path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.part-dealt")
    n_parts = -(-n_rows // _AT_ONCE)
    part = (pl.col(key).hash() % n_parts).alias("_part")  # which part is of no consequence
    files.remove_tree(partial)
    by_part = pl.PartitionBy(dealt, key="_part", include_key=False)
    written(rows.with_columns(part), by_part, lasts=False)
    partial.mkdir()
    tell, n_done = teller(), 0
    for number, folder in enumerate(sorted(dealt.iterdir())):
        own = pl.scan_ipc(folder / "*.ipc")
        n_done += int(own.select(pl.len()).collect().item())
        written(change(own), partial / f"{number:05d}.arrow")
        tell(task, n_done, n_rows, "")
        files.remove_tree(folder)
    files.remove_tree(dealt)
    seal(partial, path)
