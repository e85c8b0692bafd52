"""Rule 4: a hold by an order. Holds are not weighed here: a record that carries one is not used."""

from __future__ import annotations

import polars as pl

from ownwords.policy.facts import Asked

NUMBER = 4
KIND = "prohibition"
SAYS = "an order holds it, and nothing may be done with it until the hold is lifted"


def applies(asked: Asked) -> pl.Expr:
    """bool: the record carries the signal `hold`, whatever its value."""
    is_hold = pl.element().struct.field("name").str.to_lowercase() == "hold"
    return pl.col("signals").list.eval(is_hold.fill_null(False)).list.any().fill_null(False)
