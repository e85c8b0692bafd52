"""What the gate answered: a Permit is the only ticket with which rows leave the store."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from ownwords.core import clock


@dataclass(frozen=True, slots=True)
class Question:
    """May these rows be used for `purpose` at `at` (UTC)?"""

    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Permit:
    """The gate's answer for one set of rows. Made by the gate alone (`core._mint`).

    ledger_seq, ledger_root   the head of the ledger that was decided on
    by_rule                   rows per rule number that decided them, as ((rule, n), ...)
    """

    purpose: str
    at: datetime
    policy_id: str
    policy_hash: str
    ledger_seq: int
    ledger_root: str
    store_version: int
    n_rows: int
    n_allowed: int
    by_rule: tuple[tuple[str, int], ...]

    def to_json(self) -> dict[str, object]:
        """For a manifest."""
        return {**asdict(self), "at": clock.to_text(self.at), "by_rule": dict(self.by_rule)}
