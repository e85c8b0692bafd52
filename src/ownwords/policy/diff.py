"""What a new policy would take and give back: records and people per purpose and reason, rules and clauses that changed, whom to tell."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta

import polars as pl

from ownwords.core import clock
from ownwords.core.permit import Question
from ownwords.core.purpose import PURPOSES
from ownwords.policy import gate, numbers, reach, texts
from ownwords.policy.facts import Asked, Facts
from ownwords.policy.file import Policy, PolicyRule

#: Of each reason so many record ids, of different people.
N_SAMPLES = 5
_KEYS = ["account_id", "allowed", "_rule_before", "rule"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Records that change sides together.

    gained           the new policy allows them, the old one did not; else the other way round
    before, after    the rule of the gate that decided, and that decides
    samples          record ids, at most N_SAMPLES, each of another person
    """

    gained: bool
    before: str
    after: str
    n_records: int
    n_people: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """What the new policy changes for one purpose.

    gaining   account ids of whom some record can be used that could not
    """

    purpose: str
    reasons: tuple[Reason, ...]
    gaining: pl.Series
    n_losing: int

    def to_json(self) -> dict[str, object]:
        """For a reader; names no account."""
        sides = (("gained", True, self.gaining.len()), ("lost", False, self.n_losing))
        said: dict[str, object] = {
            side: {"records": sum(one.n_records for one in self.reasons if one.gained == gained), "people": n_people}
            for side, gained, n_people in sides
        }
        return {**said, "reasons": [{**asdict(one), "samples": list(one.samples)} for one in self.reasons]}


def asked_at(new: Policy, now: datetime) -> datetime:
    """The first instant, from `now` on, at which all of the new policy counts: begun, objections over, every rule's time come."""
    begins = new.begins() or now
    waits = [rule.since for rule in new.rules if rule.since is not None]
    if new.published_at is not None:
        waits += [new.published_at + timedelta(days=rule.objection_period_days) for rule in new.rules]
    whole = max(now, begins, *waits) if waits else max(now, begins)
    return whole if new.effective_to is None or whole < new.effective_to else max(now, begins)


def going_on(old: Policy) -> Policy:
    """The old policy as if it did not end: what ends with it is not what the new one takes away."""
    return replace(old, effective_to=None)


def changing(old: Policy, new: Policy, at: datetime) -> tuple[str, ...]:
    """The purposes for which the two policies can differ at `at`; for all others every decision is the same, and none is made.

    Why: how accounts stand does not depend on the policy at all, and the rules of the gate look at it in four ways only. Rules 8 and 10
    ask for the policy's rules that deny or allow the purpose (`reach.denying`, `reach.allowing`), and hold the record against nothing but
    such a rule and, through it, against the policy's networks, jurisdictions and beginning (`reach.is_within`). Rule 4 asks for holds
    on the purpose. Rule 1 asks which source terms the policy's rules name. If all these are equal for a purpose, so is every expression
    over its rows. A test holds the gate to it: asked about a purpose that no rule names, it reads no other field of the policy; and
    random policies decide alike wherever this says so.
    """
    return tuple(purpose for purpose in PURPOSES if _seen(old, purpose, at) != _seen(new, purpose, at))


def shift(records: pl.LazyFrame, facts: Facts, old: Policy, new: Policy, question: Question) -> Shift:
    """What changes for one purpose. One pass over the rows decides under both policies, so it costs less than two decisions.

    records   RECORDS
    facts     their policy does not count
    """
    before = gate.decide(records.select(gate.NEEDED_COLUMNS), replace(facts, policy=old), question)
    renamed = before.drop("clause").rename({"allowed": "_allowed_before", "rule": "_rule_before"})
    after = gate.decide(renamed, replace(facts, policy=new), question)
    moved = after.filter(pl.col("allowed") != pl.col("_allowed_before"))
    grouped = moved.group_by(_KEYS).agg(pl.len().alias("n"), pl.col("record_id").min())
    people = grouped.collect(engine="streaming")
    told = people.group_by(_KEYS[1:]).agg(
        pl.col("n").sum(), pl.col("account_id").n_unique().alias("people"), pl.col("record_id").sort().head(N_SAMPLES)
    )
    ordered = told.sort("allowed", "n", "_rule_before", "rule", descending=[True, True, False, False])
    reasons = tuple(
        Reason(bool(row["allowed"]), row["_rule_before"], row["rule"], int(row["n"]), int(row["people"]), tuple(row["record_id"]))
        for row in ordered.iter_rows(named=True)
    )
    gaining = people.filter("allowed")["account_id"].drop_nulls().unique()
    return Shift(question.purpose, reasons, gaining, people.filter(~pl.col("allowed"))["account_id"].n_unique())


