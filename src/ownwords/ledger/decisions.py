"""Decisions and account states as tables: what the events `consent.*` and `account.state` say."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ownwords.core import clock
from ownwords.core.errors import Fault
from ownwords.core.schemas import ACCOUNT_STATES, DECISIONS, conform
from ownwords.ledger.events import Body

EFFECTS = frozenset({"give", "refuse", "withdraw", "object", "renew", "expire"})
STATE = "account.state"
_TIMES = ("since", "until", "effective_at", "expires_at")
_TEXTS = ("purpose", "category", "since", "until", "record_id", "by", "source", "effective_at", "expires_at")
_BODY = pl.Struct([*(pl.Field(name, pl.String) for name in _TEXTS), pl.Field("is_lifetime", pl.Boolean)])


def kind_of(effect: str) -> str:
    """The kind of event for an effect: `consent.give`.

    raises   Fault for an effect that does not exist
    """
    if effect not in EFFECTS:
        raise Fault(f"{effect!r} is no decision", f"one of {', '.join(sorted(EFFECTS))}")
    return f"consent.{effect}"


def decision_body(
    purpose: str,
    *,
    effective_at: datetime,
    category: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    record_id: str | None = None,
    by: str = "self",
    source: str = "self",
    is_lifetime: bool = False,
    expires_at: datetime | None = None,
    evidence: str | None = None,
) -> Body:
    """The body of a `consent.*` event, in the form that `Ledger.decisions` reads; fields as in DECISIONS.

    evidence   hex sha256 of the document behind it
    """
    return {
        "purpose": purpose,
        "category": category,
        "since": None if since is None else clock.to_text(since),
        "until": None if until is None else clock.to_text(until),
        "record_id": record_id,
        "by": by,
        "source": source,
        "effective_at": clock.to_text(effective_at),
        "is_lifetime": is_lifetime,
        "expires_at": None if expires_at is None else clock.to_text(expires_at),
        "evidence": evidence,
    }


def state_body(state: str) -> Body:
    """The body of an `account.state` event.

    raises   Fault for a state that does not exist
    """
    if state not in ACCOUNT_STATES:
        raise Fault(f"{state!r} is no account state", f"one of {', '.join(sorted(ACCOUNT_STATES))}")
    return {"state": state}


def read(events: pl.DataFrame) -> pl.DataFrame:
    """table[DECISIONS] from table[seq, kind, account, body]."""
    account = pl.col("account").alias("account_id")
    effect = pl.col("kind").str.strip_prefix("consent.").alias("effect")
    rows = events.select("seq", account, effect, pl.col("body").str.json_decode(_BODY)).unnest("body")
    times = pl.col(*_TIMES).str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us").dt.replace_time_zone("UTC")
    return conform(rows.with_columns(times, pl.col("is_lifetime").fill_null(value=False)), DECISIONS)


def newest_states(events: pl.DataFrame) -> pl.DataFrame:
    """table[account_id, state, seq], one row an account: the last in order of seq."""
    state = pl.col("body").str.json_decode(pl.Struct({"state": pl.String})).struct.field("state")
    rows = events.select(pl.col("account").alias("account_id"), state, "seq")
    return rows.unique("account_id", keep="last", maintain_order=True)
