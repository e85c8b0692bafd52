"""From record id to record number: a disposable index of keyed hashes, so that one record is found without a scan."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import polars as pl

    from ownwords.store.store import Store

FILE = "ids.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS ids (hash BLOB NOT NULL, record_no INTEGER NOT NULL, PRIMARY KEY (hash, record_no)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS at (version INTEGER NOT NULL);
"""


class Ids:
    """The index in one store's folder; whoever finds it behind the store's version makes it again.

    key   16 bytes or more: without it a hash says nothing of the id
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._path = folder / FILE
        self._key = key
        self._is_lost = False

    def find(self, record_id: str) -> list[int] | None:
        """The numbers of every revision of a record; empty if it is not held, None if the index turns out to be damaged."""
        try:
            with closing(self._open()) as connection:
                rows = connection.execute("SELECT record_no FROM ids WHERE hash = ?", (self._hash(record_id),)).fetchall()
        except sqlite3.DatabaseError as error:
            self._drop_if_damaged(error)
            return None
        return [number for (number,) in rows]

    def version(self) -> int | None:
        """The version of the records that the index knows; None if there is no index."""
        if not self._path.exists():
            return None
        try:
            with closing(self._open()) as connection:
                row = connection.execute("SELECT version FROM at").fetchone()
        except sqlite3.DatabaseError as error:
            self._drop_if_damaged(error)
            return None
        return None if row is None else int(row[0])

    def add(self, rows: pl.DataFrame) -> None:
        """Take in table[record_id, record_no]; `settle` must follow once they are committed."""
        with self._writing() as connection, connection:
            connection.execute("DELETE FROM at")
            pairs = zip(map(self._hash, rows["record_id"]), rows["record_no"], strict=True)
            connection.executemany("INSERT OR IGNORE INTO ids VALUES (?, ?)", pairs)

    def drop(self, record_ids: Iterable[str]) -> None:
        """Forget records, and leave no trace in the file; `settle` must follow."""
        with self._writing() as connection:
            with connection:
                connection.execute("DELETE FROM at")
                connection.executemany("DELETE FROM ids WHERE hash = ?", ((self._hash(name),) for name in record_ids))
            connection.execute("VACUUM")

    def settle(self, version: int) -> None:
        """Say that the index knows the records as of `version`; not if it was found damaged since: then it is made again later."""
        if self._is_lost:
            return
        with closing(self._open()) as connection, connection:
            connection.execute("DELETE FROM at")
            connection.execute("INSERT INTO at VALUES (?)", (version,))

    def rebuild(self, store: Store) -> None:
        """Make the index again from the rows; in the writer's place only."""
        self._path.unlink(missing_ok=True)
        self._is_lost = False
        rows = store.records.scan(store.versions.records).select("record_id", "record_no")
        for batch in rows.collect_batches():
            self.add(batch)
        self.settle(store.versions.records)

    def _hash(self, record_id: str) -> bytes:
        return blake2b(record_id.encode(errors="surrogatepass"), key=self._key, digest_size=16).digest()

    def _drop_if_damaged(self, error: sqlite3.DatabaseError) -> None:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise error
        self._path.unlink(missing_ok=True)
        self._is_lost = True

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._open()) as connection:
                yield connection
        except sqlite3.DatabaseError as error:
            self._drop_if_damaged(error)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30)
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = OFF")  # lost, it is made again
        connection.executescript(_TABLES)
        return connection
