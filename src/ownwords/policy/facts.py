"""What the gate decides on: the question, the policy in force, and what is known of accounts and their decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from ownwords.core.purpose import PURPOSES, ancestors, find
from ownwords.core.schemas import STATE_ORDER
from ownwords.policy.file import Policy

#: Later than anything: the moment of a denial that has no date.
FAR = datetime(9999, 12, 31, tzinfo=UTC)
#: What the rules look at; other columns of RECORDS need not be read to decide.
NEEDED_COLUMNS = (
    *("record_id", "record_no", "account_id", "network", "category", "visibility", "state", "created_at", "observed_at"),
    *("quotes", "repost_of", "terms", "signals"),
)
#: Account states as small numbers, the strictest highest: where two imports disagree, it counts.
STATE_CODES = {state: place for place, state in enumerate(STATE_ORDER, 1)}
UNKNOWN_STATE = len(STATE_ORDER) + 1


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision rests on, at one version of the store and one head of the ledger.

    accounts    ACCOUNTS; several rows of one account: the strictest state, youngest birth date and highest age of majority count
    states      table[A]: account_id, state: the newest by the ledger, over accounts.state
    decisions   DECISIONS, in any order, duplicates allowed
    referred    RECORDS in which what is quoted or reposted can be looked up; None = nowhere, and then nothing is cleared
    """

    policy: Policy
    accounts: pl.DataFrame
    states: pl.DataFrame
    decisions: pl.DataFrame
    ledger_seq: int
    ledger_root: str
    store_version: int
    referred: pl.LazyFrame | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the policy it is put to; what every rule's `applies` receives.

    chain   the purpose itself first, then those above it: a denial of any of them denies it
    """

    purpose: str
    at: datetime
    policy: Policy
    chain: tuple[str, ...]

    @classmethod
    def of(cls, purpose: str, at: datetime, policy: Policy) -> Asked:
        """The question, checked.

        raises   NotFound for an unknown purpose
        """
        find(purpose)
        return cls(purpose, at, policy, tuple(name for name in ancestors(purpose) if name in PURPOSES))

    @property
    def is_self_access(self) -> bool:
        """People looking at what is held on them."""
        return self.purpose == "self_access"


def state_in(*names: str) -> pl.Expr:
    """bool: the account's state is one of these; an account nobody told a state of is in none."""
    return pl.col("_state").is_in([STATE_CODES[name] for name in names]).fill_null(False)


def own_word() -> pl.Expr:
    """bool: the person's own valid, explicit consent covers the record."""
    return pl.col("_own").is_not_null() | pl.col("_directive").is_not_null()


def is_special() -> pl.Expr:
    """bool: the record carries the signal `special-category` (health, religion, politics ...), whatever its value and whoever set it."""
    is_mark = pl.element().struct.field("name").str.to_lowercase() == "special-category"
    return pl.col("signals").list.eval(is_mark.fill_null(False)).list.any().fill_null(False)
