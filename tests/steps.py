"""Carry out the stages of one step as an engine does, without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.step import DROP, Reduce

if TYPE_CHECKING:
    from types import ModuleType


def carried_out(step: ModuleType, rows: pl.DataFrame, **given) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows that stay, and how many go for which reason."""
    dropped: dict[str, int] = {}
    for stage in step.stages({**step.PARAMS, **given}):
        if isinstance(stage, Reduce):
            decided = stage.decide(stage.read(rows.lazy()).collect().lazy()).collect()
            rows = stage.run(rows.lazy(), decided.lazy()).collect()
        else:
            rows = stage.run(rows.lazy()).collect()
        if DROP in rows.columns:
            for reason in rows[DROP].drop_nulls():
                dropped[reason] = dropped.get(reason, 0) + 1
            rows = rows.filter(pl.col(DROP).is_null()).drop(DROP)
    return rows, dropped
