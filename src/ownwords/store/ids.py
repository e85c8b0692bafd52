"""From record id to record number: a disposable index of keyed hashes, so that one record is found without a scan."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import polars as pl

    from ownwords.store.store import Store

    Numbers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

FILE = "ids.sqlite"
# Sorted runs, cut into pages, each two arrays of int64: hashes and numbers. One row a record took twice the CPU at 200,000 records and
# four times at 2.4 million, for every one of them falls onto another page of the tree.
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (run INTEGER PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS pages (
    run INTEGER NOT NULL, least INTEGER NOT NULL, most INTEGER NOT NULL, hashes BLOB NOT NULL, numbers BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_most ON pages (run, most);
CREATE TABLE IF NOT EXISTS known (version INTEGER NOT NULL);
"""
_PAGE = 1024
# So many runs of about one size become one; of another size is a run of so many times as many hashes.
_RUNS = 8
_BITS = 3


class Ids:
    """The index in one store's folder; whoever finds it behind the store's version makes it again.

    A hash has 64 bits, so two records may share one: who asks looks at the ids of the rows found.

    key   16 bytes or more: without it a hash says nothing of the id
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._path = folder / FILE
        self._keyed = blake2b(key=key, digest_size=8)
        self._is_lost = False

    def find(self, record_id: str) -> list[int] | None:
        """The numbers of every revision of a record, and seldom of another; empty if it is not held.

        None if the index is damaged, or another process is in the middle of changing it.
        """
        wanted = int(np.frombuffer(self._hash(record_id), "<i8")[0])
        try:
            with closing(self._open()) as connection:
                connection.execute("BEGIN")  # all is read as it is now: another process may make one run of several meanwhile
                if connection.execute("SELECT version FROM known").fetchone() is None:
                    return None
                runs = connection.execute("SELECT run FROM runs").fetchall()
                return sorted({number for (run,) in runs for number in _found(connection, run, wanted)})
        except sqlite3.DatabaseError as error:
            self._drop_if_damaged(error)
            return None

    def version(self) -> int | None:
        """The version of the records that the index knows; None if there is no index."""
        if not self._path.exists():
            return None
        try:
            with closing(self._open()) as connection:
                row = connection.execute("SELECT version FROM known").fetchone()
        except sqlite3.DatabaseError as error:
            self._drop_if_damaged(error)
            return None
        return None if row is None else int(row[0])

    def add(self, rows: pl.DataFrame) -> None:
        """Take in table[record_id, record_no]; `settle` must follow once they are committed."""
        hashes = self._hashes(rows["record_id"])
        with self._writing() as connection, connection:
            connection.execute("DELETE FROM known")
            if hashes.size:
                _put(connection, hashes, rows["record_no"].to_numpy())
            _merge(connection)

    def drop(self, record_ids: Iterable[str]) -> None:
        """Forget records, and leave no trace in the file; `settle` must follow."""
        gone = np.sort(self._hashes(record_ids))
        with self._writing() as connection:
            with connection:
                connection.execute("DELETE FROM known")
                pages = connection.execute("SELECT rowid, least, most FROM pages").fetchall()
                for page, least, most in pages:
                    if np.searchsorted(gone, least, "left") < np.searchsorted(gone, most, "right"):
                        _take_out(connection, page, gone)
            connection.execute("VACUUM")

    def settle(self, version: int) -> None:
        """Say that the index knows the records as of `version`; not if it was found damaged since: then it is made again later."""
        if self._is_lost:
            return
        with closing(self._open()) as connection, connection:
            connection.execute("DELETE FROM known")
            connection.execute("INSERT INTO known VALUES (?)", (version,))

    def rebuild(self, store: Store) -> None:
        """Make the index again from the rows; in the writer's place only."""
        self._path.unlink(missing_ok=True)
        self._is_lost = False
        rows = store.records.scan(store.versions.records).select("record_id", "record_no")
        for batch in rows.collect_batches():
            self.add(batch)
        self.settle(store.versions.records)

    def _hash(self, record_id: str) -> bytes:
        state = self._keyed.copy()  # the key is taken in once
        state.update(record_id.encode(errors="surrogatepass"))
        return state.digest()

    def _hashes(self, record_ids: Iterable[str]) -> Numbers:
        return np.frombuffer(b"".join(map(self._hash, record_ids)), "<i8")

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


