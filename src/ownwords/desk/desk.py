"""Access tokens and long jobs of one workspace: the memory that changes."""

from __future__ import annotations

import hashlib
import json
import secrets
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ownwords.core import clock, sql
from ownwords.core.errors import Fault, NotFound
from ownwords.core.handles import naming
from ownwords.core.hashing import canonical_json
from ownwords.core.principal import Principal
from ownwords.desk.tables import JOBS, METADATA, OWNERS, TOKENS

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, object]
FILE = "desk.db"
STATES = ("queued", "running", "done", "failed")
FINISHED = frozenset({"done", "failed"})
_PREFIX = "ow_"


@dataclass(frozen=True, slots=True)
class Token:
    """What may be told of an access token; never the secret."""

    token_id: str
    role: str
    account: str | None
    label: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of long work.

    arguments   of the verb; None once it is finished
    progress    the last thing it told; None = nothing yet
    result      what the verb returned; None unless done
    problem     problem body; None unless failed
    asked_by    account of whoever asked; None = an operator
    about       account that it is about; None = nobody in particular, or someone forgotten
    """

    job_id: str
    verb: str
    state: str
    arguments: Json | None
    progress: Json | None
    result: Json | None
    problem: Json | None
    asked_by: str | None
    about: str | None
    pid: int | None
    created_at: datetime
    changed_at: datetime


class Desk:
    """The desk of one workspace; safe for threads and for several processes."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._finalizer = weakref.finalize(self, engine.dispose)

    @classmethod
    def open(cls, root: Path) -> Desk:
        """The desk in the workspace folder `root`, made if there is none yet."""
        desk = cls(sql.open_engine(root / FILE))
        with sql.reading(desk._engine) as connection:
            is_whole = set(METADATA.tables) <= set(sa.inspect(connection).get_table_names())
        if not is_whole:
            with sql.writing(desk._engine) as connection:
                METADATA.create_all(connection)
        return desk

    def close(self) -> None:
        """Let go of the database; a closed desk opens itself again when used."""
        self._engine.dispose()

    # --- access --------------------------------------------------------------------------------------------------------------

    def create_token(self, role: str, account: str | None = None, label: str = "") -> str:
        """A new secret for `role`; told this once and kept as a hash.

        raises   Usage for an unknown role, or a person without account
        """
        Principal(role, account)
        secret = _PREFIX + secrets.token_urlsafe(32)
        row = {"hash": _hash(secret), "token_id": secrets.token_hex(8), "role": role, "account": account, "label": label}
        with sql.writing(self._engine) as connection:
            connection.execute(sa.insert(TOKENS).values(**row, created_at=clock.to_text(clock.now())))
        return secret

    def principal(self, secret: str) -> Principal | None:
        """Who holds this secret; None if nobody does, or it was revoked."""
        query = sa.select(TOKENS.c.role, TOKENS.c.account).where(TOKENS.c.hash == _hash(secret), TOKENS.c.revoked_at.is_(None))
        with sql.reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else Principal(row.role, row.account)

    def token_id(self, secret: str) -> str:
        """By what name a token is listed and revoked.

        raises   NotFound
        """
        with sql.reading(self._engine) as connection:
            row = connection.execute(sa.select(TOKENS.c.token_id).where(TOKENS.c.hash == _hash(secret))).first()
        if row is None:
            raise NotFound("there is no such token", "list the tokens")
        return str(row[0])

    def tokens(self) -> list[Token]:
        """All tokens, oldest first."""
        with sql.reading(self._engine) as connection:
            rows = connection.execute(sa.select(TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.token_id)).all()
        return [Token(r.token_id, r.role, r.account, r.label, clock.from_text(r.created_at), _instant(r.revoked_at)) for r in rows]

    def revoke(self, token_id: str) -> None:
        """End a token, from this moment on.

        raises   NotFound if there is none of that id in force
        """
        change = sa.update(TOKENS).where(TOKENS.c.token_id == token_id, TOKENS.c.revoked_at.is_(None))
        with sql.writing(self._engine) as connection:
            if connection.execute(change.values(revoked_at=clock.to_text(clock.now()))).rowcount == 0:
                raise NotFound(f"token {token_id!r} is not in force", "list the tokens")

    # --- jobs ----------------------------------------------------------------------------------------------------------------

    def create_job(self, verb: str, arguments: Json, asked_by: str | None = None, about: str | None = None) -> Job:
        """A new job, queued.

        about   account id if the arguments name a person: forgetting finds the job by it
        """
        now = clock.to_text(clock.now())
        row = {"job_id": secrets.token_hex(16), "verb": verb, "arguments": _text(arguments), "state": "queued"}
        with sql.writing(self._engine) as connection:
            connection.execute(sa.insert(JOBS).values(**row, asked_by=asked_by, about=about, created_at=now, changed_at=now))
        return self.job(row["job_id"] or "")

    def update_job(
        self,
        job_id: str,
        state: str | None = None,
        progress: Json | None = None,
        result: Json | None = None,
        problem: Json | None = None,
        pid: int | None = None,
    ) -> Job:
        """Change what is given and leave the rest; a finished job loses its arguments and its pid, and changes no more.

        raises   NotFound, or Fault for a state that does not exist or a job that is finished
        """
        if state is not None and state not in STATES:
            raise Fault(f"{state!r} is no state of a job", f"one of {', '.join(STATES)}")
        texts = {"progress": _text(progress), "result": _text(result), "problem": _text(problem)}
        values: dict[str, object] = {name: value for name, value in [*texts.items(), ("state", state), ("pid", pid)] if value is not None}
        if state in FINISHED:
            values |= {"arguments": None, "pid": None}
        change = sa.update(JOBS).where(JOBS.c.job_id == job_id, JOBS.c.state.not_in(FINISHED))
        with sql.writing(self._engine) as connection:
            n_changed = connection.execute(change.values(**values, changed_at=clock.to_text(clock.now()))).rowcount
        job = self.job(job_id)
        if n_changed == 0:
            raise Fault(f"job {job_id} is finished and changes no more", "start a new one")
        return job

    def job(self, job_id: str) -> Job:
        """One job.

        raises   NotFound if there is none
        """
        with sql.reading(self._engine) as connection:
            row = connection.execute(sa.select(JOBS).where(JOBS.c.job_id == job_id)).first()
        if row is None:
            raise NotFound(f"job {job_id!r} does not exist", "check its id")
        return _job(row)

    def jobs(self, state: str | None = None) -> list[Job]:
        """Jobs, oldest first; those in `state` if one is given."""
        query = sa.select(JOBS).order_by(JOBS.c.created_at, JOBS.c.job_id)
        with sql.reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query if state is None else query.where(JOBS.c.state == state))]

    # --- forgetting ----------------------------------------------------------------------------------------------------------

    def forget(self, accounts: Sequence[str], handles: Sequence[str] = (), records: Sequence[str] = ()) -> int:
        """Remove people from every table as OWNERS says, and from the files; how many rows were theirs.

        handles, records   theirs, too: rows that name them somewhere in their words; see `core.handles.naming`
        """
        pattern = naming([*accounts, *records], handles)
        n_rows = 0
        with sql.writing(self._engine) as connection:
            for table in METADATA.sorted_tables:
                owned = OWNERS[table.name]
                key = next(iter(table.primary_key))
                for name in owned.columns:
                    n_rows += _take(connection, table, table.c[name], accounts)
                texts = sa.select(key, *(table.c[name] for name in owned.texts))
                naming_them = [row[0] for row in connection.execute(texts) if any(text and pattern.search(text) for text in row[1:])]
                n_rows += _take(connection, table, key, naming_them)
        self.purge()
        return n_rows

    def purge(self) -> None:
        """Make removed values leave the database files."""
        sql.purge(self._engine)


