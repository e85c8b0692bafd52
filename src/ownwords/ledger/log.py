"""Append-only log of decisions, states and deeds, with a Merkle tree that shows it was only ever appended to.

Law 4 rests on one rule: an event about a person names that person in `account`, and no event's body holds an identifier of anyone
else. `bury` then finds all that is to be blanked. What is about several people is several events.
"""

from __future__ import annotations

import json
import re
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from ownwords.core import clock, files, sql
from ownwords.core.errors import BadWorkspace, Fault, NotFound, NotPermitted, NotProven
from ownwords.core.hashing import canonical_json
from ownwords.ledger import checking, checkpoints, decisions, merkle, people, verifier
from ownwords.ledger.events import Body, Event, body_texts, leaf_of, leaf_of_event
from ownwords.ledger.keys import Keys
from ownwords.ledger.tables import CHECKPOINTS, EVENTS, HEAD, METADATA, NODES, PERSONAL, TOMBSTONES
from ownwords.ledger.tree import node_reader, place_rows

FILE = "ledger.db"
_PAGE = 10_000
#: Events written at a time: memory stays flat however many come; the more, the fewer pages of the keys' table are touched twice.
_BATCH = 100_000
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class Head:
    """How long the log is, and the root of its tree in hex."""

    seq: int
    root: str


@dataclass(frozen=True, slots=True)
class Since:
    """What came after some event.

    accounts   whom new events are about
    general    kinds of new events that are about nobody, e.g. `policy`
    n_buried   new events whose person is forgotten already
    """

    accounts: tuple[str, ...]
    general: frozenset[str]
    n_buried: int


