"""Rule 3: accounts that are protected, suspended, deactivated, disputed, deleted, or memorialised without the person's own directive."""

from __future__ import annotations

import polars as pl

from ownwords.policy.facts import Asked, state_in

NUMBER = 3
KIND = "prohibition"
SAYS = (
    "the account is protected, suspended, deactivated, disputed or deleted, or its owner has died and left no word of their own on this use"
)


def applies(asked: Asked) -> pl.Expr:
    """bool: the account's state bars new use.

    Memorialised is frozen: only a lifetime directive by the person, for exactly this purpose, opens it. Historical (died long ago) is a
    labelled exception and goes on to the other rules. People may see their own whatever the state.
    """
    if asked.is_self_access:
        return pl.lit(False)
    closed = state_in("protected", "suspended", "deactivated", "disputed", "deleted")
    return closed | (state_in("memorialised") & pl.col("_directive").is_null())
