"""The gate: what each record may be used for, and why; the only maker of Datasets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import polars as pl

from ownwords.core import _mint, plugins
from ownwords.core.dataset import Dataset
from ownwords.core.errors import Fault, NotFound
from ownwords.core.permit import Permit, Question
from ownwords.policy.facts import NEEDED_COLUMNS, Asked, Facts
from ownwords.policy.standing import stand

__all__ = ["NEEDED_COLUMNS", "Facts", "Rule", "admit", "admit_made", "decide", "explain", "rules"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One file of rules/, loaded.

    number    what a decision carries; the lowest prohibition that applies names the reason
    kind      prohibition | basis | otherwise
    says      why a record is (not) used, as the rest of a sentence that begins with `because`
    applies   bool over a row with the columns of standing.py; a null counts against the record
    clause    str: where it is written; null = `gate:NUMBER`
    """

    name: str
    number: int
    kind: str
    says: str
    applies: Callable[[Asked], pl.Expr]
    clause: Callable[[Asked], pl.Expr]


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by number."""
    found = [(name, plugins.load("rule", name)) for name in plugins.names("rule")]
    made = [
        Rule(name, module.NUMBER, module.KIND, module.SAYS, module.applies, getattr(module, "clause", _no_clause)) for name, module in found
    ]
    return tuple(sorted(made, key=lambda rule: (rule.number, rule.name)))


def decide(records: pl.LazyFrame, facts: Facts, question: Question) -> pl.LazyFrame:
    """`records` with three columns more; the order of rows is not kept.

    records   RECORDS, at least NEEDED_COLUMNS save record_no
    allowed   bool: some basis (9 or 10) and no prohibition (1-8)
    rule      str, "1" to "11": the first prohibition that applies, else the basis, else 11
    clause    str: `ledger:SEQ`, `RULE_ID:clause` of the policy, or `gate:N`
    raises    NotFound for an unknown purpose; Fault if a needed column is missing
    """
    return _decided(records, facts, question, rules())


def admit(records: pl.LazyFrame, facts: Facts, question: Question) -> Dataset:
    """The allowed rows of `records`, with the Permit that says so. Their order is not kept; only counts are collected."""
    asked = Asked.of(question.purpose, question.at, facts.policy)
    judged = _judged(records, facts, asked, rules())
    names = [name for name in records.collect_schema().names() if name not in {"allowed", "rule", "clause"}]
    return _mint.dataset(judged.filter("allowed").select(names), _permit(judged, facts, asked))


def admit_made(rows: pl.LazyFrame, records: pl.LazyFrame, facts: Facts, question: Question) -> Dataset:
    """The rows of an artifact all of whose origins are in `records` and allowed now.

    rows      each names its origins in `origins` (list of int64) or `record_no` (int64); one without any is left out
    records   RECORDS now; an origin that is no longer there counts as unresolved (rule 1)
    raises    Fault if `rows` do not say where they come from
    """
    asked = Asked.of(question.purpose, question.at, facts.policy)
    names = rows.collect_schema().names()
    origins = next((name for name in ("origins", "record_no") if name in names), None)
    if origins is None:
        raise Fault("these rows do not say which records they came from", "keep the column record_no, or origins (list of record numbers)")
    verdict = _judged(records, facts, asked, rules()).group_by("record_no").agg(pl.col("allowed").all(), pl.col("_rule").min())
    numbered = rows.with_row_index("_row")
    pairs = numbered.select("_row", pl.col(origins).alias("record_no"))
    told = (
        (pairs.explode("record_no") if origins == "origins" else pairs)
        .join(verdict, on="record_no", how="left")
        .with_columns(pl.col("allowed").fill_null(False), pl.col("_rule").fill_null(1))
        .group_by("_row")
        .agg(
            pl.col("allowed").all(), pl.col("_rule").max().alias("_best"), pl.col("_rule").filter(~pl.col("allowed")).min().alias("_worst")
        )
        .with_columns(pl.coalesce("_worst", "_best").alias("_rule"))
    )
    judged = numbered.join(told, on="_row", how="left").with_columns(pl.col("allowed").fill_null(False), pl.col("_rule").fill_null(1))
    return _mint.dataset(judged.filter("allowed").sort("_row").select(names), _permit(judged, facts, asked))


def explain(rule: str | int) -> str:
    """One sentence on a rule, for a person.

    raises   NotFound for a number that is no rule's
    """
    number = str(rule)
    found = [one for one in rules() if str(one.number) == number]
    if not found:
        raise NotFound.among("rule", number, {str(one.number) for one in rules()})
    verb = "may be used" if found[0].kind == "basis" else "is not used"
    return f"This record {verb}, because {found[0].says}."


def _no_clause(asked: Asked) -> pl.Expr:
    return pl.lit(None, pl.String)


def _judged(records: pl.LazyFrame, facts: Facts, asked: Asked, order: Sequence[Rule]) -> pl.LazyFrame:
    """`records` with `allowed`, `_rule` (int8), one `_hit_NAME` a rule and the columns of standing.py."""
    have = records.collect_schema().names()
    missing = [name for name in NEEDED_COLUMNS if name not in have and name != "record_no"]
    if missing:
        raise Fault(f"the gate needs column {missing[0]!r} to decide", "read all of policy.gate.NEEDED_COLUMNS")
    hits = [rule.applies(asked).fill_null(rule.kind == "prohibition").alias(f"_hit_{rule.name}") for rule in order]
    barred = [rule for rule in order if rule.kind == "prohibition"]
    based = [rule for rule in order if rule.kind == "basis"]
    decides = [pl.when(_hit(rule)).then(pl.lit(rule.number, pl.Int8)) for rule in (*barred, *based)]
    allowed = ~pl.any_horizontal([pl.lit(False), *map(_hit, barred)]) & pl.any_horizontal([pl.lit(False), *map(_hit, based)])
    return (
        _with_cleared(stand(records, facts, asked), facts, asked, order)
        .with_columns(hits)
        .with_columns(allowed.alias("allowed"), pl.coalesce(*decides, pl.lit(11, pl.Int8)).alias("_rule"))
    )


def _with_cleared(rows: pl.LazyFrame, facts: Facts, asked: Asked, order: Sequence[Rule]) -> pl.LazyFrame:
    """`rows` with `_cleared`: everything they quote or repost is held, is nobody's repetition in turn, and is allowed itself."""
    referred = ("quotes", "repost_of")
    wanted = (
        pl.concat([rows.select(pl.col(name).alias("record_id")) for name in referred]).drop_nulls().unique().collect(engine="streaming")
    )
    if facts.referred is None or wanted.is_empty():
        return rows.with_columns(pl.lit(False).alias("_cleared"))
    own_words = pl.all_horizontal(pl.col(name).is_null() for name in referred) & (pl.col("category") != "repost")
    held = facts.referred.join(wanted.lazy(), on="record_id", how="semi").filter(own_words)
    judged = _judged(held, replace(facts, referred=None), asked, order)
    good = judged.group_by("record_id").agg(pl.col("allowed").all()).filter("allowed").select("record_id").collect()["record_id"]
    return rows.with_columns(
        pl.all_horizontal(pl.col(name).is_null() | pl.col(name).is_in(good.implode()) for name in referred).alias("_cleared")
    )


