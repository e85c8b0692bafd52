"""Rule 10: the policy's own basis in force, reported as such and never as consent."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ownwords.policy import reach
from ownwords.policy.facts import Asked

NUMBER = 10
KIND = "basis"
SAYS = "the policy in force covers it on a basis of its own, and its author has not objected"


def applies(asked: Asked) -> pl.Expr:
    """bool: an allowing rule reaches the record: in force, notice and objection period over, posted in time.

    To show people what is held on them needs no rule: the law is the basis (GDPR art. 15; UU 27/2022 pasal 7).
    """
    if asked.is_self_access:
        return pl.lit(True)
    return pl.any_horizontal([pl.lit(False), *(reach.is_within(rule, asked) for rule in reach.allowing(asked))])


def clause(asked: Asked) -> pl.Expr:
    """str: the policy's rule; null where the law itself is the basis."""
    return reach.first_cited(reach.allowing(asked), asked)


def moments(asked: Asked) -> tuple[datetime, ...]:
    """The dates from which on posts are spoken of by a rule of the policy."""
    return reach.moments(reach.allowing(asked), asked)
