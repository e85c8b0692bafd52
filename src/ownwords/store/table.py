"""One Delta table in 64 buckets: append, read at a version, rewrite buckets, and leave no trace of what was there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.errors import BadWorkspace
from ownwords.core.files import fault_point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from arro3.core import RecordBatch, RecordBatchReader
    from deltalake import DeltaTable, WriterProperties

    from ownwords.core.schemas import Columns

N_BUCKETS = 64
MAX_FILES_PER_BUCKET = 16
_ROW_GROUP = 1 << 16
_REPEATED = ("state", "account_id", "network", "category", "visibility", "language", "terms", "batch", "jurisdiction")


@cache
def bucket_of(account_id: str | None) -> int:
    """The bucket of an account, 0 to 63; the same for ever."""
    return int.from_bytes(blake2b((account_id or "").encode(), digest_size=8).digest()) % N_BUCKETS


def buckets_of(accounts: pl.Series) -> pl.Series:
    """int32[len]: the bucket of each account id; hashes every distinct id once."""
    distinct = accounts.unique()
    ids = pl.DataFrame({"id": distinct, "bucket": pl.Series([bucket_of(name) for name in distinct], dtype=pl.Int32)})
    return pl.DataFrame({"id": accounts}).join(ids, on="id", how="left", nulls_equal=True, maintain_order="left")["bucket"]


@dataclass(frozen=True, slots=True)
class Table:
    """A Delta table at `path` with the columns of `schema`, partitioned by `bucket`."""

    path: Path
    schema: Columns

    def create(self) -> None:
        """Write the empty table: version 0."""
        from arro3.core import Table as ArrowTable
        from deltalake import DeltaTable

        DeltaTable.create(
            str(self.path),
            ArrowTable.from_arrow(pl.DataFrame(schema=self.schema)).schema,
            partition_by=["bucket"],
            configuration={"delta.dataSkippingStatsColumns": "bucket", "delta.logRetentionDuration": "interval 0 days"},
        )

    def version(self) -> int:
        """The newest version, committed by the ledger or not."""
        return int(self._open().version())

    def scan(self, version: int) -> pl.LazyFrame:
        """Every row at `version`.

        raises   BadWorkspace naming a file that is not there, or not as long as it was written: to read it would stop the program
        """
        from deltalake import DeltaTable

        written = self._written(version)
        table = _opened(self.path, version, written) if written else DeltaTable(str(self.path), version=version)
        actions = table.get_add_actions(flatten=True)
        for name, n_bytes in zip(actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), strict=True):
            path = self.path / name
            if not path.is_file() or path.stat().st_size != n_bytes:
                raise BadWorkspace(f"{path} is missing or damaged", "restore it from a backup")
        return pl.scan_delta(table)

    def _written(self, version: int) -> tuple[int, ...]:
        """What tells this version's log entry from that of a table which stood here before: inode, time of change; empty if it has none."""
        log = self.path / "_delta_log"
        for path in (log / f"{version:020}.json", log / f"{version:020}.checkpoint.parquet"):
            if path.exists():
                found = path.stat()
                return (found.st_ino, found.st_mtime_ns)
        return ()

    def append(self, frames: Iterable[pl.DataFrame], batch: str) -> int:
        """Append `frames`, one Delta version each, or one for those of one bucket; no more than one frame is held; the new version.

        Until the ledger names that version nobody reads it, and `roll_back` undoes them all.
        """
        from deltalake import CommitProperties, write_deltalake

        for _, several in groupby((frame for frame in frames if frame.height), _bucket):
            table = self._open()
            properties = CommitProperties(custom_metadata={"batch": batch})
            rows = _reader(table, several)
            write_deltalake(table, rows, mode="append", writer_properties=_properties(), commit_properties=properties)
            fault_point("store.appended")
        return self.version()

    def overwrite(self, buckets: Sequence[int], rows: pl.DataFrame) -> int:
        """Replace all rows of `buckets` by `rows` (all of them in those buckets); the new version."""
        from deltalake import write_deltalake

        table = self._open()
        wanted = ", ".join(str(bucket) for bucket in sorted(set(buckets)))
        predicate = f"bucket IN ({wanted})"
        write_deltalake(table, _reader(table, [rows]), mode="overwrite", predicate=predicate, writer_properties=_properties())
        fault_point("store.overwritten")
        return self.version()

    def roll_back(self, version: int) -> int:
        """Make the rows of `version` the newest state again; the new version. What came after it is left for `clean`."""
        table = self._open()
        if table.version() > version:
            table.restore(version)
        return self.version()

    def clean(self) -> None:
        """Delete every file that the newest version does not name, and every older log entry.

        Not delta-rs' own vacuum: that one commits versions of its own, which no ledger event would name.
        """
        table = self._open()
        named = {path.removeprefix("file://").rpartition("/")[2] for path in table.file_uris()}
        fault_point("store.before-clean")
        for path in self.path.glob("bucket=*/*"):
            if path.name not in named:
                path.unlink(missing_ok=True)
        table.create_checkpoint()
        table.cleanup_metadata()
        fault_point("store.cleaned")

    def crowded(self) -> list[int]:
        """Buckets with more than 16 files."""
        counts: dict[int, int] = {}
        for path in self._open().file_uris():
            bucket = int(path.rpartition("bucket=")[2].partition("/")[0])
            counts[bucket] = counts.get(bucket, 0) + 1
        return sorted(bucket for bucket, n_files in counts.items() if n_files > MAX_FILES_PER_BUCKET)

    def _open(self) -> DeltaTable:
        from deltalake import DeltaTable

        return DeltaTable(str(self.path))


def _bucket(frame: pl.DataFrame) -> object:
    """The one bucket of a frame; of several, something that equals nothing else."""
    buckets = frame["bucket"].unique()
    return int(buckets[0]) if len(buckets) == 1 else object()


@lru_cache(maxsize=8)
def _opened(path: Path, version: int, written: tuple[int, ...]) -> DeltaTable:
    """The table at a version, which never changes: its log is read once."""
    from deltalake import DeltaTable

    return DeltaTable(str(path), version=version)


def _reader(table: DeltaTable, frames: Iterable[pl.DataFrame]) -> RecordBatchReader:
    """Arrow batches with the table's plain types: Polars' string views would be refused by some readers."""
    from arro3.core import RecordBatch, RecordBatchReader, Schema
    from arro3.core import Table as ArrowTable

    schema = Schema.from_arrow(table.schema().to_arrow())
    types = [schema.field(name).type for name in schema.names]

    def batches() -> Iterator[RecordBatch]:
        for frame in frames:
            if frame.height:
                columns = ArrowTable.from_arrow(frame.select(schema.names).rechunk()).combine_chunks().columns
                arrays = [column.cast(kind).combine_chunks() for column, kind in zip(columns, types, strict=True)]
                yield RecordBatch.from_arrays(arrays, schema=schema)

    return RecordBatchReader.from_batches(schema, batches())


@cache
def _properties() -> WriterProperties:
    """Zstandard, and no column statistics: minima and maxima are people's words. Dictionaries only where few values come again.

    Row groups are small: one is held whole by whoever reads or writes it, and one account may have millions of rows.
    """
    from deltalake import ColumnProperties, WriterProperties

    plain, coded = (ColumnProperties(statistics_enabled="NONE", dictionary_enabled=coded) for coded in (False, True))
    return WriterProperties(
        compression="ZSTD",
        max_row_group_size=_ROW_GROUP,
        default_column_properties=plain,
        column_properties=dict.fromkeys(_REPEATED, coded),
    )
