"""The rows of a workspace: what the ledger committed, in its current revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.schemas import ACCOUNTS, CITES, RECORDS, conform, one_row_each
from ownwords.store.table import Table, bucket_of, buckets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Versions:
    """Which state of the two tables counts; an event in the ledger says so.

    next_no   the next serial for record numbers, in every bucket
    """

    records: int = 0
    accounts: int = 0
    next_no: int = 1

    def to_json(self) -> dict[str, int]:
        """For the ledger."""
        return {"records": self.records, "accounts": self.accounts, "next_no": self.next_no}


class Store:
    """Records and accounts at rest, in the state that `versions` names."""

    def __init__(self, folder: Path, versions: Versions) -> None:
        self.records = Table(folder / "records", RECORDS)
        self.accounts_table = Table(folder / "accounts", {**ACCOUNTS, "bucket": pl.Int32})
        self.versions = versions

    @classmethod
    def create(cls, folder: Path) -> Store:
        """Two empty tables."""
        store = cls(folder, Versions())
        store.records.create()
        store.accounts_table.create()
        return store

    def scan(self, buckets: Sequence[int] | None = None, batches: Sequence[str] | None = None) -> pl.LazyFrame:
        """RECORDS rows, the highest revision of each record; optionally of some buckets only, or of what came in by some ingests."""
        rows = self.records.scan(self.versions.records)
        if buckets is not None:
            rows = rows.filter(pl.col("bucket").is_in(sorted(set(buckets))))
        if batches is not None:
            rows = rows.filter(pl.col("batch").is_in(list(batches)))
        # Looked at beforehand: one query that reads the rows twice would hold all of them in memory until it has seen the last.
        edited = rows.filter(pl.col("revision") > 0).select("record_id", "revision").collect(engine="streaming")
        if edited.is_empty():
            return rows
        newest = edited.lazy().group_by("record_id").agg(pl.col("revision").max().alias("newest"))
        current = rows.join(newest, on="record_id", how="left", build_side="force_right")
        return current.filter(pl.col("newest").is_null() | (pl.col("revision") == pl.col("newest"))).drop("newest")

    def by_numbers(self, numbers: Iterable[int]) -> pl.LazyFrame:
        """RECORDS rows with these record numbers, current or not there."""
        wanted = pl.Series("record_no", list(numbers), dtype=pl.Int64)
        rows = self.scan((wanted // (1 << 48)).unique().to_list())
        return rows.join(wanted.to_frame().lazy(), on="record_no", how="semi")

    def newest_of(
        self, record_id: str, numbers: Sequence[int], columns: Sequence[str], batches: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """table[columns], one row or none: the highest revision of one record.

        numbers   every number of that record, and perhaps of others
        batches   only revisions that came in by these ingests; None: all
        """
        if not numbers:
            return pl.DataFrame(schema={name: RECORDS[name] for name in columns})
        buckets = sorted({number >> 48 for number in numbers})
        rows = self.records.scan(self.versions.records).filter(pl.col("bucket").is_in(buckets) & pl.col("record_no").is_in(list(numbers)))
        rows = rows.filter(pl.col("record_id") == record_id)
        if batches is not None:
            rows = rows.filter(pl.col("batch").is_in(list(batches)))
        return rows.select(*columns, "revision").collect().sort("revision").tail(1).drop("revision")

    def successors(self, numbers: pl.Series) -> pl.LazyFrame:
        """table[record_no, now]: what the record behind each number is called in its current revision; none if it is gone."""
        wanted = pl.DataFrame({"record_no": numbers.cast(pl.Int64)}).unique()
        buckets = (wanted["record_no"] // (1 << 48)).unique().to_list()
        every = self.records.scan(self.versions.records).filter(pl.col("bucket").is_in(buckets)).select("record_no", "record_id")
        current = self.scan(buckets).select("record_id", pl.col("record_no").alias("now"))
        return every.join(wanted.lazy(), on="record_no", how="semi").join(current, on="record_id", how="inner").select("record_no", "now")

    def numbers_of(self, account_ids: Sequence[str]) -> pl.Series:
        """int64[n]: the numbers of every revision of these accounts' records, and of whatever quotes or reposts one of them."""
        every = self.records.scan(self.versions.records)
        own = every.filter(
            pl.col("bucket").is_in([bucket_of(name) for name in account_ids]) & pl.col("account_id").is_in(list(account_ids))
        )
        theirs = own.select("record_no", "record_id").collect()
        cited = theirs.select("record_id").unique().lazy()
        citing = [every.select("record_no", record_id=name).drop_nulls().join(cited, on="record_id", how="semi") for name in CITES]
        return pl.concat([theirs["record_no"], *(rows.select("record_no").collect()["record_no"] for rows in citing)]).unique()

    def accounts(self) -> pl.DataFrame:
        """ACCOUNTS rows, one an account."""
        return self.accounts_table.scan(self.versions.accounts).select(list(ACCOUNTS)).collect()

    def accounts_of(self, account_ids: Sequence[str]) -> pl.DataFrame:
        """ACCOUNTS rows of these accounts; only their buckets are read."""
        rows = self.accounts_table.scan(self.versions.accounts).filter(pl.col("bucket").is_in([bucket_of(name) for name in account_ids]))
        return rows.filter(pl.col("account_id").is_in(list(account_ids))).select(list(ACCOUNTS)).collect()

    def merge_accounts(self, seen: pl.DataFrame) -> int:
        """Fold ACCOUNTS rows into the table, as `one_row_each` says: what is told later may only narrow; the new version."""
        seen = seen.filter(pl.col("account_id").is_not_null())
        if not seen.height:
            return self.versions.accounts
        buckets = buckets_of(seen["account_id"]).unique().to_list()
        before = self.accounts_table.scan(self.versions.accounts).filter(pl.col("bucket").is_in(buckets)).collect()
        told = one_row_each(pl.concat([before.select(list(ACCOUNTS)), conform(seen, ACCOUNTS)]))
        merged = conform(told.with_columns(buckets_of(told["account_id"]).alias("bucket")), self.accounts_table.schema)
        if merged.sort("account_id").equals(before.select(merged.columns).sort("account_id")):
            return self.versions.accounts
        return self.accounts_table.overwrite(buckets, merged)

    def compact(self) -> int:
        """Rewrite buckets of more than 16 files as one file each; the new version of the records."""
        version = self.versions.records
        for bucket in self.records.crowded():
            rows = self.records.scan(version).filter(pl.col("bucket") == bucket).collect()
            version = self.records.overwrite([bucket], rows)
        return version
