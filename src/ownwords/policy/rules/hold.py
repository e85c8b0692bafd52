"""Rule 4: holds by an order: of the policy file, or told with the record."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ownwords.policy.facts import Asked
from ownwords.policy.holds import Hold

NUMBER = 4
KIND = "prohibition"
SAYS = "an order holds it, and nothing may be done with it until the hold is lifted"


def applies(asked: Asked) -> pl.Expr:
    """bool: a hold in force reaches the record, or the record carries the signal `hold`, whatever its value.

    What is unknown of the record, its author's country or the day it was posted, a hold reaches.
    """
    is_hold = pl.element().struct.field("name").str.to_lowercase() == "hold"
    told = pl.col("signals").list.eval(is_hold.fill_null(False)).list.any().fill_null(False)
    return pl.any_horizontal([told, *(_reaches(hold) for hold in _standing(asked))])


def clause(asked: Asked) -> pl.Expr:
    """str: `hold:ID` of the policy's first hold that reaches the record; null where the record itself told it."""
    cited = [pl.when(_reaches(hold)).then(pl.lit(f"hold:{hold.id}")) for hold in _standing(asked)]
    return pl.coalesce(pl.lit(None, pl.String), *cited)


def moments(asked: Asked) -> tuple[datetime, ...]:
    """Where the posted intervals of the holds begin and end."""
    return tuple(moment for hold in _standing(asked) for moment in (hold.posted_from, hold.posted_to) if moment is not None)


def _standing(asked: Asked) -> list[Hold]:
    return [hold for hold in asked.policy.holds if hold.stands(asked.at) and (not hold.purposes or set(hold.purposes) & set(asked.chain))]


def _reaches(hold: Hold) -> pl.Expr:
    lists = (("_jurisdiction", hold.jurisdictions), ("network", hold.networks))
    parts = [pl.col(column).is_in(list(words)) for column, words in lists if words]
    if hold.posted_from is not None:
        parts.append(pl.col("created_at") >= hold.posted_from)
    if hold.posted_to is not None:
        parts.append(pl.col("created_at") < hold.posted_to)
    return pl.all_horizontal([part.fill_null(True) for part in parts]) if parts else pl.lit(True)
