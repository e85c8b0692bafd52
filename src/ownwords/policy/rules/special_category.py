"""Rule 6: faces, voices and what is marked as health, religion and the like: the person's own consent that names it."""

from __future__ import annotations

import polars as pl

from ownwords.policy.facts import Asked, is_special

NUMBER = 6
KIND = "prohibition"
SAYS = "it is a face, a voice or of a special category, and its owner has not agreed to this use of just that"
BIOMETRIC = ("face", "voice")


def applies(asked: Asked) -> pl.Expr:
    """bool: a special category without consent by name: by category or record, for exactly this purpose, the person's own.

    A consent to everything they wrote does not cover it, nor does the policy's own basis or a guardian. People may see their own.
    """
    if asked.is_self_access:
        return pl.lit(False)
    biometric = pl.col("category").is_in(BIOMETRIC).fill_null(False)
    return (biometric & ~pl.col("_explicit").fill_null(False)) | (is_special() & ~pl.col("_special").fill_null(False))
