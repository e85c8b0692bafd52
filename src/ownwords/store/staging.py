"""Parsed rows wait on disk, sorted by bucket, until the commit that makes them visible."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.schemas import PARSED, PRIVATE, RECORDS, VISIBILITY_ORDER, conform, rank
from ownwords.store.redact import REFERENCES
from ownwords.store.table import N_BUCKETS, bucket_of, buckets_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ownwords.store.store import Store

_ROWS_AT_A_TIME = 250_000
_FILES_AT_A_TIME = 25
#: What lets a reader pass over row groups of other buckets; not compressed, for it is read once and soon.
_STATISTICS: dict[str, bool] = {"min": True, "max": True, "distinct_count": False, "null_count": False}
#: A file in the folder of an ingest whose rows were deleted, because somebody in them was forgotten.
PUT_AWAY = "put-away"
#: Columns whose change makes a new revision. The terms are those of the copy that came last: it is the one that is held.
_CONTENT = [name for name in PARSED if name not in {"record_id", "revision", "observed_at", "conversation"}]
_LISTS = [name for name in _CONTENT if isinstance(PARSED[name], pl.List)]
_PLAIN = [name for name in _CONTENT if name not in _LISTS]
#: What a row that leaves it unknown has from the row before it.
_FILLED = [name for name in _CONTENT if name not in {"visibility", "category", "signals"}]
#: What people write; the attributes of these (scores, counts) change without anybody writing anything.
_WRITTEN = ["post", "reply", "repost", "reaction"]
#: What is not held of a record that was not for everyone.
_PERSONAL = ["text", "language", "attributes", "media", "mentions", "audience"]
#: Of two states that are told of one record the stricter counts, for good.
_STATES = ("live", "withheld", "deleted")
#: Signals that no import takes back, however old they are.
_LASTING = ["hold", "special-category"]
#: A revision that no other follows.
_LAST = 2**31 - 1
#: Parts of a bucket that is too large to be looked at in one go.
_PARTS = 256
_STAGED = {**PARSED, "bucket": pl.Int32, "_row": pl.Int64, "_part": pl.UInt8}


@dataclass
class Staging:
    """Rows on their way in; counts what became of them.

    A record's visibility only narrows: of all that is told of it, here and before, in whatever order, the narrowest counts; null and
    `unknown` say nothing. A record that turns out to be private keeps its place, and nothing of what was written. So does the strictest
    state, and so do signals: rows of one record that come together are taken as if they had come one after the other.

    n_new, n_changed, n_unchanged   first seen; a new revision; already there, or older than what is there
    """

    folder: Path
    batch: str
    n_new: int = 0
    n_changed: int = 0
    n_unchanged: int = 0
    next_no: int = 1
    per_bucket: dict[int, int] = field(default_factory=dict)
    _private: list[pl.DataFrame] = field(default_factory=list)
    _n_chunks: int = 0
    _n_rows: int = 0

    def add(self, records: pl.DataFrame) -> None:
        """Keep PARSED rows until `frames`."""
        numbers = pl.int_range(self._n_rows, self._n_rows + records.height, dtype=pl.Int64, eager=True)
        rows = conform(records, PARSED).with_columns(
            buckets_of(records["account_id"].cast(pl.String)).alias("bucket"),
            numbers.alias("_row"),
            _part().alias("_part"),
            pl.col("revision").fill_null(0),
        )
        self._count(rows, 1)
        path = self.folder / f"chunk-{self._n_chunks:05}.parquet"
        sorted_rows = rows.sort("bucket", "_part")
        sorted_rows.write_parquet(path, compression="uncompressed", statistics=_STATISTICS, row_group_size=8192)
        self._n_chunks += 1
        self._n_rows += rows.height

    def hear(self, private: pl.DataFrame) -> None:
        """PARSED rows that are not taken in, and narrow what is held, or comes in, of the same records."""
        if private.height:
            self._private.append(_visibility(_identified(conform(private, PARSED).with_row_index("_row"))))

    def frames(self, store: Store) -> Iterator[pl.DataFrame]:
        """RECORDS rows that are new or changed against `store`, numbered, a few buckets or a part of one at a time."""
        self.next_no = store.versions.next_no
        twice = self._told_twice(store)
        homed, narrow = self._homed(store, twice), self._narrow(twice)
        withdrawn = self._withdrawn(store)
        for group in self._groups():
            yield self._numbered(self._fresh_of(store, group, homed, narrow, withdrawn))

    def _fresh_of(self, store: Store, group: _Group, homed: pl.DataFrame, narrow: pl.DataFrame, withdrawn: pl.DataFrame) -> pl.DataFrame:
        rows = self._rows_of(group)
        if homed.height:
            rows = pl.concat([rows.join(homed, on="_row", how="anti"), homed.filter(group.is_in())])
        rows = _identified(rows)
        return self._against(rows, self._held(store, group.buckets, rows, withdrawn.filter(group.is_in())), narrow)

    def _rows_of(self, group: _Group) -> pl.DataFrame:
        """Staged rows; a few files at a time, for text that was read is held whole until it is copied to where it stays."""
        files = self._files()
        several = [files[start : start + _FILES_AT_A_TIME] for start in range(0, len(files), _FILES_AT_A_TIME)]
        found = [pl.scan_parquet(paths).filter(group.is_in()).collect().rechunk() for paths in several]
        return pl.concat([pl.DataFrame(schema=_STAGED), *found]).rechunk()

    def _numbered(self, fresh: pl.DataFrame) -> pl.DataFrame:
        numbers = pl.int_range(self.next_no, self.next_no + fresh.height, dtype=pl.Int64, eager=True)
        self.next_no += fresh.height
        numbered = fresh.with_columns(
            (pl.col("bucket").cast(pl.Int64) * (1 << 48) + numbers).alias("record_no"), pl.lit(self.batch).alias("batch")
        )
        return conform(numbered, RECORDS)

    def _held(self, store: Store, buckets: list[int], rows: pl.DataFrame, withdrawn: pl.DataFrame) -> pl.DataFrame:
        """PARSED rows and their bucket: what is held of the records of `rows` and of `withdrawn`."""
        if store.versions.next_no == 1:
            return pl.DataFrame(schema={**PARSED, "bucket": pl.Int32})
        names = pl.concat([rows["record_id"], withdrawn["record_id"]]).unique().to_frame()
        held = store.scan([*buckets, bucket_of(None)]).join(names.lazy(), on="record_id", how="semi")
        return held.select(*PARSED, "bucket").collect()

    def _files(self) -> list[Path]:
        return [self.folder / f"chunk-{number:05}.parquet" for number in range(self._n_chunks)]

    def _rows(self) -> pl.LazyFrame:
        return pl.scan_parquet(self._files()) if self._n_chunks else pl.LazyFrame(schema=_STAGED)

    def _count(self, rows: pl.DataFrame, sign: int) -> None:
        for bucket, n_rows in rows["bucket"].value_counts().iter_rows():
            self.per_bucket[bucket] = self.per_bucket.get(bucket, 0) + sign * n_rows

    def _told_twice(self, store: Store) -> pl.Series:
        """uint64: hashes of record ids of which several staged rows tell, or a staged row and one that is held as somebody else's.

        A few further ids may be among them: whoever reads on looks at the ids.
        """
        staged = self._rows().filter(pl.col("record_id").is_not_null())
        keys = staged.select(_key()).collect(engine="streaming")["_key"].sort()
        again = keys.filter(keys == keys.shift())
        if store.versions.next_no == 1:
            return again.unique()
        told = staged.select(_key(), _author())
        held = store.scan().filter(pl.col("account_id").is_not_null()).select(_key(), _author())
        other = held.join(told, on="_key", how="inner", suffix="_told").filter(pl.col("_author") != pl.col("_author_told"))
        return pl.concat([again, other.select("_key").collect(engine="streaming")["_key"]]).unique()

    def _homed(self, store: Store, twice: pl.Series) -> pl.DataFrame:
        """Staged rows whose record is held, or was staged before, as somebody else's: they are that author's, in that author's bucket.

        So a notice that a post was deleted, which names nobody any more, finds the post it is about, and a record that two
        dumps ascribe to two names of one account is there once.
        """
        if twice.is_empty():
            return pl.DataFrame(schema=_STAGED)
        is_meant = _key().is_in(twice.implode())
        held = store.scan().filter(pl.col("account_id").is_not_null() & is_meant).select("record_id", "account_id", "bucket")
        staged = self._rows().filter(pl.col("record_id").is_not_null() & is_meant)
        told = staged.select("record_id", "account_id", "bucket", "_row").filter(pl.col("account_id").is_not_null())
        authors = pl.col("account_id")
        disagreeing = told.group_by("record_id").agg(pl.col("_row").min(), differ=authors.min() != authors.max()).filter("differ").collect()
        if disagreeing.height:
            first = told.join(disagreeing.lazy().select("record_id", "_row"), on=["record_id", "_row"], how="semi").drop("_row")
            held = pl.concat([held, first.join(held, on="record_id", how="anti")])
        other = pl.col("account_id").ne_missing(pl.col("account_id_held"))
        found = staged.join(held, on="record_id", how="inner", suffix="_held").filter(other).collect()
        homed = found.with_columns(account_id=pl.col("account_id_held"), bucket=pl.col("bucket_held")).drop(
            "account_id_held", "bucket_held"
        )
        self._count(found, -1)
        self._count(homed, 1)
        return homed

    def _narrow(self, twice: pl.Series) -> pl.DataFrame:
        """table[record_id, _narrow]: the narrowest visibility, where not public, that was told of records of `_told_twice`, or heard."""
        staged = self._rows() if twice.len() else pl.LazyFrame(schema=_STAGED)
        told = staged.filter(_key().is_in(twice.implode())).select("record_id", "visibility").collect()
        return _narrowest_of([_visibility(told), *self._private])

    def _withdrawn(self, store: Store) -> pl.DataFrame:
        """table[record_id, bucket]: records held as less private than they are now heard to be, and not among the staged rows."""
        if not self._private or store.versions.next_no == 1:
            return pl.DataFrame(schema={"record_id": pl.String, "bucket": pl.Int32, "_part": pl.UInt8})
        heard = pl.concat(self._private).lazy().group_by("record_id").agg(pl.col("_narrow").max())
        held = store.scan().select("record_id", "bucket", held=_rank("visibility"))
        wider = held.join(heard, on="record_id", how="inner").filter(pl.col("_narrow") > pl.col("held").fill_null(-1))
        staged = self._rows().filter(pl.col("record_id").is_not_null()).select("record_id")
        found = wider.join(staged, on="record_id", how="anti").select("record_id", "bucket", _key_part().alias("_part")).collect()
        self._count(found, 1)
        return found

    def _groups(self) -> Iterator[_Group]:
        """Buckets that go together, or parts of one that is too large."""
        group: list[int] = []
        n_rows = 0
        for bucket in range(N_BUCKETS):
            count = self.per_bucket.get(bucket, 0)
            if group and n_rows + count > _ROWS_AT_A_TIME:
                yield from _pieces(group, n_rows)
                group, n_rows = [], 0
            if count:
                group.append(bucket)
                n_rows += count
        if group:
            yield from _pieces(group, n_rows)

    def _against(self, rows: pl.DataFrame, held: pl.DataFrame, narrow: pl.DataFrame) -> pl.DataFrame:
        """The rows that say something new; revisions continue those held, each higher than the one before."""
        held = held.unique("record_id", keep="any")
        single, rows = _parted(rows, held, narrow)
        narrow = _narrowest_of([_visibility(rows), narrow])
        signals = _merged_signals(rows, held)
        fresh, n_new = _fresh(_folded(rows), held, narrow, signals)
        narrowed = _narrowed(held.join(fresh, on="record_id", how="anti"), narrow, signals)
        n_staged = narrowed.join(rows, on="record_id", how="semi").height
        self.n_new += n_new + single.height
        self.n_changed += fresh.height - n_new + narrowed.height
        self.n_unchanged += rows.height - fresh.height - n_staged
        return pl.concat([single, fresh, narrowed])


@dataclass(frozen=True, slots=True)
class _Group:
    """Some buckets, and of them the parts from `first` to `last`."""

    buckets: list[int]
    first: int
    last: int

    def is_in(self) -> pl.Expr:
        return pl.col("bucket").is_in(self.buckets) & pl.col("_part").is_between(self.first, self.last)


def _pieces(buckets: list[int], n_rows: int) -> Iterator[_Group]:
    n_pieces = min(-(-n_rows // _ROWS_AT_A_TIME), _PARTS)
    edges = [_PARTS * number // n_pieces for number in range(n_pieces + 1)]
    for first, end in pairwise(edges):
        yield _Group(buckets, first, end - 1)


def _visibility(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("record_id").is_not_null()).select("record_id", _narrow=_rank("visibility"))


def _narrowest_of(told: list[pl.DataFrame]) -> pl.DataFrame:
    """table[record_id, _narrow], a row a record that is told not to be public."""
    return pl.concat(told).filter(pl.col("_narrow") > 0).group_by("record_id").agg(pl.col("_narrow").max())


def _parted(rows: pl.DataFrame, held: pl.DataFrame, narrow: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of which nobody told before, ready to be taken in, and the others, in the order in which they were told."""
    known = pl.concat([table.select(_key())["_key"] for table in (held, narrow)])
    key = rows.select(_key())["_key"]
    again = key.is_duplicated() | key.is_in(known.implode())
    told = pl.when(pl.col("signals").list.len() > 0).then("signals").alias("signals")
    single = rows.filter(~again).with_columns(told, *_unwritten()).select(*PARSED, "bucket")
    return single, rows.filter(again).sort("_row")


