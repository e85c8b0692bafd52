"""Run curation steps on this machine: Polars' streaming engine, one file a stage, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import files, plugins
from ownwords.core.dataset import Dataset, StepRecord
from ownwords.core.errors import Usage
from ownwords.core.progress import tell
from ownwords.core.step import DROP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ownwords.core.step import Param, Stage


def run(dataset: Dataset, steps: Sequence[tuple[str, Mapping[str, Param]]], scratch: Path) -> Dataset:
    """The dataset after `steps`, in order; the result does not depend on threads, batches or the order of rows.

    steps     (name, parameters) each; a parameter that is left out has the step's default
    scratch   folder for one Arrow file at a time; what an earlier run left there is removed, and the rows
              of the result live there until the caller removes it
    raises    NotFound for an unknown step, Usage for an unknown parameter
    """
    planned = [(name, _parameters(name, given)) for name, given in steps]
    files.remove_tree(scratch)
    scratch.mkdir(parents=True)
    for position, (name, params) in enumerate(planned):
        tell("steps", position, len(planned), name)
        dataset = _one(dataset, name, params, scratch / f"{position:02d}-{name}")
    tell("steps", len(planned), len(planned), f"{count(dataset.rows):,} rows")
    return dataset


def count(rows: pl.LazyFrame) -> int:
    """How many rows there are."""
    n = rows.select(pl.len()).collect(engine="streaming").item()
    return int(n)


def _parameters(name: str, given: Mapping[str, Param]) -> dict[str, Param]:
    known: Mapping[str, Param] = plugins.load("step", name).PARAMS
    for key in given:
        if key not in known:
            raise Usage(f"step {name!r} has no parameter {key!r}; it has {', '.join(sorted(known)) or 'none'}", "mend the parameter's name")
    return {**known, **given}


def _one(dataset: Dataset, name: str, params: Mapping[str, Param], place: Path) -> Dataset:
    stages: tuple[Stage, ...] = plugins.load("step", name).stages(params)
    rows, n_in, dropped = dataset.rows, count(dataset.rows), dict[str, int]()
    previous: Path | None = None
    for number, stage in enumerate(stages):
        path = place.with_name(f"{place.name}-{number}.arrow")
        rows = _sink(stage.run(rows), path, dropped)
        if previous is not None:
            previous.unlink()
        previous = path
    for old in place.parent.glob("*.arrow"):
        if old != previous:
            old.unlink()
    record = StepRecord(name, tuple(sorted(params.items())), n_in, count(rows), tuple(sorted(dropped.items())))
    return dataset.derive(record, rows)


def _sink(rows: pl.LazyFrame, path: Path, dropped: dict[str, int]) -> pl.LazyFrame:
    """Write one stage's rows, add what it dropped to `dropped`, and scan the rest."""
    rows.sink_ipc(path, engine="streaming", compression="lz4")
    written = pl.scan_ipc(path)
    if DROP not in written.collect_schema().names():
        return written
    reasons = written.select(DROP).drop_nulls().group_by(DROP).len().collect(engine="streaming")
    for reason, n in reasons.iter_rows():
        dropped[reason] = dropped.get(reason, 0) + n
    return written.filter(pl.col(DROP).is_null()).drop(DROP)
