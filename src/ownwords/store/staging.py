"""Parsed rows wait on disk, sorted by bucket, until the commit that makes them visible."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.schemas import PARSED, RECORDS, conform
from ownwords.store.redact import REFERENCES
from ownwords.store.table import N_BUCKETS, buckets_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ownwords.store.store import Store

_ROWS_AT_A_TIME = 80_000
#: Columns whose change makes a new revision; lists are compared as JSON.
_CONTENT = [name for name in PARSED if name not in {"record_id", "revision", "observed_at", "batch", "terms", "conversation"}]


@dataclass
class Staging:
    """Rows on their way in; counts what became of them.

    n_new, n_changed, n_unchanged   first seen; a new revision; already there, or older than what is there
    """

    folder: Path
    batch: str
    n_new: int = 0
    n_changed: int = 0
    n_unchanged: int = 0
    next_no: int = 1
    per_bucket: dict[int, int] = field(default_factory=dict)
    _n_chunks: int = 0

    def add(self, records: pl.DataFrame) -> None:
        """Keep PARSED rows; those without an id get one from their content."""
        rows = conform(records, PARSED).with_columns(buckets_of(records["account_id"].cast(pl.String)).alias("bucket"))
        rows = rows.sort("bucket", maintain_order=True)
        for bucket, n_rows in rows["bucket"].value_counts().iter_rows():
            self.per_bucket[bucket] = self.per_bucket.get(bucket, 0) + n_rows
        rows.write_parquet(self.folder / f"chunk-{self._n_chunks:05}.parquet", compression="lz4", row_group_size=8192)
        self._n_chunks += 1

    def frames(self, store: Store) -> Iterator[pl.DataFrame]:
        """RECORDS rows that are new or changed against `store`, numbered, a few buckets at a time."""
        self.next_no = store.versions.next_no
        homed = self._homed(store)
        for buckets in self._groups():
            rows = self._rows().filter(pl.col("bucket").is_in(buckets)).join(homed.lazy(), on="record_id", how="anti").collect()
            rows = pl.concat([rows, homed.filter(pl.col("bucket").is_in(buckets))])
            fresh = self._against(_identified(rows), store.scan(buckets).select("record_id", "revision", *_CONTENT).collect())
            numbers = pl.int_range(self.next_no, self.next_no + fresh.height, dtype=pl.Int64, eager=True)
            numbered = fresh.with_columns(
                (pl.col("bucket").cast(pl.Int64) * (1 << 48) + numbers).alias("record_no"), pl.lit(self.batch).alias("batch")
            )
            self.next_no += fresh.height
            yield conform(numbered, RECORDS)

    def _rows(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.folder / "chunk-*.parquet") if self._n_chunks else pl.LazyFrame(schema={**PARSED, "bucket": pl.Int32})

    def _homed(self, store: Store) -> pl.DataFrame:
        """Staged rows without an author whose record is held: they are that author's, in that author's bucket.

        So a notice that a post was deleted, which names nobody any more, finds the post it is about.
        """
        nameless = self._rows().filter(pl.col("account_id").is_null() & pl.col("record_id").is_not_null())
        held = store.scan().filter(pl.col("account_id").is_not_null()).select("record_id", "account_id", "bucket")
        found = nameless.join(held, on="record_id", how="inner", suffix="_held").collect()
        homed = found.with_columns(account_id=pl.col("account_id_held"), bucket=pl.col("bucket_held")).drop(
            "account_id_held", "bucket_held"
        )
        for rows, sign in ((found, -1), (homed, 1)):
            for bucket, n_rows in rows["bucket"].value_counts().iter_rows():
                self.per_bucket[bucket] = self.per_bucket.get(bucket, 0) + sign * n_rows
        return homed

    def _groups(self) -> Iterator[list[int]]:
        group: list[int] = []
        n_rows = 0
        for bucket in range(N_BUCKETS):
            count = self.per_bucket.get(bucket, 0)
            if group and n_rows + count > _ROWS_AT_A_TIME:
                yield group
                group, n_rows = [], 0
            if count:
                group.append(bucket)
                n_rows += count
        if group:
            yield group

    def _against(self, rows: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
        """The rows that say something new; revisions continue those held."""
        rows = rows.unique(["record_id", "revision", *_flat(_CONTENT)], keep="last", maintain_order=True)
        # Two different rows of one record and revision: the later one is a later revision.
        later = pl.int_range(pl.len()).over("record_id", "revision")
        rows = rows.with_columns((pl.col("revision") + later).cast(pl.Int32).alias("revision"))
        n_rows = sum(self.per_bucket[bucket] for bucket in rows["bucket"].unique())
        marked = rows.join(held, on="record_id", how="left", suffix="_held", maintain_order="left")
        same = pl.all_horizontal(_same(name) for name in _CONTENT)
        stale = pl.col("state_held").is_in(["deleted", "withheld"]) & (pl.col("state") == "live")
        is_new = pl.col("revision_held").is_null()
        older = (pl.col("revision") < pl.col("revision_held")) & (pl.col("revision") > 0)
        keep = is_new | ~(same | stale | older)
        revision = pl.when(is_new).then("revision").otherwise(pl.max_horizontal("revision", pl.col("revision_held") + 1))
        fresh = marked.filter(keep).with_columns(revision.cast(pl.Int32).alias("revision"), is_new.alias("is_new"))
        n_new = int(fresh["is_new"].sum())
        self.n_new += n_new
        self.n_changed += fresh.height - n_new
        self.n_unchanged += n_rows - fresh.height
        return fresh.select(*PARSED, "bucket")


def _identified(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with a record id each: without a native one, sha256 of network, account, time, text and ordinal."""
    anonymous = rows["record_id"].is_null()
    if not anonymous.any():
        return rows.with_columns(pl.col("revision").fill_null(0))
    key = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("") for name in ("network", "account_id", "created_at", "text")], separator="\x1f"
    )
    keyed = rows.with_columns(key.alias("key"))
    ordinal = pl.int_range(pl.len()).over("key").cast(pl.String)
    texts = keyed.select(pl.concat_str([pl.col("key"), ordinal], separator="\x1f").filter(pl.col("record_id").is_null()))
    digests = [sha256(text.encode()).hexdigest() for text in texts.to_series()]
    made = pl.DataFrame({"row": anonymous.arg_true(), "made": pl.Series(digests, dtype=pl.String)})
    return (
        rows.with_row_index("row")
        .join(made.cast({"row": pl.UInt32}), on="row", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("record_id", pl.col("network") + ":" + pl.col("made")).alias("record_id"), pl.col("revision").fill_null(0)
        )
        .drop("row", "made")
    )


def _flat(names: list[str]) -> list[str]:
    """Columns that are not lists."""
    return [name for name in names if not isinstance(PARSED[name], pl.List)]


def _same(name: str) -> pl.Expr:
    """Whether a column says the same as the held row; `gone:` and `[forgotten]` say what they stand for."""
    now, held = pl.col(name), pl.col(f"{name}_held")
    if isinstance(PARSED[name], pl.List):
        return now.list.len().fill_null(0) == held.list.len().fill_null(0)
    if name in REFERENCES:
        return now.eq_missing(held) | (now.str.starts_with("gone:") & held.str.starts_with("gone:")).fill_null(False)
    return now.eq_missing(held)
