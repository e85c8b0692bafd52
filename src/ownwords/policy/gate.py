"""The gate: what each record may be used for, and why; the only maker of Datasets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

import polars as pl

from ownwords.core import _mint, plugins
from ownwords.core.dataset import Dataset
from ownwords.core.errors import Fault, NotFound
from ownwords.core.permit import Permit, Question
from ownwords.core.schemas import CITES
from ownwords.policy.facts import NEEDED_COLUMNS, Asked, Facts
from ownwords.policy.judge import Judge, Rule

__all__ = ["NEEDED_COLUMNS", "Facts", "Rule", "admit", "admit_made", "decide", "explain", "rules"]


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by number."""
    found = [(name, plugins.load("rule", name)) for name in plugins.names("rule")]
    made = [
        Rule(
            *(name, module.NUMBER, module.KIND, module.SAYS, module.applies),
            clause=getattr(module, "clause", _no_clause),
            moments=getattr(module, "moments", _no_moments),
        )
        for name, module in found
    ]
    return tuple(sorted(made, key=lambda rule: (rule.number, rule.name)))


def decide(records: pl.LazyFrame, facts: Facts, question: Question) -> pl.LazyFrame:
    """`records`, in their order, with three columns more; those that nobody selects cost nothing.

    records   RECORDS, at least NEEDED_COLUMNS save record_no
    allowed   bool: some basis (9 or 10) and no prohibition (1-8)
    rule      str, "1" to "11": the first prohibition that applies, else the basis, else 11
    clause    str: `ledger:SEQ`, `RULE_ID:clause` of the policy, or `gate:N`
    raises    NotFound for an unknown purpose; Fault if a needed column is missing
    """
    return _decided(records, facts, question, rules())


def admit(records: pl.LazyFrame, facts: Facts, question: Question) -> Dataset:
    """The allowed rows of `records`, in their order, with the Permit that says so. Only counts are collected."""
    asked = Asked.of(question.purpose, question.at, facts.policy)
    judged = _judged(records, _judge(records, facts, asked, rules()))
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
    verdict = (
        _judged(records, _judge(records, facts, asked, rules())).group_by("record_no").agg(pl.col("allowed").all(), pl.col("_rule").min())
    )
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


def _no_moments(asked: Asked) -> tuple[datetime, ...]:
    return ()


def _judge(records: pl.LazyFrame, facts: Facts, asked: Asked, order: Sequence[Rule], remember: bool = True) -> Judge:
    """The judge of `records`, who knows which of the words they quote or repost may themselves be used.

    Those that are held, repeat nobody in turn, and are allowed for the same purpose.
    """
    if facts.referred is None or asked.is_self_access:
        return Judge(facts, asked, order, remember)
    wanted = pl.concat([records.select(pl.col(name).alias("record_id")) for name in CITES]).drop_nulls().unique()
    inside = wanted.collect(engine="streaming")
    if inside.is_empty():
        return Judge(facts, asked, order, remember)
    own_words = pl.all_horizontal(pl.col(name).is_null() for name in CITES) & (pl.col("category") != "repost")
    held = facts.referred.join(inside.lazy(), on="record_id", how="semi").filter(own_words)
    judged = _judged(held, Judge(facts, asked, order, remember))
    cleared = judged.group_by("record_id").agg(pl.col("allowed").all()).filter("allowed").collect()["record_id"]
    return Judge(facts, asked, order, remember, cleared)


def _judged(records: pl.LazyFrame, judge: Judge) -> pl.LazyFrame:
    """`records` with `allowed` and `_rule` (int8)."""
    have = records.collect_schema().names()
    missing = [name for name in NEEDED_COLUMNS if name not in have and name != "record_no"]
    if missing:
        raise Fault(f"the gate needs column {missing[0]!r} to decide", "read all of policy.gate.NEEDED_COLUMNS")
    return records.with_columns(judge.rule()).with_columns(judge.allowed().alias("allowed"))


def _decided(records: pl.LazyFrame, facts: Facts, question: Question, order: Sequence[Rule], remember: bool = True) -> pl.LazyFrame:
    """`decide`, with the rules taken in another order (the reason may change, the answer cannot), or every row judged by itself."""
    judge = _judge(records, facts, Asked.of(question.purpose, question.at, facts.policy), order, remember)
    names = [name for name in records.collect_schema().names() if name not in {"allowed", "rule", "clause"}]
    words = pl.Series([str(number) for number in range(max(rule.number for rule in order) + 1)])
    rule = (
        pl.col("_rule").map_batches(words.gather, return_dtype=pl.String, is_elementwise=True).alias("rule")
    )  # a cast takes 7 times as long
    judged = _judged(records, judge).with_columns(rule, judge.clause())
    return judged.select(*names, "allowed", "rule", "clause")


def _permit(judged: pl.LazyFrame, facts: Facts, asked: Asked) -> Permit:
    counts = judged.group_by("_rule").agg(pl.len(), pl.col("allowed").sum()).sort("_rule").collect(engine="streaming")
    return Permit(
        purpose=asked.purpose,
        at=asked.at,
        policy_id=asked.policy.id,
        policy_hash=asked.policy.hash,
        ledger_seq=facts.ledger_seq,
        ledger_root=facts.ledger_root,
        store_version=facts.store_version,
        n_rows=int(counts["len"].sum()),
        n_allowed=int(counts["allowed"].sum()),
        by_rule=tuple((str(rule), int(n)) for rule, n, _ in counts.iter_rows()),
    )
