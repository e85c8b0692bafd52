"""Rule 8: any refusal, withdrawal or objection, signal, source term or rule of the policy that forbids the use."""

from __future__ import annotations

import re
from datetime import datetime

import polars as pl

from ownwords.policy import numbers, reach
from ownwords.policy.facts import FAR, Asked, own_word

NUMBER = 8
KIND = "prohibition"
SAYS = "its author has refused, withdrawn or objected, a signal they set says no, or the source's terms or the policy forbid this use"


def applies(asked: Asked) -> pl.Expr:
    """bool: anything forbids it. A denial of a parent denies the child."""
    parts = [pl.col("_denied").is_not_null()]
    if not asked.is_self_access:
        parts += [_signalled(asked, k) for k in range(len(asked.chain))] + [_barred_by_terms(asked)]
        parts += [reach.is_within(rule, asked) for rule in reach.denying(asked)]
    return pl.any_horizontal(parts)


def clause(asked: Asked) -> pl.Expr:
    """str: the ledger's event, or the policy's rule; null where a signal or the source's terms say so."""
    decided = pl.when(pl.col("_denied").is_not_null()).then(pl.format("ledger:{}", pl.col("_denied")))
    return pl.coalesce(decided, reach.first_cited(reach.denying(asked), asked))


def moments(asked: Asked) -> tuple[datetime, ...]:
    """The dates from which on posts are spoken of by a rule of the policy."""
    return reach.moments(reach.denying(asked), asked)


def _signalled(asked: Asked, k: int) -> pl.Expr:
    """bool: a signal denies `asked.chain[k]`, and the person's own consent to it is not newer. An undated one is as old as its sighting.

    A value may list several things, between commas, semicolons or spaces: each counts.
    """
    denying = [one for one in numbers.signals() if asked.chain[k] in one.denies]
    if not denying:
        return pl.lit(False)
    field = pl.element().struct.field
    told = field("name").str.to_lowercase() + "=" + field("value").str.to_lowercase()
    forms = "|".join(rf"{re.escape(one.name)}=(?:.*[\s,;])?(?:{'|'.join(map(re.escape, one.values))})" for one in denying)
    found = told.str.contains(rf"(?s)^(?:{forms})(?:[\s,;].*)?$").fill_null(False)
    dated = pl.col("signals").list.eval(pl.when(found).then(field("at"))).list.max()
    undated = pl.col("signals").list.eval(found & field("at").is_null()).list.any()
    moment = pl.max_horizontal(dated, pl.when(undated).then(pl.col("observed_at").fill_null(FAR)))
    return moment.is_not_null() & ~(pl.col(f"_own_at_{k}") > moment).fill_null(False)


def _barred_by_terms(asked: Asked) -> pl.Expr:
    """bool: the terms under which the source was had forbid the use."""
    barring = [terms for terms in numbers.terms_in_force(asked.at) if terms.forbids & set(asked.chain)]
    always = [terms.name for terms in barring if not terms.unless_author_consents]
    unless = [terms.name for terms in barring if terms.unless_author_consents]
    column = pl.col("terms")
    return column.is_in(always).fill_null(False) | (column.is_in(unless).fill_null(False) & ~own_word())
