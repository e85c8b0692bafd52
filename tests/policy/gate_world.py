"""Small worlds for the gate: rows, accounts, decisions and policies from plain dictionaries."""

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path

import polars as pl
import yaml

from ownwords.core.permit import Question
from ownwords.core.schemas import ACCOUNTS, DECISIONS, RECORDS
from ownwords.policy import file, gate
from ownwords.policy.clauses import paragraph_hash

RULES = Path(gate.__file__).with_name("rules")
TEXT = "The one clause of a policy written out in a case."
DEFAULTS = tomllib.loads((RULES / "_defaults.toml").read_text())
STATES = {"account_id": pl.String, "state": pl.String}

Row = dict[str, object]


def table(rows: list[Row], schema) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def with_defaults(kind: str, row: Row) -> Row:
    """`row` over the defaults of the case tables; `unknown` and `missing` stand for null, which TOML has not."""
    nulls = {"missing"} if kind == "record" else {"missing", "unknown"}
    merged = {**DEFAULTS[kind], **row}
    empty = {name for name, value in merged.items() if isinstance(value, str) and value in nulls}
    if kind == "record":
        empty |= {name for name in ("account_id", "created_at") if merged.get(name) == "unknown"}
    return {name: None if name in empty else value for name, value in merged.items()}


def written_policy(body: Row) -> Row:
    """A case's own policy, as the YAML file would hold it."""
    rules = []
    for rule in body.get("rules", [{}]):
        base = dict(DEFAULTS["rule_of_a_case"])
        if rule.get("effect") == "deny":
            base = {name: base[name] for name in ("id", "purposes")}
        rules.append({"clause": paragraph_hash(TEXT), **base, **rule})
    policy = {**DEFAULTS["policy_of_a_case"], "text": "case.md", **body, "rules": rules}
    if str(policy["published_at"])[:10] > str(policy["effective_from"])[:10]:  # no policy is in effect before it is published
        policy["effective_from"] = policy["published_at"]
    return policy


@cache
def _loaded(text: str, folder: Path) -> file.Policy:
    (folder / "case.md").write_text(TEXT)
    (folder / "case.yaml").write_text(text)
    return file.load(folder / "case.yaml")


def load_policy(policy: str | Row, folder: Path) -> file.Policy:
    if isinstance(policy, str):
        return file.builtin(policy)
    return _loaded(yaml.dump(policy, Dumper=_Plain, sort_keys=False), folder)


class _Plain(yaml.SafeDumper):
    """Writes no anchors: the reader refuses them."""

    def ignore_aliases(self, data):
        return True


_Plain.add_representer(datetime, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:timestamp", value.isoformat()))
_Plain.add_representer(date, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:timestamp", value.isoformat()))


def facts_of(policy: file.Policy, accounts=(), states=(), decisions=(), held=()) -> gate.Facts:
    return gate.Facts(
        policy=policy,
        accounts=table(list(accounts), ACCOUNTS),
        states=table(list(states), STATES),
        decisions=table(list(decisions), DECISIONS),
        ledger_seq=len(decisions),
        ledger_root="root",
        store_version=1,
        referred=rows_of(held),
    )


def rows_of(records) -> pl.LazyFrame:
    return table(list(records), RECORDS).lazy()


def ask(records, facts: gate.Facts, purpose: str, at: datetime) -> list[Row]:
    """What `decide` says, in the order of record numbers."""
    decided = gate.decide(rows_of(records), facts, Question(purpose, at)).sort("record_no").collect()
    return decided.select("record_no", "allowed", "rule", "clause").to_dicts()


class Case:
    """One entry of a rule's table."""

    def __init__(self, rule: str, body: Row):
        self.rule = rule
        self.name = str(body["name"])
        self.purpose = str(body.get("purpose", DEFAULTS["purpose"]))
        self.at = body.get("at", DEFAULTS["at"])
        policy = body.get("policy", DEFAULTS["policy"])
        self.policy = policy if isinstance(policy, str) else written_policy(policy)
        self.record = with_defaults("record", body.get("record", {}))
        self.account = with_defaults("account", body.get("account", {}))
        self.states = [{"account_id": self.account["account_id"], "state": body["ledger_state"]}] if "ledger_state" in body else []
        self.decisions = [
            {"seq": seq, "purpose": self.purpose, **with_defaults("decision", one)}
            for seq, one in enumerate(body.get("decisions", []), start=1)
        ]
        self.held = [self.record, *(with_defaults("record", one) for one in body.get("held", []))]
        self.others = [with_defaults("account", one) for one in body.get("others", [])]
        self.expect = body["expect"]

    def __repr__(self) -> str:
        return f"{self.rule}: {self.name}"

    def answer(self, folder: Path) -> Row:
        facts = facts_of(load_policy(self.policy, folder), [self.account, *self.others], self.states, self.decisions, self.held)
        return ask([self.record], facts, self.purpose, self.at)[0]

    def holds(self, folder: Path) -> bool:
        """Whether the gate answers as the table says."""
        got = self.answer(folder)
        want = self.expect
        return (got["allowed"], got["rule"]) == (want["allowed"], str(want["rule"])) and want.get("clause", got["clause"]) == got["clause"]


@cache
def cases() -> tuple[Case, ...]:
    return tuple(Case(path.stem, body) for path in sorted(RULES.glob("[!_]*.toml")) for body in tomllib.loads(path.read_text())["case"])
