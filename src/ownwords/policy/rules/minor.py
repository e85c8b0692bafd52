"""Rule 5: children: a verified guardian per purpose, and never persona, biometrics, profiling or resale."""

from __future__ import annotations

import polars as pl

from ownwords.policy import numbers
from ownwords.policy.facts import Asked

NUMBER = 5
KIND = "prohibition"
SAYS = "its author is a child, or may be one, and no guardian has agreed to this use (to some uses no guardian can)"
NEVER = frozenset({"advertise.profiled", "match_talent", "license.analysis", "train_ai.third_party"})


def applies(asked: Asked) -> pl.Expr:
    """bool: the author is to be treated as a child, and a guardian has not agreed or cannot.

    Age is that at the question's instant (params/majority.toml); unknown age as params/age_unknown.toml says.
    """
    if asked.is_self_access:
        return pl.lit(False)
    child = pl.col("_child").fill_null(_unknown(asked))
    if asked.purpose in NEVER or asked.chain[-1] == "simulate_person":
        return child
    return child & (pl.col("_guardian").is_null() | pl.col("category").is_in(["face", "voice"]).fill_null(True))


def _unknown(asked: Asked) -> bool:
    """An account nobody described has no known age either."""
    return numbers.unknown_age_is_child(asked.purpose, asked.at)
