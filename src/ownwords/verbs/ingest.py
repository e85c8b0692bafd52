"""`ingest`: words come in."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import polars as pl

    from ownwords.core.schemas import Batch
    from ownwords.core.source import ReadOptions
    from ownwords.store.redact import Gone
    from ownwords.store.staging import Staging
    from ownwords.store.store import Store
    from ownwords.verbs._house import House


@dataclass
class _Tally:
    """What was read so far."""

    n_records: int = 0
    n_rejects: int = 0
    n_private: int = 0
    no_author: int = 0
    no_date: int = 0
    by_category: Counter[str] = field(default_factory=Counter)
    by_visibility: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rejects: list[pl.DataFrame] = field(default_factory=list)
    accounts: list[pl.DataFrame] = field(default_factory=list)
    networks: set[str] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    referred: list[pl.Series] = field(default_factory=list)
    n_tombstones: int = 0

    def add(self, batch: Batch) -> None:
        """Count one batch, and keep its rejects and accounts."""
        self.authors |= set(batch.records["account_id"].drop_nulls())
        self.referred += [batch.records[name].explode().drop_nulls().unique() for name in ("mentions", "audience")]
        self.n_records += batch.records.height
        self.n_rejects += batch.rejects.height
        self.n_private += batch.private_counted
        self.no_author += batch.records["account_id"].null_count()
        self.no_date += batch.records["created_at"].null_count()
        for column, counter in (("category", self.by_category), ("visibility", self.by_visibility)):
            counter.update({str(name): n for name, n in batch.records[column].value_counts().iter_rows()})
        self.reasons.update({str(name): n for name, n in batch.rejects["reason"].value_counts().iter_rows()})
        self.rejects.append(batch.rejects)
        self.accounts.append(batch.accounts)


def ingest(
    workspace: str | Path,
    source: str,
    paths: tuple[str, ...],
    *,
    account: str | None = None,
    mine: str | None = None,
    mapping: str | None = None,
    dry_run: bool = False,
) -> dict[str, object]:
    """Take in exports, dumps or files; rows in = records + rejects + private messages counted.

    source        x_archive, reddit, stackexchange, jsonl, or auto to find out
    paths         files, folders or archives
    account       account id of the owner, for an archive that does not say whose it is
    mine          the handle whose words are yours: your recorded decision that they may be trained on here
    mapping       mapping file, for source jsonl
    dry_run       read and count, change nothing
    returns       counts, `author_unknown` and `date_unknown` among them where there are such records, and in `rejects_file`
                  where the rejects are, if there are any: a path within the workspace
    """
    from ownwords.core.errors import Busy, Usage
    from ownwords.store import locks
    from ownwords.store.staging import PUT_AWAY
    from ownwords.verbs._house import House

    if isinstance(paths, str):  # one path, as people write it in Python
        paths = (paths,)
    if not paths:
        raise Usage("ingest needs a file or folder to read", "ownwords ingest auto PATH...")
    house = House.open(workspace)
    batch = uuid.uuid4().hex[:16]
    with locks.scratch(house.workspace.tmp / f"ingest-{batch}") as folder:
        try:
            chosen = _chosen("jsonl" if source == "auto" and mapping else source, paths)
            return _ingest(house, batch, folder, chosen, account, mine, mapping, dry_run)
        except Exception as error:
            if not (folder / PUT_AWAY).exists():
                raise
            says = "somebody was forgotten whose words this had just read, so it was put away; nothing was taken in"
            raise Busy(says, "run the same command again: their words will stay out") from error


def _ingest(
    house: House,
    batch: str,
    scratch: Path,
    chosen: list[tuple[str, ModuleType, Path]],
    account: str | None,
    mine: str | None,
    mapping: str | None,
    dry_run: bool,
) -> dict[str, object]:
    from ownwords.core import clock
    from ownwords.core.source import ReadOptions
    from ownwords.store.staging import Staging

    staging = Staging(scratch, batch)
    (scratch / "unpacked").mkdir()
    options = ReadOptions(
        observed_at=clock.now(),
        scratch=scratch / "unpacked",
        account=account,
        mapping=Path(mapping) if mapping else None,
    )
    tally = _Tally(n_tombstones=house.ledger.n_tombstones())
    for name, module, path in chosen:
        for rows in _read(name, module, path, options):
            tally.networks |= set(rows.records["network"].drop_nulls())
            admitted = _admitted(house, rows)
            tally.add(admitted)
            if not dry_run:
                staging.add(admitted.records)
                staging.hear(admitted.private)
    owner = _owner(house, tally, mine)
    said = _said(tally, batch, [name for name, _, _ in chosen])
    if dry_run:
        return {**said, "dry_run": True}
    _commit(house, staging, tally, owner)
    where = {"rejects_file": f"{house.workspace.rejects.name}/{batch}.parquet"} if tally.n_rejects else {}
    return {**said, **where, "new": staging.n_new, "changed": staging.n_changed, "unchanged": staging.n_unchanged}


def _chosen(source: str, paths: tuple[str, ...]) -> list[tuple[str, ModuleType, Path]]:
    """(source name, its module, path) for each path; a folder that is no export as a whole is read file by file."""
    from ownwords.core import plugins
    from ownwords.core.errors import BadInput, NotFound

    chosen = []
    for text in paths:
        path = Path(text)
        if not path.exists():
            raise NotFound(f"{text}: no such file or folder", "check the path")
        if source != "auto":
            chosen.append((source, plugins.load("source", source), path))
            continue
        found = _sniffed(path) or [hit for child in sorted(path.glob("*") if path.is_dir() else []) for hit in _sniffed(child)]
        if not found:
            then = f"name it: {'|'.join(plugins.names('source'))}; for a table of your own: ownwords ingest jsonl FILE --mapping map.toml"
            raise BadInput(f"{text}: no source knows this format", f"{then} (docs/sources.md shows one)")
        chosen += found
    return chosen


def _sniffed(path: Path) -> list[tuple[str, ModuleType, Path]]:
    from ownwords.core import plugins

    sure = [(module.sniff(path), name, module) for name in plugins.names("source") for module in [plugins.load("source", name)]]
    best = max(sure, key=lambda item: (item[0], item[1]))
    return [(best[1], best[2], path)] if best[0] > 0.5 else []


def _read(name: str, module: ModuleType, path: Path, options: ReadOptions) -> Iterator[Batch]:
    """The batches of one path, telling how far it is."""
    from ownwords.core import progress

    n_rows = 0
    for rows in module.read(path, options):
        n_rows += rows.records.height + rows.rejects.height + rows.private_counted
        progress.tell(f"reading {name}", n_rows, None)
        yield rows
    progress.tell(f"reading {name}", n_rows, n_rows)


def _admitted(house: House, rows: Batch) -> Batch:
    """`rows` without what was forgotten, and without private messages: those are counted and left where they were."""
    import polars as pl

    from ownwords.core.schemas import PRIVATE, REJECTS, conform
    from ownwords.store import redact

    records, accounts, rejects = _worded(rows)
    gone = _forgotten(house, records, accounts)
    kept = redact.without(records, gone)
    back = pl.DataFrame({"position": ["-"] * (records.height - kept.height)}).with_columns(reason=pl.lit("forgotten"))
    rejects, records = pl.concat([rejects, conform(back, REJECTS)]), kept
    is_private = pl.col("visibility").is_in(list(PRIVATE)).fill_null(False)
    private, records = records.filter(is_private), records.filter(~is_private)
    n_private, private = rows.private_counted + private.height, pl.concat([rows.private, private])
    accounts = accounts.filter(~pl.col("account_id").is_in(list(gone.accounts)))
    return replace(rows, records=records, accounts=accounts, rejects=rejects, private_counted=n_private, private=private)


def _worded(rows: Batch) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Records, accounts and rejects of `rows`, with nothing but short names where short names belong: a name could hide there.

    A row whose terms or network are none is refused, for both decide what may be done with it. A language keeps the parts
    that name language, script and region (BCP 47); what is none becomes null, as does a jurisdiction that is not two letters.
    """
    import polars as pl

    from ownwords.core.schemas import REJECTS, conform

    refused = (
        pl.when(~pl.col("terms").str.contains(r"^[A-Za-z0-9.+-]{1,64}$"))
        .then(pl.lit("its terms are no short name"))
        .when(~pl.col("network").str.contains(r"^[a-z][a-z0-9_.-]{0,63}$"))
        .then(pl.lit("its network is no short name"))
    )
    judged = rows.records.with_columns(refused.alias("reason"), position=pl.lit("-"))
    bad = conform(judged.filter(pl.col("reason").is_not_null()), REJECTS)
    language = pl.col("language").str.extract(r"^([A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?)(?:-[A-Za-z0-9]{1,8})*$")
    records = judged.filter(pl.col("reason").is_null()).drop("reason", "position").with_columns(language)
    accounts = rows.accounts.with_columns(pl.col("jurisdiction").str.extract("^([A-Za-z]{2})$"))
    return records, accounts, pl.concat([rows.rejects, bad])