def rules_changed(old: Policy, new: Policy) -> list[dict[str, object]]:
    """Rules added, removed and changed, by id; of a changed one each field, before and after."""
    was, now = ({rule.id: rule for rule in policy.rules} for policy in (old, new))
    told: list[dict[str, object]] = []
    for name in [*now, *(name for name in was if name not in now)]:
        before, after = was.get(name), now.get(name)
        if before is None or after is None:
            kind = "added" if before is None else "removed"
            told.append({"rule": name, "kind": kind, **_gist(before or after)})
        elif before != after:
            told.append({"rule": name, "kind": "changed", **_gist(after), "fields": _fields_changed(before, after)})
    return told


def clauses_changed(old: Policy, new: Policy, at: datetime) -> dict[str, object]:
    """How the two texts differ; None in place of the counts where one of them is not there."""
    if old.words is None or new.words is None:
        return {"compared": False}
    return {"compared": True, **texts_changed(texts.compare(old.words, new.words, at))}


def texts_changed(told: texts.Comparison) -> dict[str, object]:
    """A comparison of two texts, for a reader."""
    counts: dict[str, object] = {kind: told.count(kind) for kind in ("added", "removed", "reworded")}
    return {**counts, "unchanged": told.n_same, "moved": told.n_moved, "changes": [_change(one) for one in told.changes]}


def dates(new: Policy, now: datetime) -> list[dict[str, object]]:
    """Until when people are to be told, and may object: what, the day, and whether it is over."""
    found = [("published", new.published_at), ("effective from", new.effective_from), ("effective to", new.effective_to)]
    if new.published_at is not None:
        if new.notice_period_days:
            found.append(("notice is over", new.published_at + timedelta(days=new.notice_period_days)))
        found += [
            (f"time to object to {rule.id} is over", new.published_at + timedelta(days=rule.objection_period_days))
            for rule in new.rules
            if rule.objection_period_days
        ]
    found.append(("the policy begins to count", new.begins()))
    dated = sorted((at, what) for what, at in found if at is not None)
    return [{"what": what, "at": clock.to_text(at), "is_past": at <= now} for at, what in dated]


def _seen(policy: Policy, purpose: str, at: datetime) -> tuple[object, ...]:
    """All that the gate reads of a policy when it is asked about a purpose; see `changing`."""
    asked = Asked.of(purpose, at, policy)
    rules = (*reach.allowing(asked), *reach.denying(asked))
    around = (policy.networks, policy.jurisdictions, tuple(policy.posts_from(rule) for rule in rules)) if rules else ()
    holds = tuple(hold for hold in policy.holds if hold.stands(at) and (not hold.purposes or set(asked.chain) & set(hold.purposes)))
    terms = {name for rule in policy.rules if rule.reviewed for name in rule.terms} - numbers.known_terms()
    return (rules, around, holds, frozenset(terms))


def _gist(rule: PolicyRule | None) -> dict[str, object]:
    assert rule is not None
    return {"effect": rule.effect, "purposes": list(rule.purposes), "clause": rule.clause, "reviewed": rule.reviewed}


def _fields_changed(before: PolicyRule, after: PolicyRule) -> dict[str, object]:
    pairs = ((field.name, getattr(before, field.name), getattr(after, field.name)) for field in fields(PolicyRule))
    return {name: {"before": _plain(was), "after": _plain(now)} for name, was, now in pairs if was != now}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return clock.to_text(value) if isinstance(value, datetime) else value


def _change(one: texts.Change) -> dict[str, object]:
    paragraph = one.new or one.old
    assert paragraph is not None
    said: dict[str, object] = {
        "kind": one.kind,
        "before": None if one.old is None else one.old.number,
        "after": None if one.new is None else one.new.number,
        "clause": paragraph.sha256,
        "pieces": [[kind, words] for kind, words in one.pieces],
    }
    return said | {"vague": [{"phrase": phrase, "why": why} for phrase, why in one.vague]}
