"""An import that tells a stricter state of an account than the ledger does is heard in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from ownwords.verbs._house import House


def narrow_states(house: House, people: pl.DataFrame) -> int:
    """Append an `account.state` by import for each account whose newest state in the ledger is wider than what is told now; how many.

    The rule for an account's state: the ledger's newest counts, where it has one, else the strictest that any source told. An import
    speaks into the ledger only to narrow, so it never overrules `protected` or a memorial with `active`; and `ownwords consent
    state PERSON active` opens an account whatever sources told before it, until an import after it tells something stricter again.

    people   ACCOUNTS as read, in order; nobody who was forgotten
    """
    import polars as pl

    from ownwords.core.schemas import STATE_ORDER, one_row_each, rank

    told = one_row_each(people).filter(pl.col("state").is_not_null()).select("account_id", "state")
    ruled = house.ledger.states().select("account_id", ruled="state")
    stricter = rank(pl.col("state"), STATE_ORDER) > rank(pl.col("ruled"), STATE_ORDER)
    found = told.join(ruled, on="account_id", how="inner", maintain_order="left").filter(stricter)
    house.ledger.append_many("account.state", found["account_id"].to_list(), [{"state": state, "by": "import"} for state in found["state"]])
    return found.height
