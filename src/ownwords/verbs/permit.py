"""`permit`: the gate answers, and says why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ownwords.policy.file import Policy
    from ownwords.verbs._house import House

QUESTIONS = ("show", "why", "diff", "check", "clauses", "adopt")


def permit(workspace: str | Path, question: str, subject: str, other: str = "") -> dict[str, object]:
    """Ask the gate.

    question  show PURPOSE | why RECORD [PURPOSE] | diff OLD NEW | check POLICY | clauses TEXT | adopt POLICY
    subject   a purpose, a record id, a policy (name or file), or a policy's human text
    other     for why: the purpose (train_ai if left out); for diff: the new policy
    """
    from ownwords.core import clock
    from ownwords.core.errors import NotFound, Usage
    from ownwords.verbs._house import House

    if question not in QUESTIONS:
        raise NotFound.among("permit question", question, QUESTIONS)
    if question == "check":
        return _check(subject)
    if question == "clauses":
        return _clauses(Path(subject))
    if question == "diff" and not other:
        raise Usage("permit diff needs two policies", "ownwords permit diff OLD NEW")
    house = House.open(workspace)
    if question == "show":
        return _show(house, subject)
    if question == "why":
        return _why(house, subject, other or "train_ai")
    if question == "diff":
        return _diff(house, subject, other)
    chosen, source = checked_policy(subject)
    house.adopt(chosen, source)
    begins = chosen.begins()
    is_in_force = chosen.in_force(clock.now())
    said: dict[str, object] = {"policy": chosen.id, "version": chosen.version, "hash": chosen.hash, "in_force": is_in_force}
    return said if is_in_force or begins is None else {**said, "begins": clock.to_text(begins), "until_then": "explicit consent alone"}


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


def _clauses(path: Path) -> dict[str, object]:
    """The paragraphs of a policy's text, with the hash that a rule cites as its clause."""
    from ownwords.core.errors import BadInput, NotFound
    from ownwords.core.files import check_plain
    from ownwords.policy.clauses import paragraphs

    check_plain(path)
    if not path.is_file():
        raise NotFound(f"{path}: no such file", "give the text of a policy, in Markdown")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 at byte {error.start}", "save it as UTF-8") from error
    return {f"{one.number:>3} {one.sha256}": one.words[:80] for one in paragraphs(text) if not one.is_heading}


def _check(subject: str) -> dict[str, object]:
    from ownwords.policy import file

    policy, _ = checked_policy(subject)
    silent = [paragraph.number for paragraph in file.check(policy).unimplemented]
    return {
        "policy": policy.id,
        "version": policy.version,
        "rules": len(policy.rules),
        "hash": policy.hash,
        "paragraphs_without_rule": silent,
    }


def _show(house: House, purpose: str) -> dict[str, object]:
    """The funnel: how many rows, how many allowed, and which rule decided the others."""
    import polars as pl

    from ownwords.core.purpose import find
    from ownwords.policy.gate import explain
    from ownwords.store import locks

    find(purpose)
    with locks.reading(house.workspace.leases):
        decided = house.decided(house.store().scan(), purpose)
        counts = decided.group_by("rule", "allowed").agg(pl.len().alias("n")).collect()
        n_people = decided.filter(pl.col("allowed")).select(pl.col("account_id").n_unique()).collect().item()
    by_rule = {str(row["rule"]): row["n"] for row in counts.sort("rule").iter_rows(named=True)}
    n_allowed = int(counts.filter(pl.col("allowed"))["n"].sum())
    return {
        "purpose": purpose,
        "policy": house.policy().id,
        "rows": int(counts["n"].sum()),
        "allowed": n_allowed,
        "people": n_people,
        "by_rule": by_rule,
        "reasons": {rule: explain(rule) for rule in by_rule},
    }


def _why(house: House, record: str, purpose: str) -> dict[str, object]:
    """Rule, clause and explanation for one record."""
    from ownwords.core.errors import NotFound
    from ownwords.core.purpose import find
    from ownwords.policy.gate import explain
    from ownwords.store import locks

    find(purpose)
    with locks.reading(house.workspace.leases):
        found = house.decided(house.record(record), purpose).select("allowed", "rule", "clause").collect()
    if not found.height:
        raise NotFound("no record of that id is held here", "record ids read network:native-id")
    allowed, rule, clause = found.row(0)
    return {"record": record, "purpose": purpose, "allowed": allowed, "rule": rule, "clause": clause, "because": explain(rule)}


def _diff(house: House, old: str, new: str) -> dict[str, object]:
    """What the new policy would take that the old one did not, and the other way round, per purpose."""
    from dataclasses import replace

    import polars as pl

    from ownwords.core import clock
    from ownwords.core.permit import Question
    from ownwords.core.purpose import PURPOSES
    from ownwords.policy import gate
    from ownwords.store import locks

    policies = [checked_policy(name)[0] for name in (old, new)]
    changes: dict[str, object] = {}
    with locks.reading(house.workspace.leases):
        store, at = house.store(), clock.now()
        facts = house.facts(policies[0], store)
        for purpose in PURPOSES:
            before, after = (
                gate.decide(store.scan(), replace(facts, policy=policy), Question(purpose, at)).select("record_no", "account_id", "allowed")
                for policy in policies
            )
            both = before.join(after, on="record_no", suffix="_new").filter(pl.col("allowed") != pl.col("allowed_new"))
            counts = both.group_by("allowed_new").agg(pl.len().alias("records"), pl.col("account_id").n_unique().alias("people")).collect()
            told = {bool(row["allowed_new"]): row for row in counts.iter_rows(named=True)}
            if told:
                none = {"records": 0, "people": 0}
                gained, lost = told.get(True, none), told.get(False, none)
                changes[purpose] = {
                    "gained": {"records": gained["records"], "people": gained["people"]},
                    "lost": {"records": lost["records"], "people": lost["people"]},
                }
    return {"old": policies[0].id, "new": policies[1].id, "changes": changes or "none"}