def _found(connection: sqlite3.Connection, run: int, wanted: int) -> list[int]:
    """What one run says: the pages that hold a hash follow one another."""
    numbers: list[int] = []
    pages = connection.execute("SELECT least, hashes, numbers FROM pages WHERE run = ? AND most >= ? ORDER BY most", (run, wanted))
    for least, hashes, held in pages:
        if least > wanted:
            break
        known, told = _arrays(hashes, held)
        numbers += told[known == wanted].tolist()
    return numbers


def _arrays(hashes: object, numbers: object) -> tuple[Numbers, Numbers]:
    """Both arrays of a page.

    raises   DatabaseError if a page has been damaged
    """
    if not (isinstance(hashes, bytes) and isinstance(numbers, bytes) and len(hashes) == len(numbers) and len(hashes) % 8 == 0):
        error = sqlite3.DatabaseError("a page of the index is not as it was written")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
    return np.frombuffer(hashes, "<i8"), np.frombuffer(numbers, "<i8")


def _put(connection: sqlite3.Connection, hashes: Numbers, numbers: Numbers) -> None:
    """One more run."""
    order = np.argsort(hashes)
    hashes, numbers = hashes[order].astype("<i8"), numbers[order].astype("<i8")
    run = connection.execute("INSERT INTO runs (n) VALUES (?)", (len(hashes),)).lastrowid
    parts = [slice(start, min(start + _PAGE, len(hashes))) for start in range(0, len(hashes), _PAGE)]
    rows = ((run, int(hashes[part.start]), int(hashes[part.stop - 1]), hashes[part].tobytes(), numbers[part].tobytes()) for part in parts)
    connection.executemany("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", rows)


def _merge(connection: sqlite3.Connection) -> None:
    """Make one run of the `_RUNS` of about one size, while there are so many: looking for an id stays quick."""
    while True:
        sizes: dict[int, list[int]] = {}
        for run, n in connection.execute("SELECT run, n FROM runs"):
            sizes.setdefault(n.bit_length() // _BITS, []).append(run)
        several = next((runs for runs in sizes.values() if len(runs) >= _RUNS), None)
        if several is None:
            return
        which = ", ".join(map(str, several))
        pages = connection.execute(f"SELECT hashes, numbers FROM pages WHERE run IN ({which})").fetchall()  # noqa: S608 (our numbers)
        connection.execute(f"DELETE FROM pages WHERE run IN ({which})")  # noqa: S608
        connection.execute(f"DELETE FROM runs WHERE run IN ({which})")  # noqa: S608
        parts = [_arrays(hashes, numbers) for hashes, numbers in pages]
        _put(connection, np.concatenate([known for known, _ in parts]), np.concatenate([told for _, told in parts]))


def _take_out(connection: sqlite3.Connection, page: int, gone: Numbers) -> None:
    """One page without some hashes."""
    held = connection.execute("SELECT hashes, numbers FROM pages WHERE rowid = ?", (page,)).fetchone()
    hashes, numbers = _arrays(*held)
    kept = ~np.isin(hashes, gone)
    if kept.all():
        return
    if not kept.any():
        connection.execute("DELETE FROM pages WHERE rowid = ?", (page,))
        return
    hashes, numbers = hashes[kept], numbers[kept]
    told = (int(hashes[0]), int(hashes[-1]), hashes.tobytes(), numbers.tobytes(), page)
    connection.execute("UPDATE pages SET least = ?, most = ?, hashes = ?, numbers = ? WHERE rowid = ?", told)