def _fresh(rows: pl.DataFrame, held: pl.DataFrame, narrow: pl.DataFrame, signals: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The rows that are not held as they are, and how many of their records are not held at all."""
    marked = rows.join(held, on="record_id", how="left", suffix="_held", maintain_order="left")
    for table in (narrow, signals):
        marked = marked.join(table, on="record_id", how="left", maintain_order="left")
    marked = marked.with_columns(*_known(), _narrowest()).with_columns(_unwritten())
    marked = marked.with_columns(_told("").alias("_lists"), _told("_held").alias("_lists_held"))
    several = marked["record_id"].is_duplicated().any()
    if several:
        marked = marked.unique(["record_id", "revision", "_lists", *_PLAIN], keep="first", maintain_order=True)
        marked = marked.sort("record_id", _state("state"), "revision", "_row")
    same = pl.all_horizontal(_same(name) for name in _PLAIN) & pl.col("_lists").eq_missing(pl.col("_lists_held"))
    stricter, wider = _state("state") > _state("state_held"), _state("state") < _state("state_held")
    is_history = (pl.col("revision") > 0) | (pl.col("revision").max().over("record_id") > pl.col("revision"))
    older = (pl.col("revision") < pl.col("revision_held")) & is_history & ~stricter
    is_new = pl.col("revision_held").is_null()
    is_last = pl.col("revision_held") == _LAST
    differs = ~(same | wider | older | is_last)
    least = pl.max_horizontal("revision", (pl.col("revision_held") + 1).fill_null(0)).cast(pl.Int32).alias("revision")
    if not several:
        fresh = marked.filter(is_new | differs).with_columns(least)
        return fresh.sort("record_id").select(*PARSED, "bucket"), fresh["revision_held"].null_count()
    # What is held already is said once more after a row that said otherwise: it came last, and counts.
    after = differs.cum_max().over("record_id") & ~(wider | older | is_last)
    fresh = marked.filter(is_new | after)
    place = pl.int_range(pl.len()).over("record_id")
    last = _LAST + 1 - pl.len().over("record_id").cast(pl.Int64) + place
    number = pl.min_horizontal((least - place).cum_max().over("record_id") + place, last).cast(pl.Int32).alias("revision")
    n_new = fresh.select((is_new & (place == 0)).sum()).item()
    return fresh.with_columns(number).select(*PARSED, "bucket"), n_new


def _folded(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows`, each with what it leaves unknown from those of its record before it; none that came after a stricter one of its record."""
    again = pl.col("record_id").is_duplicated()
    several = rows.filter(again)
    if several.is_empty():
        return rows
    state = _state("state")
    told = several.sort("record_id", "_row").filter(state >= state.cum_max().over("record_id")).sort("record_id", state, "revision", "_row")
    filled = [pl.when(state == 0).then(pl.col(name).forward_fill().over("record_id")).otherwise(name).alias(name) for name in _FILLED]
    face = pl.when(pl.col("category").is_in(["face", "voice"])).then("category").forward_fill().over("record_id")
    other = pl.when(pl.col("category") != "post").then("category").forward_fill().over("record_id")
    narrowest = _rank("visibility").max().over("record_id")
    seen = pl.when(narrowest.is_not_null()).then(_word(narrowest)).otherwise("visibility")
    known = told.with_columns(*filled, category=pl.coalesce(face, other, "category"), visibility=seen)
    return pl.concat([rows.filter(~again), known]).sort("_row")


def _merged_signals(rows: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """table[record_id, _signals]: for each record of which several rows, or a row and what is held, tell different signals, all of them.

    A copy that carries one signal ends no other. Of one name (letter case ignored) that one party set, where every one is dated, the
    newest counts; a lasting one always does. What is already held keeps its order, behind what is new.
    """
    told = rows.select("record_id", "signals", "_row", _again=pl.col("record_id").is_duplicated())
    told = told.filter(pl.col("signals").list.len() > 0)
    known = held.select("record_id", _held="signals", _is_held=pl.lit(value=True))
    told = told.join(known, on="record_id", how="left", maintain_order="left")
    told = told.filter(pl.col("_again") | (pl.col("_is_held") & pl.col("signals").ne_missing(pl.col("_held"))))
    before = told.unique("record_id").select("record_id", signals="_held", _row=pl.lit(-1, pl.Int64))
    several = pl.concat([before, told.select(before.columns)]).explode("signals").drop_nulls("signals")
    if several.is_empty():
        return pl.DataFrame(schema={"record_id": pl.String, "_signals": PARSED["signals"]})
    fields = pl.col("signals").struct.unnest()
    each = several.with_row_index("_place").select("record_id", "_row", "_place", "signals", fields, pl.col("signals").alias("one"))
    each = each.with_columns(_key=pl.col("name").str.to_lowercase())
    each = each.sort("_place").unique(["record_id", "_key", "value", "set_by", "at"], keep="first", maintain_order=True)
    dated = pl.col("at").is_not_null().all() & (pl.col("at") < pl.col("at").max())
    outdated = dated.over("record_id", "_key", "set_by") & ~pl.col("_key").is_in(_LASTING).fill_null(value=False)
    kept = each.filter(~outdated.fill_null(value=False)).sort(pl.col("_row") < 0, "_place")
    return kept.group_by("record_id", maintain_order=True).agg(pl.col("one").alias("_signals"))


def _narrowed(held: pl.DataFrame, narrow: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """A further revision of each held row that is now told to be narrower, or to carry more signals, the same in all else."""
    told = held.join(narrow, on="record_id", how="left").join(signals, on="record_id", how="left")
    wider = (pl.col("_narrow") > _rank("visibility").fill_null(-1)).fill_null(value=False)
    other = pl.col("_signals").is_not_null() & pl.col("_signals").ne_missing(pl.col("signals"))
    now = pl.when(wider).then(_word(pl.col("_narrow"))).otherwise("visibility").alias("visibility")
    again = told.filter((wider | other) & (pl.col("revision") < _LAST))
    again = again.with_columns(now, pl.col("revision") + 1, pl.coalesce("_signals", "signals").alias("signals"))
    return again.with_columns(_unwritten()).select(*PARSED, "bucket")


def _identified(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with a record id each: without a native one, sha256 of network, account, time, text and ordinal."""
    anonymous = rows["record_id"].is_null()
    if not anonymous.any():
        return rows
    rows = rows.sort("_row")
    anonymous = rows["record_id"].is_null()
    key = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("") for name in ("network", "account_id", "created_at", "text")], separator="\x1f"
    )
    keyed = rows.filter(anonymous).with_columns(key.alias("key"))
    texts = keyed.select(pl.concat_str([pl.col("key"), pl.int_range(pl.len()).over("key").cast(pl.String)], separator="\x1f")).to_series()
    made = pl.Series("made", [sha256(text.encode()).hexdigest() for text in texts], dtype=pl.String)
    named = keyed.drop("key").with_columns((pl.col("network") + ":" + made).alias("record_id"))
    return pl.concat([rows.filter(~anonymous), named]).sort("_row")


def _key() -> pl.Expr:
    """uint64 of a record's id, the same for as long as this process runs."""
    return pl.col("record_id").hash().alias("_key")


def _key_part() -> pl.Expr:
    return (pl.col("record_id").hash() % _PARTS).cast(pl.UInt8)


def _part() -> pl.Expr:
    """uint8: the same for all rows of one record, and for all that may turn out to be."""
    anonymous = pl.struct("network", "account_id", "created_at", "text").hash() % _PARTS
    return pl.when(pl.col("record_id").is_null()).then(anonymous.cast(pl.UInt8)).otherwise(_key_part())


def _author() -> pl.Expr:
    return pl.col("account_id").hash().alias("_author")


def _rank(column: str) -> pl.Expr:
    """int8: how narrow a visibility is, 0 = public; null for one that says nothing."""
    return rank(pl.col(column).replace("unknown", None), VISIBILITY_ORDER)


def _state(column: str) -> pl.Expr:
    """int8: how strict a record's state is, 0 = live, or no word on it."""
    return rank(pl.col(column), _STATES).fill_null(0)


def _word(narrow: pl.Expr) -> pl.Expr:
    return narrow.replace_strict(dict(enumerate(VISIBILITY_ORDER)), default="unknown", return_dtype=pl.String)


def _narrowest() -> pl.Expr:
    """The visibility that counts: the narrowest of what all rows of the record say, here and held."""
    narrowest = pl.max_horizontal(_rank("visibility").max().over("record_id"), _rank("visibility_held"), "_narrow")
    unsaid = pl.coalesce("visibility", "visibility_held")
    return pl.when(narrowest.is_not_null()).then(_word(narrowest)).otherwise(unsaid).alias("visibility")


def _unwritten() -> list[pl.Expr]:
    """Nothing of what a person wrote in rows that were not for everyone."""
    is_private = pl.col("visibility").is_in(sorted(PRIVATE)).fill_null(value=False)
    return [pl.when(~is_private).then(name).alias(name) for name in _PERSONAL]


def _known() -> list[pl.Expr]:
    """What a live row leaves unknown stays as it was known: no word on a signal is not the signal's end."""
    is_live = _state("state") == 0
    plain = [pl.when(is_live).then(pl.coalesce(name, f"{name}_held")).otherwise(name).alias(name) for name in _FILLED]
    told = pl.when(pl.col("signals").list.len() > 0).then("signals")
    signals = pl.coalesce("_signals", told, "signals_held").alias("signals")
    now, held = pl.col("category"), pl.col("category_held")
    # A source that knows no better says `post`; and a face stays a face, whatever it is posted as.
    stays = held.is_in(["face", "voice"]) | (now == "post")
    category = pl.when(stays.fill_null(value=False)).then(pl.coalesce(held, now)).otherwise(pl.coalesce(now, held)).alias("category")
    return [*plain, signals, category]


def _told(suffix: str) -> pl.Expr:
    """All lists of a row as one text; an empty list says what no list says."""
    lists = [pl.when(pl.col(name + suffix).list.len() > 0).then(pl.col(name + suffix)).alias(name) for name in _LISTS]
    return pl.struct(lists).struct.json_encode()


def _same(name: str) -> pl.Expr:
    """Whether a plain column says the same as the held row; `gone:` stands for any other `gone:`."""
    now, held = pl.col(name), pl.col(f"{name}_held")
    if name in REFERENCES:
        return now.eq_missing(held) | (now.str.starts_with("gone:") & held.str.starts_with("gone:")).fill_null(False)
    if name == "attributes":
        return now.eq_missing(held) | pl.col("category").is_in(_WRITTEN).fill_null(False)
    return now.eq_missing(held)