def _forgotten(house: House, records: pl.DataFrame, accounts: pl.DataFrame) -> Gone:
    """Which ids and handles in these rows belong to somebody who was forgotten here."""
    from ownwords.store.redact import Gone, recognised

    return recognised(records, accounts, house.ledger.tombstoned) if house.ledger.n_tombstones() else Gone()


def _owner(house: House, tally: _Tally, mine: str | None) -> str | None:
    """The account id of `--mine HANDLE` among the accounts just read."""
    import polars as pl

    from ownwords.core.errors import NotFound, NotPermitted

    if mine is None:
        return None
    wanted = mine.rpartition("@")[2].lower()
    seen = pl.concat(tally.accounts) if tally.accounts else pl.DataFrame(schema={"account_id": pl.String, "handle": pl.String})
    same = (pl.col("handle").str.to_lowercase() == wanted) | (pl.col("account_id") == mine)
    # Who is only mentioned owns nothing of what was read.
    found = seen.filter(same & pl.col("account_id").is_in(list(tally.authors)))["account_id"].unique()
    if (
        found.len() != 1
        and house.ledger.tombstoned(pl.Series([f"{name}:@{wanted}" for name in _networks(tally)], dtype=pl.String), "handle").any()
    ):
        raise NotPermitted("--mine: that account was forgotten here; its words do not come in again", "use another workspace: -w DIR init")
    if found.len() != 1:
        raise NotFound("--mine: the handle it names is not the owner of what was read; nothing was taken in", "check the handle's spelling")
    return str(found[0])


