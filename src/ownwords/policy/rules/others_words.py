"""Rule 7: other people's words inside, and copies from another service: their own permission is needed."""

from __future__ import annotations

import polars as pl

from ownwords.policy.facts import Asked, own_word

NUMBER = 7
KIND = "prohibition"
SAYS = "it quotes or repeats someone else's words, or is a copy from another service, without the permission of whose they are"


def applies(asked: Asked) -> pl.Expr:
    """bool: what is quoted or reposted is not itself permitted for this purpose, or is not held here, or repeats others in turn.

    A record found on another network than its author's is used by the author's own consent alone: a policy speaks for the accounts of
    its own service. People may see their own.
    """
    if asked.is_self_access:
        return pl.lit(False)
    refers = pl.col("quotes").is_not_null() | pl.col("repost_of").is_not_null()
    is_repost = (pl.col("category") == "repost").fill_null(False)
    elsewhere = (pl.col("network") != pl.col("_home")).fill_null(False)
    return ((refers | is_repost) & ~(refers & pl.col("_cleared").fill_null(False))) | (elsewhere & ~own_word())