class Ledger:
    """The log of one workspace; safe for threads and for several processes."""

    def __init__(self, engine: sa.Engine, keys: Keys) -> None:
        self._engine = engine
        self._keys = keys
        self._finalizer = weakref.finalize(self, engine.dispose)
        self._tombstones: frozenset[str] = frozenset()

    @classmethod
    def open(cls, where: Path | str, keys: Keys) -> Ledger:
        """The ledger in the workspace folder `where`, or at the PostgreSQL URL `where`.

        raises   BadWorkspace if there is none
        """
        ledger = cls(_engine(where), keys)
        if isinstance(where, Path) and not (where / FILE).exists():
            raise BadWorkspace(f"{where / FILE} is missing", "restore it from a backup")
        ledger.head()
        return ledger

    @classmethod
    def create(cls, where: Path | str, keys: Keys) -> Ledger:
        """A new, empty ledger; one that is there already is opened as it is."""
        engine = _engine(where)
        with sql.writing(engine) as connection:
            METADATA.create_all(connection)
            if connection.execute(sa.select(HEAD.c.id)).first() is None:
                connection.execute(sa.insert(HEAD).values(id=1, **_sealed(keys, 0, merkle.EMPTY_ROOT)))
        return cls(engine, keys)

    def close(self) -> None:
        """Let go of the database; a closed ledger opens itself again when used."""
        self._engine.dispose()

    # --- writing -------------------------------------------------------------------------------------------------------------

    def append(self, kind: str, body: Body, account: str | None = None) -> int:
        """Add one event, durable on return; its seq.

        kind      dotted lower-case words
        body      JSON object; names nobody but `account`
        raises    NotPermitted if `account` is forgotten: its tombstone keeps it out
        """
        return self._append(kind, [account], [body])[0]

    def append_many(self, kind: str, accounts: Sequence[str], bodies: Sequence[Body]) -> tuple[int, int]:
        """Add one event per account, all or none; the first and last seq (last < first if there were none)."""
        if len(accounts) != len(bodies):
            raise Fault(f"{len(accounts)} accounts but {len(bodies)} bodies were to be written", "this is a bug: please report it")
        return self._append(kind, accounts, bodies)

    def bury(self, accounts: Sequence[str], records: Sequence[str] = ()) -> int:
        """Forget people: blank account and body of their events, destroy their keys, leave tombstones; how many events were blanked.

        records   single records to forget: the decisions on these alone are blanked

        Leaves, and so the tree and every proof, stay as they were. On return the values are out of the database files too;
        after a crash, call it again or call `purge`.
        """
        tags = [self._keys.tag(account) for account in accounts]
        with sql.writing(self._engine) as connection:
            self._lock(connection)
            people.add_tombstones(connection, tags)
            n_buried = self._blank(connection, people.among(connection, EVENTS.c.account, accounts))
            n_buried += sum(self._blank(connection, _about_record(record)) for record in records)
            people.destroy_keys(connection, tags)
            files.fault_point("ledger.bury.before-commit")
        files.fault_point("ledger.bury.after-commit")
        self.purge()
        return n_buried

    def entomb(self, identifiers: Sequence[str], kind: str) -> None:
        """Leave tombstones for other identifiers than accounts (kind `record`, `handle`): only keyed hashes are kept."""
        with sql.writing(self._engine) as connection:
            self._lock(connection)
            people.add_tombstones(connection, [self._keys.tag(identifier, kind) for identifier in identifiers])

    def purge(self) -> None:
        """Make blanked values leave the database files and the write-ahead log."""
        sql.purge(self._engine, PERSONAL)

    # --- reading -------------------------------------------------------------------------------------------------------------

    def head(self) -> Head:
        """The newest seq and the root over all leaves."""
        with sql.reading(self._engine) as connection:
            size, root = self._head(connection)
        return Head(size, root.hex())

    def head_at(self, at: datetime) -> Head:
        """The newest event that had been received by `at` (UTC, by the ledger's clock), and the root over all leaves up to it."""
        with sql.reading(self._engine) as connection:
            size = connection.execute(sa.select(sa.func.max(EVENTS.c.seq)).where(EVENTS.c.at <= clock.to_text(at))).scalar() or 0
            return Head(size, merkle.root(size, node_reader(connection, set(merkle.peaks(size)))).hex())

    def events(self, kind: str | None = None, after: int = 0, account: str | None = None) -> Iterator[Event]:
        """Events in order, read in pages, so that a long reader never holds up a writer.

        kind   one kind; `consent.*` = all that begin with `consent.`
        """
        while True:
            query = sa.select(EVENTS).where(EVENTS.c.seq > after, *_of_kind(kind)).order_by(EVENTS.c.seq).limit(_PAGE)
            if account is not None:
                query = query.where(EVENTS.c.account == account)
            with sql.reading(self._engine) as connection:
                page = connection.execute(query).all()
            yield from map(_event, page)
            if len(page) < _PAGE:
                return
            after = page[-1].seq

    def last(self, kind: str, account: str | None = None) -> Event | None:
        """The newest event of a kind, about `account` if one is given."""
        query = sa.select(EVENTS).where(*_of_kind(kind)).order_by(EVENTS.c.seq.desc()).limit(1)
        if account is not None:
            query = query.where(EVENTS.c.account == account)
        with sql.reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else _event(row)

    def is_about(self, account: str) -> bool:
        """Whether any event is about this account."""
        query = sa.select(EVENTS.c.seq).where(EVENTS.c.account == account).limit(1)
        with sql.reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def decisions(self, after: int = 0, accounts: Sequence[str] | None = None, upto: int | None = None) -> pl.DataFrame:
        """table[DECISIONS]: every decision later than event `after`, in order.

        accounts   only theirs, found by index; None: everybody's
        upto       no event later than this; None: all
        """
        return decisions.read(self._frame("consent.*", after, accounts, upto))

    def states(self, accounts: Sequence[str] | None = None, upto: int | None = None) -> pl.DataFrame:
        """table[account_id, state, seq]: the newest `account.state` of each account.

        accounts   only theirs, found by index; None: everybody's
        upto       no event later than this; None: all
        """
        return decisions.newest_states(self._frame("account.state", 0, accounts, upto))

    def accounts_since(self, seq: int) -> Since:
        """Whom and what the events after `seq` are about: a quick re-check needs to look at these alone."""
        columns = (EVENTS.c.account, EVENTS.c.kind, EVENTS.c.body.is_(None).label("gone"))
        query = sa.select(*columns, sa.func.count().label("n")).where(EVENTS.c.seq > seq).group_by(*columns)
        with sql.reading(self._engine) as connection:
            rows = connection.execute(query).all()
        accounts = sorted({row.account for row in rows if row.account is not None})
        general = frozenset(row.kind for row in rows if row.account is None and not row.gone)
        return Since(tuple(accounts), general, sum(row.n for row in rows if row.gone))

    def tombstoned(self, identifiers: pl.Series, kind: str = "account") -> pl.Series:
        """bool[len]: which identifiers are to be kept out; null is not."""
        tags = self._tags()
        known = identifiers.drop_nulls().unique().to_list() if tags else []
        out = pl.Series("out", [name for name in known if self._keys.tag(name, kind) in tags], dtype=pl.String)
        return identifiers.is_in(out.implode()).fill_null(False).alias("tombstoned")

    def n_tombstones(self) -> int:
        """How many tombstones there are; they are never removed, so as long as the number stays nobody more is kept out."""
        with sql.reading(self._engine) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(TOMBSTONES)).scalar_one()

    # --- proof ---------------------------------------------------------------------------------------------------------------

    def checkpoint(self) -> dict[str, object]:
        """A signed note on size and root, kept, so that `audit` can hold the log to it; while the log stays as it is, so does the note.

        See `checkpoints.signed`.
        """
        with sql.writing(self._engine) as connection:
            size, root = self._lock(connection)
            note = _note_at(connection, size)
            if note is None or (note["root"], note["key_id"]) != (root.hex(), self._keys.key_id):
                note = checkpoints.signed(self._keys, size, root.hex())
                _keep_note(connection, note)
        return note

    def cosign(self, cosignature: str, witnesses: Sequence[str], size: int | None = None) -> dict[str, object]:
        """Keep what a witness gave for a checkpoint; the checkpoint with it.

        cosignature   a line as in C2SP tlog-cosignature
        witnesses     verifier keys of those who count
        size          of which checkpoint; None: the one that it fits
        raises        NotProven if the line is of none of them, or over no checkpoint that was given out
        """
        fits = (CHECKPOINTS.c.size == size,) if size is not None else ()
        with sql.writing(self._engine) as connection:
            self._lock(connection)
            notes = connection.execute(sa.select(CHECKPOINTS.c.note).where(*fits).order_by(CHECKPOINTS.c.size.desc())).scalars()
            for text in notes:
                more = checkpoints.cosigned(json.loads(text), cosignature, witnesses)
                if more is not None:
                    _keep_note(connection, more)
                    return more
        raise NotProven(
            "this is no cosignature of a known witness over a checkpoint of this log",
            "write the witness' key under [witnesses] in ownwords.toml",
        )

    def checkpoint_document(self) -> dict[str, object]:
        """The checkpoint for others to keep, check or cosign: as JSON, as C2SP note, with the public key."""
        note = self.checkpoint()
        public = self._keys.public_pem
        as_note = checkpoints.as_note(note, public)
        return {"format": verifier.CHECKPOINT, "checkpoint": note, "note": as_note, "public_key": public.decode()}

    def inclusion_document(self, seq: int, *, opened: bool = False) -> dict[str, object]:
        """That event `seq` is in the log, for `verifier`.

        opened   with what the event says and the key of its person's leaves, so that its words can be checked too: for that person alone
        raises   NotFound if there is no such event; NotPermitted to open one about nobody, or about somebody forgotten
        """
        note = self.checkpoint()
        path = self.inclusion(seq, int(str(note["size"])))
        with sql.reading(self._engine) as connection:
            row = connection.execute(sa.select(EVENTS).where(EVENTS.c.seq == seq)).one()
            event: dict[str, object] = {"seq": seq, "leaf": row.leaf.hex()}
            if opened:
                key = None if row.account is None else people.leaf_key(connection, self._keys, row.account)
                if key is None:
                    raise NotPermitted(f"event {seq} is about nobody whose key could be shown", "ask for a proof that is not opened")
                said = {"at": row.at, "kind": row.kind, "account": row.account, "body": json.loads(row.body)}
                event |= {**said, "key": key.hex()}
        public = self._keys.public_pem.decode()
        return {"format": verifier.INCLUSION, "event": event, "inclusion": path, "checkpoint": note, "public_key": public}

    def consistency_document(self, old: Mapping[str, object]) -> dict[str, object]:
        """That the log only grew since the checkpoint `old` was signed, for `verifier`.

        raises   NotProven if it did not, or if `old` is no checkpoint of this workspace
        """
        ask = "compare it with other copies of the checkpoint, and with a backup of the ledger"
        if not checkpoints.verify_checkpoint(old, self._keys.public_pem):
            raise NotProven("the old checkpoint was not signed with this workspace's key", ask)
        size, new = int(str(old["size"])), self.checkpoint()
        if size > int(str(new["size"])):
            raise NotProven(f"the log was cut back: it has {new['size']} events, and the checkpoint speaks of {size}", ask)
        path = self.consistency(size, int(str(new["size"]))) if size else []
        public = self._keys.public_pem.decode()
        made: dict[str, object] = {"format": verifier.CONSISTENCY, "old": dict(old), "new": new, "consistency": path, "public_key": public}
        if problems := verifier.consistency_problems(made):
            raise NotProven(f"the log is not the one of which the checkpoint at {size} was given: {'; '.join(problems)}", ask)
        return made

    def inclusion(self, seq: int, size: int | None = None) -> list[str]:
        """Hex proof that event `seq` is in the log of `size` events (None: all).

        raises   NotFound if the log is or was shorter
        """
        with sql.reading(self._engine) as connection:
            size = self._checked_size(connection, size, at_least=seq)
            places = merkle.places_for_inclusion(seq - 1, size)
            return merkle.to_hex(merkle.inclusion_path(seq - 1, size, node_reader(connection, places)))

    def consistency(self, old: int, new: int | None = None) -> list[str]:
        """Hex proof that the log of `new` events (None: all) begins with the log of `old` events."""
        with sql.reading(self._engine) as connection:
            new = self._checked_size(connection, new, at_least=max(old, 1))
            return merkle.to_hex(merkle.consistency_path(old, new, node_reader(connection, merkle.places_for_consistency(old, new))))

    def verify_event(self, event: Event) -> bool:
        """Whether `event` says what was once committed to; False if it was changed, or if its person is forgotten."""
        with sql.reading(self._engine) as connection:
            row = connection.execute(sa.select(EVENTS.c.leaf).where(EVENTS.c.seq == event.seq)).first()
            key = self._keys.event_key if event.account is None else people.leaf_key(connection, self._keys, event.account)
        return row is not None and key is not None and row.leaf == event.leaf == leaf_of_event(key, event)

    def audit(self) -> list[str]:
        """What is wrong with the log, one sentence each, naming no one; empty = every leaf, node, root and note holds."""
        with sql.reading(self._engine) as connection:
            return checking.audit(connection, self._keys)

    # --- inside --------------------------------------------------------------------------------------------------------------

    def _tags(self) -> frozenset[str]:
        """Every tombstone, read again only when there are more."""
        if self.n_tombstones() != len(self._tombstones):
            with sql.reading(self._engine) as connection:
                self._tombstones = frozenset(connection.execute(sa.select(TOMBSTONES.c.tag)).scalars())
        return self._tombstones

    def _append(self, kind: str, accounts: Sequence[str | None], bodies: Sequence[Body]) -> tuple[int, int]:
        if not _KIND.fullmatch(kind):
            raise Fault(f"{kind!r} is no kind of event", "write dotted lower-case words")
        if not all(account is None or isinstance(account, str) for account in accounts):
            raise Fault("an account id that is no text cannot be written", "write ids as text: numbers lose digits")
        texts = body_texts(bodies)
        at = clock.to_text(clock.now())
        with sql.writing(self._engine) as connection:
            first, root = size, _ = self._lock(connection)
            for start in range(0, len(texts), _BATCH):
                part = slice(start, start + _BATCH)
                leaves = self._write(connection, size, at, kind, accounts[part], texts[part])
                root = self._grow(connection, size, leaves)
                size += len(leaves)
            connection.execute(sa.update(HEAD).values(**_sealed(self._keys, size, root)))
            files.fault_point("ledger.append.before-commit")
        files.fault_point("ledger.append.after-commit")
        return first + 1, size

    def _write(
        self, connection: sa.Connection, size: int, at: str, kind: str, accounts: Sequence[str | None], texts: Sequence[str]
    ) -> list[bytes]:
        """Events after the first `size`; their leaves."""
        named = dict.fromkeys(account for account in accounts if account is not None)
        keys = people.leaf_keys(connection, self._keys, named)
        numbered = enumerate(zip(accounts, texts, strict=True), size + 1)
        rows = [(seq, at, kind, account, text, leaf_of(keys[account], seq, at, kind, account, text)) for seq, (account, text) in numbered]
        sql.insert_many(connection, EVENTS, ("seq", "at", "kind", "account", "body", "leaf"), rows)
        return [row[-1] for row in rows]

    def _grow(self, connection: sa.Connection, size: int, leaves: Sequence[bytes]) -> bytes:
        """The tree after `leaves` follow the first `size`; its root."""
        old = merkle.peaks(size)
        read = node_reader(connection, set(old))
        known = {place: read(place) for place in old}
        made = merkle.grow(size, known, [merkle.leaf_hash(leaf) for leaf in leaves])
        sql.insert_many(connection, NODES, ("level", "idx", "hash"), place_rows(made))
        return merkle.root(size + len(leaves), (known | made).__getitem__)

    def _lock(self, connection: sa.Connection) -> tuple[int, bytes]:
        """Size and root; other writers wait until this transaction ends."""
        row = connection.execute(sa.select(HEAD.c.size, HEAD.c.root).with_for_update()).one()
        return row.size, row.root

    def _head(self, connection: sa.Connection) -> tuple[int, bytes]:
        row = connection.execute(sa.select(HEAD.c.size, HEAD.c.root)).one()
        return row.size, row.root

    def _checked_size(self, connection: sa.Connection, size: int | None, at_least: int) -> int:
        now, _ = self._head(connection)
        wanted = now if size is None else size
        if not 1 <= at_least <= wanted <= now:
            raise NotFound(f"the ledger has {now} events; a proof for {at_least} of {wanted} cannot be made", "ask within its length")
        return wanted

    def _blank(self, connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
        rows = connection.execute(sa.select(EVENTS.c.seq, EVENTS.c.leaf).where(which)).all()
        blank = sa.update(EVENTS).where(EVENTS.c.seq == sa.bindparam("n")).values(account=None, body=None, buried=sa.bindparam("mark"))
        if rows:
            connection.execute(blank, [{"n": row.seq, "mark": checking.burial_mark(self._keys, row.seq, row.leaf)} for row in rows])
        return len(rows)

    def _frame(self, kind: str, after: int, accounts: Sequence[str] | None, upto: int | None) -> pl.DataFrame:
        """table[seq, kind, account, body] of what is not blanked, in order of seq."""
        columns = {"seq": pl.Int64, "kind": pl.String, "account": pl.String, "body": pl.String}
        query = sa.select(*(EVENTS.c[name] for name in columns)).where(EVENTS.c.seq > after, EVENTS.c.body.is_not(None), *_of_kind(kind))
        query = query if upto is None else query.where(EVENTS.c.seq <= upto)
        with sql.reading(self._engine) as connection:
            if accounts is None:
                rows = list(connection.execute(query.order_by(EVENTS.c.seq)))
            else:
                wanted = list(dict.fromkeys(accounts))
                rows = list(connection.execute(query.where(people.among(connection, EVENTS.c.account, wanted))))
        return pl.DataFrame([tuple(row) for row in rows], schema=columns, orient="row").sort("seq")


def _engine(where: Path | str) -> sa.Engine:
    return sql.open_engine(where / FILE if isinstance(where, Path) else where)


def _sealed(keys: Keys, size: int, root: bytes) -> dict[str, object]:
    return {"size": size, "root": root, "mac": checking.head_mac(keys, size, root)}


def _of_kind(kind: str | None) -> tuple[sa.ColumnElement[bool], ...]:
    if kind is None:
        return ()
    if kind.endswith(".*"):  # a range, because no index serves LIKE; "/" follows "."
        return (EVENTS.c.kind >= kind[:-1], EVENTS.c.kind < f"{kind[:-2]}/")
    return (EVENTS.c.kind == kind,)


def _note_at(connection: sa.Connection, size: int) -> dict[str, object] | None:
    text = connection.execute(sa.select(CHECKPOINTS.c.note).where(CHECKPOINTS.c.size == size)).scalar()
    return None if text is None else dict(json.loads(text))


def _keep_note(connection: sa.Connection, note: Mapping[str, object]) -> None:
    connection.execute(sa.delete(CHECKPOINTS).where(CHECKPOINTS.c.size == note["size"]))
    connection.execute(sa.insert(CHECKPOINTS).values(size=note["size"], note=canonical_json(note).decode()))


def _about_record(record: str) -> sa.ColumnElement[bool]:
    """Decisions on this record alone."""
    said = canonical_json({"record_id": record}).decode()[1:-1]
    return sa.and_(*_of_kind("consent.*"), EVENTS.c.body.contains(said, autoescape=True))


def _event(row: sa.Row[tuple[object, ...]]) -> Event:
    body = None if row.body is None else json.loads(row.body)
    return Event(row.seq, clock.from_text(row.at), row.kind, row.account, body, row.leaf)
