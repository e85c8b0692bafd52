"""Rule 7: other people's words inside, and copies from another service: their own permission is needed."""

from __future__ import annotations

import polars as pl

from ownwords.policy.facts import Asked

NUMBER = 7
KIND = "prohibition"
SAYS = "it quotes or repeats someone else's words, or is a copy from another service, and the other side's permission is not known"


def applies(asked: Asked) -> pl.Expr:
    """bool: a quote, a repost, or a record found on another network than its author's; people may see their own."""
    if asked.is_self_access:
        return pl.lit(False)
    return (
        pl.col("quotes").is_not_null()
        | pl.col("repost_of").is_not_null()
        | (pl.col("category") == "repost").fill_null(False)
        | (pl.col("network") != pl.col("_home")).fill_null(False)
    )