def _take(connection: sa.Connection, table: sa.Table, column: sa.ColumnElement[str], values: Sequence[str]) -> int:
    """Blank or delete, as OWNERS says, the rows where `column` is one of `values`; how many."""
    blanks, n_rows = OWNERS[table.name].blanks, 0
    for start in range(0, len(values), sql.MAX_BOUND):
        theirs = column.in_(values[start : start + sql.MAX_BOUND])
        change = sa.update(table).where(theirs).values(dict.fromkeys(blanks)) if blanks else sa.delete(table).where(theirs)
        n_rows += connection.execute(change).rowcount
    return n_rows


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _text(value: Json | None) -> str | None:
    return None if value is None else canonical_json(value).decode()


def _value(text: str | None) -> Json | None:
    value: Json | None = None if text is None else json.loads(text)
    return value


def _instant(text: str | None) -> datetime | None:
    return None if text is None else clock.from_text(text)


def _job(row: sa.Row[tuple[object, ...]]) -> Job:
    return Job(
        job_id=row.job_id,
        verb=row.verb,
        state=row.state,
        arguments=_value(row.arguments),
        progress=_value(row.progress),
        result=_value(row.result),
        problem=_value(row.problem),
        asked_by=row.asked_by,
        about=row.about,
        pid=row.pid,
        created_at=clock.from_text(row.created_at),
        changed_at=clock.from_text(row.changed_at),
    )
