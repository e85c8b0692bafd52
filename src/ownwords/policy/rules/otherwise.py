"""Rule 11: what nothing allows is denied."""

from __future__ import annotations

import polars as pl

from ownwords.policy.facts import Asked

NUMBER = 11
KIND = "otherwise"
SAYS = "nobody has agreed to this use, and the policy gives no other basis for it"


def applies(asked: Asked) -> pl.Expr:
    """bool: always; it decides only where no other rule did."""
    return pl.lit(True)
