"""SQL databases that ledger and desk rest on: durable SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from ownwords.core.errors import BadWorkspace, Busy, Disk, Fault, MissingExtra, OwnwordsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BUSY_TIMEOUT_MS = 30_000
#: Bound values in one statement; SQLite allows 32,766 and PostgreSQL 65,535.
MAX_BOUND = 10_000
_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
)
_WRITE = "ownwords_write"
_AGAIN = "run the same command again"
_BY_SQLITE_CODE: dict[int, tuple[type[OwnwordsError], str, str]] = {
    sqlite3.SQLITE_BUSY: (Busy, "another process is writing to it", _AGAIN),
    sqlite3.SQLITE_LOCKED: (Busy, "another process is writing to it", _AGAIN),
    sqlite3.SQLITE_READONLY: (Disk, "it may not be written", "run as a user who may write it, or choose another with -w DIR"),
    sqlite3.SQLITE_PERM: (Disk, "permission denied", "run as a user who may write it, or choose another with -w DIR"),
    sqlite3.SQLITE_CANTOPEN: (Disk, "it cannot be opened", "check that it exists and that this user may read and write it and its folder"),
    sqlite3.SQLITE_FULL: (Disk, "no space is left", "free some space, then run the same command again: nothing was half written"),
    sqlite3.SQLITE_IOERR: (Disk, "the disk refused to read or write", "check the disk, then run the same command again"),
    sqlite3.SQLITE_CORRUPT: (Fault, "it is damaged", "restore it from a backup"),
    sqlite3.SQLITE_NOTADB: (BadWorkspace, "it is no database", "restore it from a backup"),
}


def open_engine(where: Path | str) -> sa.Engine:
    """A pool of connections to the database file `where`, or to the URL `where`; connects to nothing yet.

    raises   MissingExtra if the URL's driver is not installed
    """
    if isinstance(where, Path):
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(where)), hide_parameters=True)
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine
    try:
        url = sa.make_url(where)
        return sa.create_engine(url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url, hide_parameters=True)
    except ImportError as error:
        raise MissingExtra("a database by URL", "postgres") from error
    except sa.exc.ArgumentError as error:
        raise BadWorkspace("the database URL in ownwords.toml cannot be read", "write postgresql://user@host/name") from error


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One consistent view of the database; nothing in it changes while the block runs."""
    level = {} if is_sqlite(engine) else {"isolation_level": "REPEATABLE READ"}
    with _told(engine), engine.connect().execution_options(**level) as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction, all or nothing. On SQLite it is the only writer from its first line; elsewhere lock a row yourself."""
    with _told(engine), engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        yield connection


def insert_many(connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows given in the order of `columns`; on SQLite past SQLAlchemy's work on every value, which doubles the time."""
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(sa.insert(table), [dict(zip(columns, row, strict=True)) for row in rows])
        return
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})", list(rows))  # noqa: S608 our own names


def purge(engine: sa.Engine) -> None:
    """Make deleted values leave the file and its write-ahead log; on PostgreSQL, VACUUM FULL.

    raises   Busy if a reader kept the log in use for BUSY_TIMEOUT_MS
    """
    with _told(engine):
        if not is_sqlite(engine):
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM FULL")
            return
        raw = engine.raw_connection()
        try:
            cursor = raw.cursor()
            _truncate_log(cursor)
            cursor.execute("VACUUM")
            _truncate_log(cursor)
            cursor.close()
        finally:
            raw.close()


def is_sqlite(engine: sa.Engine) -> bool:
    """Whether the database is a file of ours."""
    return engine.dialect.name == "sqlite"


def _truncate_log(cursor: sa.engine.interfaces.DBAPICursor) -> None:
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
        if row is None or row[0] == 0:
            return
        if time.monotonic() > deadline:
            raise Busy("a reader keeps the database's write-ahead log in use, so erased values are still in it", _AGAIN)
        time.sleep(0.05)


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # sqlite3 would begin transactions later than we mean
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _on_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITE) else "BEGIN")


@contextmanager
def _told(engine: sa.Engine) -> Iterator[None]:
    """Database errors become ours: without statement, without values."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        name = Path(engine.url.database or "database").name
        origin = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(origin, "sqlite_errorcode", 0) & 0xFF
        kind, why, then = _BY_SQLITE_CODE.get(code, (Fault, f"the database refused ({type(origin).__name__})", _AGAIN))
        raise kind(f"{name}: {why}", then) from error
