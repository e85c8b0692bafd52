"""Rule 6: biometric categories need consent for that category; faces and voices come in by enrolment, and are not used here."""

from __future__ import annotations

import polars as pl

from ownwords.policy.facts import Asked

NUMBER = 6
KIND = "prohibition"
SAYS = "it is a face or a voice, which needs its owner's explicit enrolment for this use"


def applies(asked: Asked) -> pl.Expr:
    """bool: the record is biometric; people may see their own."""
    if asked.is_self_access:
        return pl.lit(False)
    return pl.col("category").is_in(["face", "voice"]).fill_null(False)
