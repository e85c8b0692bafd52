"""Rule 2: never direct, private or group messages, nor what was deleted or withheld; followers-only words by own consent alone."""

from __future__ import annotations

import polars as pl

from ownwords.core.schemas import PRIVATE
from ownwords.policy.facts import Asked, own_word

NUMBER = 2
KIND = "prohibition"
SAYS = "it was not said in public, or was deleted or withheld: such words are never used"


def applies(asked: Asked) -> pl.Expr:
    """bool: the words were not for everyone, or are no longer there; people may always see their own."""
    if asked.is_self_access:
        return pl.lit(False)
    return (
        pl.col("visibility").is_in(sorted(PRIVATE)).fill_null(False)
        | ((pl.col("visibility") == "followers").fill_null(False) & ~own_word())
        | pl.col("state").is_in(["deleted", "withheld"]).fill_null(False)
    )
