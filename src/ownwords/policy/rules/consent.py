"""Rule 9: the person's own valid, explicit consent, a guardian's for a child, or a lifetime directive."""

from __future__ import annotations

import polars as pl

from ownwords.policy.facts import Asked

NUMBER = 9
KIND = "basis"
SAYS = "its author (or a child's guardian) has explicitly agreed to this use"


def applies(asked: Asked) -> pl.Expr:
    """bool: a consent that nobody but the person, or their guardian, can have given covers the record. Imports never consent."""
    return pl.col("_own").is_not_null() | pl.col("_guardian").is_not_null() | pl.col("_directive").is_not_null()


def clause(asked: Asked) -> pl.Expr:
    """str: the ledger's event."""
    return pl.format("ledger:{}", pl.coalesce("_own", "_directive", "_guardian"))
