"""What a served workspace needs besides the verbs: who asks, whose a thing is, and long work as jobs."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core.errors import Usage
from ownwords.core.workspace import Workspace
from ownwords.desk import Job
from ownwords.verbs._house import House

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ownwords.core.principal import Principal

__all__ = ["Job", "Service"]
Json = dict[str, object]


class Service:
    """One workspace as the HTTP face sees it; safe for threads."""

    def __init__(self, root: str | Path) -> None:
        """Open the workspace in `root`.

        raises   BadWorkspace
        """
        self._house = House(Workspace.open(Path(root)))
        self._desk = self._house.desk

    @property
    def root(self) -> Path:
        """The workspace's folder."""
        return self._house.workspace.root

    # --- access --------------------------------------------------------------------------------------------------------------

    def principal(self, secret: str) -> Principal | None:
        """Who holds this secret; None if nobody does."""
        return self._desk.principal(secret)

    def has_operator(self) -> bool:
        """Whether an operator's token is in force."""
        return any(token.role == "operator" and token.revoked_at is None for token in self._desk.tokens())

    def create_token(self, role: str, person: str | None = None, label: str = "") -> str:
        """A new secret, told this once.

        person   account id or network:@handle of somebody known here; needed for role `person`
        raises   Usage, also for a label that names somebody; NotFound if nobody is known by that name
        """
        if self._house.is_named_in(label):
            raise Usage("the label names somebody who is known here", "name what the token is for, e.g. phone")
        account = self._house.account(person) if role == "person" and person else (person and self.account_of(person)) or person
        return self._desk.create_token(role, account, label)

    def token_id(self, secret: str) -> str:
        """By what name a token is listed and revoked.

        raises   NotFound
        """
        return self._desk.token_id(secret)

    def tokens(self) -> list[Json]:
        """Id, role, account, label and times of every token, oldest first."""
        return [
            {
                "token_id": token.token_id,
                "role": token.role,
                "account": token.account,
                "label": token.label,
                "created_at": token.created_at,
                "revoked_at": token.revoked_at,
            }
            for token in self._desk.tokens()
        ]

    def revoke(self, token_id: str) -> None:
        """End a token.

        raises   NotFound
        """
        self._desk.revoke(token_id)

    def account_of(self, person: str) -> str | None:
        """The account id behind an account id or handle; None if nobody is known by it, or several are."""
        try:
            return self._house.account(person)
        except Usage:
            return None

    def owner_of(self, record: str) -> str | None:
        """The account id of whoever wrote a record; None if it is not held here."""
        from ownwords.store import locks

        with locks.reading(self._house.workspace.leases):
            found = self._house.record(record).select("account_id").collect()["account_id"]
        return None if found.is_empty() else found[0]

    def holds(self, record: str, account: str) -> bool:
        """Whether a record is one of that account's; takes as long for a record of somebody else as for one that is not held here."""
        from ownwords.store import locks

        with locks.reading(self._house.workspace.leases):
            return self._house.holds(record, account)

    def is_dead(self, account: str) -> bool:
        """Whether the account is a memorial, or of somebody long dead: no one can speak as its person any more."""
        from ownwords.verbs._roles import DEAD

        return self._house.state_of(account) in DEAD

    def dispute(self, account: str) -> None:
        """Somebody spoke as the person of a memorial: until an operator has verified who it is, nothing of theirs is used."""
        from ownwords.verbs.consent import dispute

        if self._house.state_of(account) == "memorialised":
            dispute(self._house, account)

    # --- jobs ----------------------------------------------------------------------------------------------------------------

    def create_job(self, verb: str, arguments: Json, asked_by: str | None, about: str | None) -> Job:
        """A new job, queued; see Desk."""
        return self._desk.create_job(verb, arguments, asked_by=asked_by, about=about)

    def update_job(
        self,
        job_id: str,
        state: str | None = None,
        progress: Json | None = None,
        result: Json | None = None,
        problem: Json | None = None,
        pid: int | None = None,
    ) -> Job:
        """Change what is given; see Desk."""
        return self._desk.update_job(job_id, state=state, progress=progress, result=result, problem=problem, pid=pid)

    def job(self, job_id: str) -> Job:
        """One job.

        raises   NotFound
        """
        return self._desk.job(job_id)

    def unfinished_jobs(self) -> list[Job]:
        """Queued and running jobs, oldest first."""
        return [*self._desk.jobs("running"), *self._desk.jobs("queued")]

    @contextmanager
    def alone(self, job_id: str) -> Iterator[bool]:
        """Whether this process is the only one on a job; the kernel lets go of it when the process dies."""
        lock = self._house.workspace.tmp / f"job-{job_id}.lock"
        with lock.open("a+b") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
            lock.unlink(missing_ok=True)