def _hit(rule: Rule) -> pl.Expr:
    return pl.col(f"_hit_{rule.name}")


def _decided(records: pl.LazyFrame, facts: Facts, question: Question, order: Sequence[Rule]) -> pl.LazyFrame:
    """`decide`, with the rules taken in another order: the reason may change, the answer cannot."""
    asked = Asked.of(question.purpose, question.at, facts.policy)
    judged = _judged(records, facts, asked, order)
    cited = [pl.when((pl.col("_rule") == rule.number) & _hit(rule)).then(rule.clause(asked)) for rule in order]
    written = pl.coalesce(*cited, pl.format("gate:{}", pl.col("_rule"))).alias("clause")
    names = [name for name in records.collect_schema().names() if name not in {"allowed", "rule", "clause"}]
    return judged.with_columns(pl.col("_rule").cast(pl.String).alias("rule"), written).select(*names, "allowed", "rule", "clause")


def _permit(judged: pl.LazyFrame, facts: Facts, asked: Asked) -> Permit:
    counts = judged.group_by("_rule", "allowed").len().sort("_rule").collect(engine="streaming")
    by_rule = counts.group_by("_rule", maintain_order=True).agg(pl.col("len").sum())
    return Permit(
        purpose=asked.purpose,
        at=asked.at,
        policy_id=asked.policy.id,
        policy_hash=asked.policy.hash,
        ledger_seq=facts.ledger_seq,
        ledger_root=facts.ledger_root,
        store_version=facts.store_version,
        n_rows=int(counts["len"].sum()),
        n_allowed=int(counts.filter("allowed")["len"].sum()),
        by_rule=tuple((str(rule), int(n)) for rule, n in by_rule.iter_rows()),
    )
