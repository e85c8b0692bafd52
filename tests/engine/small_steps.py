"""Three steps of their own kind each, which count the rows that go through them: work that is done again is seen."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import polars as pl

from ownwords.core import hashing
from ownwords.core.dataset import Dataset
from ownwords.core.step import DROP, Reduce, Stage
from ownwords.engine import run as engine
from posts import records

#: Rows that went through `each`, `all` and `met`.
worked: Counter[str] = Counter()
#: What happens where rows go through, by name.
happens: dict[str, object] = {}
STEPS = [("each", {"longest": 12}), ("all", {}), ("met", {})]
N = 60


def rows() -> pl.DataFrame:
    """Posts of five people, some too long, some twice."""
    said = [f"word {n % 40}" if n % 7 else f"far too long a word {n}" for n in range(N)]
    return records([{"text": text, "account_id": f"test:{n % 5}"} for n, text in enumerate(said)])


def load(kind: str, name: str) -> SimpleNamespace:
    """In place of `plugins.load`."""
    known = {"each": ({"longest": 12}, _each), "all": ({}, _all), "met": ({}, _met)}
    params, stages = known[name]
    return SimpleNamespace(PARAMS=params, stages=stages)


def result(done: Dataset) -> tuple[str, list[dict[str, object]]]:
    """What equal runs have in common."""
    rows = done.rows.collect()
    return hashing.content_hash(rows, ["record_id"]), [step.to_json() for step in done.steps]


def run_all(dataset: Dataset, scratch, steps=STEPS, how: str = "polars") -> tuple[str, list[dict[str, object]]]:
    """The steps above on these rows."""
    return result(engine.run(dataset, steps, scratch, how))


def _counted(rows: pl.LazyFrame, name: str) -> pl.LazyFrame:
    def pass_on(part: pl.DataFrame) -> pl.DataFrame:
        worked[name] += part.height
        if part.height and name in happens:
            happens[name]()
        return part

    return rows.map_batches(pass_on)


def _each(params):
    too_long = pl.when(pl.col("text").str.len_chars() > params["longest"]).then(pl.lit("too long"))
    kept = ("record_id", "record_no", "account_id", "text")
    return (Stage(None, lambda rows: _counted(rows.select(kept), "each").with_columns(too_long.alias(DROP))),)


def _all(params):
    def decide(narrow: pl.LazyFrame) -> pl.LazyFrame:
        return _counted(narrow, "all").filter(pl.col("record_no") != pl.col("record_no").min().over("text")).select("record_no", again=True)

    def tell(rows: pl.LazyFrame, decided: pl.LazyFrame) -> pl.LazyFrame:
        again = pl.when("again").then(pl.lit("said before"))
        return rows.join(decided, on="record_no", how="left").with_columns(again.alias(DROP)).drop("again")

    return (Reduce(lambda rows: rows.select("record_no", "text"), decide, tell, "text"),)


def _met(params):
    def order(rows: pl.LazyFrame) -> pl.LazyFrame:
        return _counted(rows, "met").with_columns(pl.col("record_no").rank("ordinal").over("account_id").alias("place"))

    return (Stage("account_id", order),)