def _networks(tally: _Tally) -> list[str]:
    return sorted({name for seen in tally.accounts for name in seen["network"].drop_nulls()} | tally.networks)


def _said(tally: _Tally, batch: str, sources: list[str]) -> dict[str, object]:
    unknown = {"author_unknown": tally.no_author, "date_unknown": tally.no_date}
    return {
        "records": tally.n_records,
        "rejects": tally.n_rejects,
        **{name: n for name, n in unknown.items() if n},
        "by_category": dict(sorted(tally.by_category.items())),
        "by_visibility": dict(sorted(tally.by_visibility.items())),
        "private_counted": tally.n_private,
        "reasons": dict(sorted(tally.reasons.items())),
        "sources": sorted(set(sources)),
        "batch": batch,
    }


def _commit(house: House, staging: Staging, tally: _Tally, owner: str | None) -> None:
    """Append, compact, and say so in the ledger, holding the writer's place from before the first read."""
    import polars as pl

    from ownwords.core import clock, files
    from ownwords.core.schemas import ACCOUNTS, PARSED
    from ownwords.ledger.decisions import decision_body
    from ownwords.store import locks, redact
    from ownwords.store.staging import PUT_AWAY
    from ownwords.store.store import Store, Versions
    from ownwords.verbs._names import bind_refusals
    from ownwords.verbs._narrowing import dispute_ids_given_again, narrow_states

    rejects = pl.concat(tally.rejects) if tally.rejects else None
    people = pl.concat(tally.accounts) if tally.accounts else pl.DataFrame(schema=ACCOUNTS)
    with house.writing():
        if (staging.folder / PUT_AWAY).exists():
            raise FileNotFoundError(PUT_AWAY)
        store = house.store()
        versions = store.versions
        is_indexed = versions.next_no == 1 or house.ids.version() == versions.records
        frames = staging.frames(store)
        if house.ledger.n_tombstones() != tally.n_tombstones:
            # Somebody was forgotten since the rows were read: what is theirs does not come back.
            gone = _forgotten(house, pl.DataFrame(schema=PARSED), people)
            people = people.filter(~pl.col("account_id").is_in(list(gone.accounts)))
            frames = (redact.without(frame, _forgotten(house, frame, people)) for frame in frames)
        fresh = _indexed(house, frames)
        records = store.records.append(fresh, staging.batch)
        next_no = max(staging.next_no, versions.next_no)
        people = people.filter(pl.col("account_id").is_in(_spoken_of(tally, store).implode()))
        narrow_states(house, people)
        dispute_ids_given_again(house, people)
        bind_refusals(house, people)
        accounts = store.merge_accounts(people)
        appended = records
        records = Store(house.workspace.store, Versions(records, accounts, next_no)).compact()
        if rejects is not None and rejects.height:
            partial = staging.folder / "rejects.parquet"
            rejects.write_parquet(partial, statistics=False)
            files.fsync_file(partial)
            files.rename(partial, house.workspace.rejects / f"{staging.batch}.parquet")
        house.commit(
            Versions(records, accounts, next_no),
            batch=staging.batch,
            n_new=staging.n_new,
            n_changed=staging.n_changed,
            accounts_changed=accounts != versions.accounts,
        )
        if is_indexed:
            house.ids.settle(records)
        if records != appended and not locks.wait_for_readers(house.workspace.leases, 0):
            store.records.clean()  # what was compacted; with readers about, the next one does it
        if owner is not None:
            # Naming one's own handle is a decision on these words: they may be trained on here.
            house.ledger.append("consent.give", decision_body("train_ai", effective_at=clock.now()), account=owner)


def _spoken_of(tally: _Tally, store: Store) -> pl.Series:
    """Account ids worth a row in ACCOUNTS: authors, mentioned and addressed people of the records taken in, and whoever is there already.

    So somebody whose rows were all refused, or private, leaves neither id nor handle.
    """
    import polars as pl

    authors = pl.Series("account_id", sorted(tally.authors), dtype=pl.String)
    return pl.concat([authors, *(part.alias("account_id") for part in tally.referred), store.accounts()["account_id"]]).unique()


def _indexed(house: House, frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same frames, each made known to the index on its way."""
    for frame in frames:
        house.ids.add(frame)
        yield frame
