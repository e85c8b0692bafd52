"""`permit`: the gate answers, and says why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ownwords.policy.file import Policy
    from ownwords.verbs._house import House
    from ownwords.verbs._then import Then

QUESTIONS = ("show", "why", "diff", "check", "clauses", "adopt")


def permit(
    workspace: str | Path,
    question: str,
    subject: str,
    other: str = "",
    *,
    as_of: str | None = None,
    report: str | None = None,
    notify: str | None = None,
    draft: str | None = None,
) -> dict[str, object]:
    """Ask the gate.

    question  show PURPOSE | why RECORD [PURPOSE] | diff OLD NEW | check POLICY | clauses TEXT | adopt POLICY
    subject   a purpose, a record id, a policy (name or file), or a policy's human text
    other     for why: the purpose (train_ai if left out); for diff: the new policy, or the new text (.md, .txt)
    as_of     show, why and diff of policies: as it was decided on this date
    report    diff: write an HTML page here
    notify    diff of policies: write the ids of the accounts that gain a use here, one a line
    draft     diff of texts: write the rules drafted from what is new here (YAML), the text beside it
    """
    from ownwords.core.errors import NotFound
    from ownwords.verbs import _differing
    from ownwords.verbs._house import House
    from ownwords.verbs._then import Then

    if question not in QUESTIONS:
        raise NotFound.among("permit question", question, QUESTIONS)
    of_texts = question == "diff" and _differing.is_text(subject)
    _check_options(question, other, of_texts, {"--as-of": as_of, "--report": report, "--notify": notify, "--draft": draft})
    if question == "check":
        return _check(subject)
    if question == "clauses":
        return _clauses(subject)
    if of_texts:
        return _differing.of_texts(subject, other, report, draft)
    house = House.open(workspace)
    if question == "adopt":
        return _adopt(house, subject)
    then = Then.of(house, as_of)
    if question == "show":
        return _show(then, subject)
    if question == "why":
        return _why(then, subject, other or "train_ai")
    old, new = (checked_policy(name)[0] for name in (subject, other))
    return _differing.of_policies(then, old, new, report, notify)


def _check_options(question: str, other: str, of_texts: bool, given: dict[str, str | None]) -> None:
    """That the options go with the question, and that a diff is of two things of one kind.

    raises   Usage
    """
    from ownwords.core.errors import Usage
    from ownwords.verbs import _differing

    if question == "diff" and not other:
        raise Usage("permit diff needs two policies, or two texts", "ownwords permit diff OLD NEW")
    if question == "diff" and _differing.is_text(other) != of_texts:
        raise Usage("a policy and a text cannot be held against each other", "give two policies (YAML or names), or two texts (.md, .txt)")
    diff = {"--report", "--draft"} if of_texts else {"--report", "--notify", "--as-of"}
    known = {"show": {"--as-of"}, "why": {"--as-of"}, "diff": diff}.get(question, set())
    for option, value in given.items():
        if value is not None and option not in known:
            where = "permit diff of two texts" if of_texts else f"permit {question}"
            raise Usage(f"{option} does not go with {where}", "ownwords permit --help")


def checked_policy(name: str) -> tuple[Policy, Path]:
    """A policy by name or file, whose every rule is carried by a clause of its text.

    raises   BadPolicy naming the first rule that is not; NotFound
    """
    from ownwords.core.errors import BadPolicy
    from ownwords.policy import file

    path = Path(name) if Path(name).suffix in {".yaml", ".yml"} or "/" in name else file.builtin_path(name)
    policy = file.load(path)
    problems = file.check(policy).problems
    if problems:
        raise BadPolicy(f"policy {policy.id}: {problems[0]}", "mend the rule or the text it cites, then check again")
    return policy, path


def _clauses(name: str) -> dict[str, object]:
    """The paragraphs of a policy's text, with the hash that a rule cites as its clause."""
    from ownwords.policy.clauses import paragraphs
    from ownwords.verbs._differing import read_text

    return {f"{one.number:>3} {one.sha256}": one.words[:80] for one in paragraphs(read_text(name)) if not one.is_heading}


def _adopt(house: House, subject: str) -> dict[str, object]:
    """Put a policy in force.

    raises   BadPolicy if it was adopted before under the same id and version, and said something else
    """
    from ownwords.core import clock
    from ownwords.policy import file

    chosen, source = checked_policy(subject)
    for event in house.ledger.events("policy"):
        before = event.body or {}
        if (before.get("id"), before.get("version")) == (chosen.id, chosen.version) and before.get("hash") != chosen.hash:
            what = f"version {chosen.version} of policy {chosen.id} was adopted before and said something else: what is published stays"
            raise file.place(source, "version", what, "give it a new version")
    house.adopt(chosen, source)
    begins = chosen.begins()
    is_in_force = chosen.in_force(clock.now())
    said: dict[str, object] = {"policy": chosen.id, "version": chosen.version, "hash": chosen.hash, "in_force": is_in_force}
    if unread := sum(not rule.reviewed for rule in chosen.rules):
        said["rules_not_reviewed"] = unread
    return said if is_in_force or begins is None else {**said, "begins": clock.to_text(begins), "until_then": "explicit consent alone"}


def _check(subject: str) -> dict[str, object]:
    from ownwords.policy import file

    policy, _ = checked_policy(subject)
    silent = [paragraph.number for paragraph in file.check(policy).unimplemented]
    return {
        "policy": policy.id,
        "version": policy.version,
        "rules": len(policy.rules),
        "rules_not_reviewed": sum(not rule.reviewed for rule in policy.rules),
        "holds": len(policy.holds),
        "hash": policy.hash,
        "paragraphs_without_rule": silent,
    }


def _show(then: Then, purpose: str) -> dict[str, object]:
    """The funnel: how many rows, how many allowed, and which rule decided the others."""
    import polars as pl

    from ownwords.core.permit import Question
    from ownwords.core.purpose import find
    from ownwords.policy import gate
    from ownwords.store import locks

    find(purpose)
    with locks.reading(then.house.workspace.leases):
        decided = gate.decide(then.rows(), then.facts(), Question(purpose, then.at))
        counts = decided.group_by("rule", "allowed").agg(pl.len().alias("n")).collect()
        n_people = decided.filter(pl.col("allowed")).select(pl.col("account_id").n_unique()).collect().item()
    by_rule = {str(row["rule"]): row["n"] for row in counts.sort("rule").iter_rows(named=True)}
    n_allowed = int(counts.filter(pl.col("allowed"))["n"].sum())
    return {
        "purpose": purpose,
        "policy": then.policy.id,
        "rows": int(counts["n"].sum()),
        "allowed": n_allowed,
        "people": n_people,
        "by_rule": by_rule,
        "reasons": {rule: gate.explain(rule) for rule in by_rule},
    }


def _why(then: Then, record: str, purpose: str) -> dict[str, object]:
    """Rule, clause, entry and proof for one record."""
    from ownwords.core.purpose import find
    from ownwords.verbs import _why

    find(purpose)
    return _why.answer(then, record, purpose)
