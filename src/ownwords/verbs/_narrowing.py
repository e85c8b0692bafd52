"""What an import tells of accounts is heard in the ledger where it narrows: a stricter state, a second joining date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import clock
from ownwords.core.schemas import ACCOUNTS, STATE_ORDER, conform, one_row_each, rank

if TYPE_CHECKING:
    from ownwords.ledger.events import Body
    from ownwords.verbs._house import House

#: Joining dates of one account that lie further apart are two people's: networks give ids and names again.
_SAME_DAY = pl.duration(days=1)


def narrow_states(house: House, people: pl.DataFrame) -> int:
    """Append an `account.state` by import for each account whose newest state in the ledger is wider than what is told now; how many.

    The rule for an account's state: the ledger's newest counts, where it has one, else the strictest that any source told. An import
    speaks into the ledger only to narrow, so it never overrules `protected` or a memorial with `active`; and `ownwords consent
    state PERSON active` opens an account whatever sources told before it, until an import after it tells something stricter again.

    people   ACCOUNTS as read, in order; nobody who was forgotten
    """
    told = one_row_each(people).filter(pl.col("state").is_not_null()).select("account_id", "state")
    ruled = house.ledger.states().select("account_id", ruled="state")
    stricter = rank(pl.col("state"), STATE_ORDER) > rank(pl.col("ruled"), STATE_ORDER)
    found = told.join(ruled, on="account_id", how="inner", maintain_order="left").filter(stricter)
    house.ledger.append_many("account.state", found["account_id"].to_list(), [{"state": state, "by": "import"} for state in found["state"]])
    return found.height


def dispute_ids_given_again(house: House, people: pl.DataFrame) -> int:
    """Append `disputed` for each account of which two joining dates are told, here and before; how many.

    Its id may have been given to somebody new: neither may the old consent cover the new one's words, nor theirs the old words. Once an
    operator has verified who it is, the same date told again disputes nothing.

    people   ACCOUNTS as read
    """
    dated = conform(people, ACCOUNTS).select("account_id", "joined_at").drop_nulls().unique()
    if dated.is_empty():
        return 0
    held = house.store().accounts_of(dated["account_id"].unique().to_list()).select("account_id", "joined_at").drop_nulls()
    every = pl.concat([dated, held]).unique().sort("account_id", "joined_at")
    late = every.filter(pl.col("joined_at") > pl.col("joined_at").min().over("account_id") + _SAME_DAY)
    if late.is_empty():
        return 0
    ruled = house.ledger.states().select("account_id", ruled=rank(pl.col("state"), STATE_ORDER))
    open_ones = late.join(ruled, on="account_id", how="left", maintain_order="left").filter(
        pl.col("ruled").fill_null(-1) < STATE_ORDER.index("disputed")
    )
    heard = {(event.account, str((event.body or {}).get("joined_at"))) for event in house.ledger.events("account.state")}
    told = [(account, clock.to_text(joined_at)) for account, joined_at in open_ones.select("account_id", "joined_at").iter_rows()]
    fresh = dict(pair for pair in told if pair not in heard)
    bodies: list[Body] = [{"state": "disputed", "by": "import", "joined_at": joined_at} for joined_at in fresh.values()]
    house.ledger.append_many("account.state", list(fresh), bodies)
    return len(fresh)
