"""Which records a rule of the policy speaks of, as an expression over rows."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ownwords.core.purpose import granted_by
from ownwords.policy.facts import Asked
from ownwords.policy.file import PolicyRule


def allowing(asked: Asked) -> tuple[PolicyRule, ...]:
    """The rules that are a basis of the policy's own for the question, in the file's order.

    A rule that offers consent (opt-in) is none: the consent is. Permission for a parent never reaches an elevated child.
    """
    wanted = set(granted_by(asked.purpose))
    rules = asked.policy.rules_at(asked.at, "allow")
    return tuple(rule for rule in rules if wanted & set(rule.purposes) and rule.consent_mechanism != "opt-in")


def denying(asked: Asked) -> tuple[PolicyRule, ...]:
    """The rules that forbid the purpose or one above it."""
    return tuple(rule for rule in asked.policy.rules_at(asked.at, "deny") if set(asked.chain) & set(rule.purposes))


def is_within(rule: PolicyRule, asked: Asked) -> pl.Expr:
    """bool: `rule` speaks of the record. What is unknown of the record an allowing rule does not reach, and a denying one does."""
    allows = rule.effect == "allow"
    visible = rule.visibility or (("public",) if allows else ())
    lists = (
        ("network", asked.policy.networks),
        ("_jurisdiction", asked.policy.jurisdictions),
        ("_jurisdiction", rule.jurisdictions),
        ("category", rule.categories),
        ("visibility", visible),
        ("terms", rule.terms),
    )
    parts = [pl.col(column).is_in(list(words)) for column, words in lists if words]
    start = _start(rule, asked)
    if start is not None:
        parts.append(pl.col("created_at") >= start)
    return pl.all_horizontal([part.fill_null(not allows) for part in parts]) if parts else pl.lit(True)


def first_cited(rules: tuple[PolicyRule, ...], asked: Asked) -> pl.Expr:
    """str: `id:clause` of the first rule that speaks of the record; null where none does."""
    return pl.coalesce(pl.lit(None, pl.String), *(pl.when(is_within(rule, asked)).then(pl.lit(rule.cites)) for rule in rules))


def moments(rules: tuple[PolicyRule, ...], asked: Asked) -> tuple[datetime, ...]:
    """From when on posts are spoken of, by each rule that says so."""
    return tuple(start for rule in rules if (start := _start(rule, asked)) is not None)


def _start(rule: PolicyRule, asked: Asked) -> datetime | None:
    return asked.policy.posts_from(rule) if rule.effect == "allow" else rule.applies_to_posts_from
