"""Rule 1: an author, date, column or source term that cannot be resolved."""

from __future__ import annotations

import polars as pl

from ownwords.core.schemas import CATEGORIES, RECORD_STATES, VISIBILITIES
from ownwords.policy import numbers
from ownwords.policy.facts import UNKNOWN_STATE, Asked, own_word

NUMBER = 1
KIND = "prohibition"
SAYS = "it is not known who wrote it, when, for whom, or under which terms it was had, so nothing can be decided about it"


def applies(asked: Asked) -> pl.Expr:
    """bool: something needed is missing or holds a word nobody defined.

    A person's own consent to these words makes up for an unknown date and an unknown visibility (an own archive states none), never
    for an unknown author. To show people what is held on them, the author is enough.
    """
    nobody = pl.col("account_id").is_null()
    if asked.is_self_access:
        return nobody
    undated = pl.col("created_at").is_null() | pl.col("visibility").is_null() | (pl.col("visibility") == "unknown")
    return (
        nobody
        | (undated & ~own_word())
        | _outside("visibility", VISIBILITIES)
        | ~pl.col("category").is_in(sorted(CATEGORIES)).fill_null(False)
        | ~pl.col("state").is_in(sorted(RECORD_STATES)).fill_null(False)
        | (pl.col("_state") == UNKNOWN_STATE).fill_null(False)
        | _outside("terms", numbers.known_terms().union(*(rule.terms for rule in asked.policy.rules if rule.reviewed)))
    )


def _outside(column: str, words: frozenset[str]) -> pl.Expr:
    return (~pl.col(column).is_in(sorted(words))).fill_null(False)
