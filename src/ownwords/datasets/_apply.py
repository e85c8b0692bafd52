"""Curation steps on a table of one's own, without a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import plugins
from ownwords.core.errors import BadInput, Usage
from ownwords.core.schemas import RECORDS
from ownwords.core.step import DROP, Reduce

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ownwords.core.step import Param


def apply(rows: pl.LazyFrame, steps: Sequence[tuple[str, Mapping[str, Param]]]) -> pl.LazyFrame:
    """See `datasets.apply`."""
    if not isinstance(rows, pl.LazyFrame):
        raise BadInput("the rows are no LazyFrame of Polars", "hand over pl.DataFrame(...).lazy()")
    if any(isinstance(step, str) or len(step) != 2 for step in steps):
        raise Usage("a step is a name and its parameters", 'write ("clean", {})')
    stages = [stage for name, given in steps for stage in plugins.load("step", name).stages(plugins.step_parameters(name, given))]
    rows = _as_records(rows)
    for stage in stages:
        if isinstance(stage, Reduce):
            rows = rows.collect(engine="streaming").lazy()
            rows = stage.run(rows, stage.decide(stage.read(rows)))
        else:
            rows = stage.run(rows)
        if DROP in rows.collect_schema():
            rows = rows.filter(pl.col(DROP).is_null()).drop(DROP)
    return rows.drop("record_no", strict=False).rename({"record_id": "id"}, strict=False)


def _as_records(rows: pl.LazyFrame) -> pl.LazyFrame:
    have = rows.collect_schema()
    for name in ("id", "text"):
        if have.get(name) != pl.String:
            raise BadInput(f"the rows have no column {name!r} of strings", "select it under that name")
    rows = rows.drop("record_id", "record_no", strict=False).rename({"id": "record_id"}).with_row_index("record_no")
    missing = {name: dtype for name, dtype in RECORDS.items() if name not in have and name not in ("record_id", "record_no")}
    filled = [pl.lit("post" if name == "category" else None, dtype).alias(name) for name, dtype in missing.items()]
    return rows.with_columns(pl.col("record_no").cast(pl.Int64), *filled)
