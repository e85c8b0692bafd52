"""SQL databases that ledger and desk rest on: durable SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

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
    sqlite3.SQLITE_CORRUPT: (BadWorkspace, "it is damaged", "restore it from a backup"),
    sqlite3.SQLITE_NOTADB: (BadWorkspace, "it is no database", "restore it from a backup"),
}


_BY_SQLSTATE: dict[str, tuple[type[OwnwordsError], str, str]] = {
    "55P03": (Busy, "another process is writing to it", _AGAIN),
    "40001": (Busy, "another process is writing to it", _AGAIN),
    "40P01": (Busy, "another process is writing to it", _AGAIN),
    "53100": (Disk, "no space is left on the server", "free some space, then run the same command again: nothing was half written"),
    "25006": (Disk, "the server is read-only", "name the primary server in ownwords.toml"),
    "42501": (Disk, "permission denied", "let the role of the URL in ownwords.toml read and write its tables"),
    "42P01": (BadWorkspace, "it holds no ledger of ours", "check the URL in ownwords.toml"),
    "42703": (BadWorkspace, "its tables are those of another version", "use the version of ownwords that made them"),
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
        engine = sa.create_engine(url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url, hide_parameters=True)
        event.listen(engine, "connect", _on_server_connect)
        return engine
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


def purge(engine: sa.Engine, tables: Sequence[str] = ()) -> None:
    """Make deleted values leave the files of the database and its write-ahead log.

    In PostgreSQL the `tables` are written anew. Its write-ahead log is cut too, where our role may do so and the server does not keep
    old segments (`wal_recycle = off`, no archive, no replica); else old values stay in it until the server overwrites them.

    tables   the tables to be cleaned on a server; a file of ours is cleaned whole
    raises   Busy if a reader kept deleted values in use for BUSY_TIMEOUT_MS
    """
    with _told(engine):
        if not is_sqlite(engine):
            _purge_server(engine, tables)
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


def _purge_server(engine: sa.Engine, tables: Sequence[str]) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _outlive_readers(connection)
        connection.exec_driver_sql(f"VACUUM FULL {', '.join(tables)}")
        for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):
            with suppress(ProgrammingError):  # our role may not
                connection.exec_driver_sql(statement)


def _outlive_readers(connection: sa.Connection) -> None:
    """Wait until no transaction that can see the deleted rows is left: VACUUM would keep those for it."""
    now = connection.exec_driver_sql("SELECT pg_current_xact_id()::xid::text").scalar_one()
    older = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND greatest(age(backend_xmin), age(backend_xid)) >= age(CAST(CAST(:now AS text) AS xid))"
    )
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while connection.execute(older, {"now": now}).scalar_one():
        if time.monotonic() > deadline:
            raise Busy("a reader keeps the database in use, so erased values are still in it", _AGAIN)
        time.sleep(0.05)


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


def _on_server_connect(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
    cursor.close()
    connection.commit()


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
        refused = (Fault, f"the database refused ({type(origin).__name__})", _AGAIN)
        known = _BY_SQLITE_CODE.get(code) or _BY_SQLSTATE.get(getattr(origin, "sqlstate", None) or "")
        if known is None and isinstance(error, OperationalError) and getattr(origin, "sqlstate", "") is None:
            known = (Disk, "the server cannot be reached", "start it, or mend the URL in ownwords.toml")
        kind, why, then = known or refused
        raise kind(f"{name}: {why}", then) from error
