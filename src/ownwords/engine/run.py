"""Run curation steps: what to do in which order, what was dropped and why; the work itself is Polars' here, or Ray's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

import polars as pl

from ownwords.core import files, hashing, plugins
from ownwords.core.dataset import Dataset, StepRecord
from ownwords.core.errors import NotFound, Usage
from ownwords.core.step import DROP, Reduce, Stage
from ownwords.core.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ownwords.core.step import Param

ENGINES = ("polars", "ray")
#: While stages are carried out together: which step dropped a row, and why.
_WHY = "_why"
_PARTED = "\x1f"
_PLAN = "plan.json"


class Rows(Protocol):
    """Rows in the hands of an engine; nothing runs before `kept`, `together`, `decided` or a count."""

    def each(self, change: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Self:
        """`change` on any part of the rows, row by row."""

    def told(self, change: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame], decisions: pl.LazyFrame) -> Self:
        """`change` on any part of the rows, together with all decisions."""

    def kept(self, path: Path, task: str, n_rows: int | None) -> Self:
        """The same rows, written to `path` unless they are there already."""

    def together(self, key: str, change: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path, task: str, n_rows: int) -> Self:
        """`change` on parts that are closed under `key`, written to `path` unless they are there already."""

    def decided(
        self,
        read: Callable[[pl.LazyFrame], pl.LazyFrame],
        decide: Callable[[pl.LazyFrame], pl.LazyFrame],
        key: str | None,
        path: Path,
        task: str,
    ) -> pl.LazyFrame:
        """Decisions about all rows, as in `core.step.Reduce`, in a file at `path` unless they are there already."""

    def lazy(self) -> pl.LazyFrame:
        """For a query over few columns, or as the result."""


@dataclass
class _Run:
    """The state of one run: rows, what each step did so far, and where the files are."""

    rows: Rows
    scratch: Path
    names: list[str]
    n_rows: int | None
    n_in: list[int] = field(default_factory=list)
    dropped: list[dict[str, int]] = field(default_factory=list)
    n_files: int = 0

    def path(self, name: str) -> Path:
        self.n_files += 1
        return self.scratch / f"{self.n_files:02d}-{name}"


def run(dataset: Dataset, steps: Sequence[tuple[str, Mapping[str, Param]]], scratch: Path, engine: str = "polars") -> Dataset:
    """The dataset after `steps`, in order; the result does not depend on the engine, threads, batches or the order of rows.

    steps     (name, parameters) each; a parameter that is left out has the step's default
    scratch   folder for what is under way. A run of the same steps over the same rows that was interrupted goes on there; what
              anything else left is removed. The rows of the result live there until the caller removes it
    engine    polars: this machine; ray: the cluster that Ray finds, or starts here
    raises    NotFound for an unknown step, Usage for an unknown parameter, or for ray where it is not installed
    """
    planned = [(name, parameters(name, given)) for name, given in steps]
    if engine not in ENGINES:
        raise NotFound.among("engine", engine, set(ENGINES))
    _prepare(scratch, dataset, planned, engine)
    state = _Run(_rows_of(dataset, engine), scratch, [name for name, _ in planned], dataset.permit.n_allowed)
    waiting: list[tuple[int, Stage]] = []
    for position, (name, params) in enumerate(planned):
        state.n_in.append(-1)
        state.dropped.append({})
        for stage in plugins.load("step", name).stages(params):
            if isinstance(stage, Stage) and stage.key is None:
                waiting.append((position, stage))
                continue
            waiting = _carried_out(state, waiting)
            if state.n_in[position] < 0:
                state.n_in[position] = _count(state)
            if isinstance(stage, Reduce):
                _reduced(state, position, stage)
            else:
                _together(state, position, stage)
    _carried_out(state, waiting)
    return _with_records(dataset, planned, state)


def count(rows: pl.LazyFrame) -> int:
    """How many rows there are."""
    return int(rows.select(pl.len()).collect(engine="streaming").item())


def dropped(scratch: Path) -> pl.LazyFrame:
    """Every record that a step of the run in `scratch` dropped: table[position int32, step, reason, record_no int64, record_id]."""
    found = sorted(scratch.glob("dropped-*.arrow"))
    schema = {"position": pl.Int32, "step": pl.String, "reason": pl.String, "record_no": pl.Int64, "record_id": pl.String}
    return pl.concat([pl.scan_ipc(path) for path in found]) if found else pl.LazyFrame(schema=schema)


def parameters(name: str, given: Mapping[str, Param]) -> dict[str, Param]:
    """All parameters of a step.

    raises   NotFound for an unknown step, Usage for an unknown parameter
    """
    known: Mapping[str, Param] = plugins.load("step", name).PARAMS
    for key in given:
        if key not in known:
            raise Usage(f"step {name!r} has no parameter {key!r}; it has {', '.join(sorted(known)) or 'none'}", "mend the parameter's name")
    return {**known, **given}


def _rows_of(dataset: Dataset, engine: str) -> Rows:
    if engine == "ray":
        from ownwords.engine import cluster

        return cluster.of(dataset.rows)
    from ownwords.engine.here import Here

    return Here(dataset.rows)


def _prepare(scratch: Path, dataset: Dataset, planned: Sequence[tuple[str, Mapping[str, Param]]], engine: str) -> None:
    """Leave in `scratch` only what the same steps over the same rows left there."""
    permit = {key: value for key, value in dataset.permit.to_json().items() if key != "at"}
    plan = hashing.sha256_json([[[name, dict(params)] for name, params in planned], permit, engine, __version__])
    noted = scratch / _PLAN
    if noted.exists() and noted.read_text(encoding="utf-8") == plan and _same_rows(scratch, dataset):
        for partial in scratch.glob("*.part*"):
            files.remove_tree(partial) if partial.is_dir() else partial.unlink()
        return
    files.remove_tree(scratch)
    scratch.mkdir(parents=True)
    noted.write_text(plan, encoding="utf-8")


def _same_rows(scratch: Path, dataset: Dataset) -> bool:
    """Whether what was kept first holds just the rows that are permitted now: a permission may have ended by time."""
    first = next(iter(sorted(scratch.glob("01-*.arrow"))), None)
    if first is None:
        return True
    kept = pl.scan_ipc(first).select("record_no")
    now = dataset.rows.select("record_no")
    return count(kept) == count(now) and count(now.join(kept, on="record_no", how="anti")) == 0


def _carried_out(state: _Run, waiting: list[tuple[int, Stage]]) -> list[tuple[int, Stage]]:
    """Carry out stages that look at each row by itself, in one pass over the rows; counted step by step. Nothing waits then."""
    while waiting:
        rows, done = state.rows, 0
        for position, stage in waiting:
            further = rows.each(_marking(stage, position))
            if done and _WHY not in further.lazy().collect_schema().names():
                break  # it makes its own columns: what was dropped before has to be counted first
            rows, done = further, done + 1
        now, waiting = waiting[:done], waiting[done:]
        names = list(dict.fromkeys(state.names[position] for position, _ in now))
        kept = rows.kept(state.path("-".join(names)[:60] + ".arrow"), ", ".join(names), state.n_rows)
        n_rows = count(kept.lazy())
        counts = _dropped_in(state, kept)
        for position in dict.fromkeys(position for position, _ in now):
            if state.n_in[position] < 0:
                state.n_in[position] = n_rows
            n_rows -= sum(counts.get(position, {}).values())
        state.n_rows = n_rows
        state.rows = _alive(kept, _WHY)
    return []


def _marking(stage: Stage, position: int) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
    """`stage`, its drops noted in a column and not yet carried out."""

    def change(rows: pl.LazyFrame) -> pl.LazyFrame:
        had = _WHY in rows.collect_schema().names()
        done = stage.run(rows)
        names = done.collect_schema().names()
        if DROP not in names:
            return done if had and _WHY in names else done.with_columns(pl.lit(None, pl.String).alias(_WHY))
        told = pl.lit(f"{position}{_PARTED}") + pl.col(DROP)
        return done.with_columns((pl.coalesce(_WHY, told) if had and _WHY in names else told).alias(_WHY)).drop(DROP)

    return change


def _reduced(state: _Run, position: int, stage: Reduce) -> None:
    name = state.names[position]
    decisions = state.rows.decided(stage.read, stage.decide, stage.key, state.path(f"{name}-decided.arrow"), name)
    done = state.rows.told(stage.run, decisions)
    if DROP in done.lazy().collect_schema().names():
        marked = done.each(lambda rows: rows.with_columns((pl.lit(f"{position}{_PARTED}") + pl.col(DROP)).alias(_WHY)).drop(DROP))
        _dropped_in(state, marked)
        done = _alive(marked, _WHY)
    state.rows = done
    state.n_rows = count(done.lazy())


def _together(state: _Run, position: int, stage: Stage) -> None:
    name = state.names[position]
    assert stage.key is not None
    kept = state.rows.together(stage.key, _marking(stage, position), state.path(f"{name}.arrow"), name, state.n_rows or 0)
    _dropped_in(state, kept)
    state.rows = _alive(kept, _WHY)
    state.n_rows = count(state.rows.lazy())


def _alive(rows: Rows, why: str) -> Rows:
    return rows.each(lambda part: part.filter(pl.col(why).is_null()).drop(why))


def _dropped_in(state: _Run, rows: Rows) -> dict[int, dict[str, int]]:
    """Count what is marked as dropped, by step and reason, and note which records they are; both are remembered in `state`."""
    lazy = rows.lazy()
    gone = lazy.filter(pl.col(_WHY).is_not_null())
    said = pl.col(_WHY).str.splitn(_PARTED, 2)
    told = gone.select(
        said.struct.field("field_0").cast(pl.Int32).alias("position"),
        said.struct.field("field_1").alias("reason"),
        *(pl.col(name) for name in ("record_no", "record_id") if name in lazy.collect_schema().names()),
    )
    found = told.collect(engine="streaming")
    counts: dict[int, dict[str, int]] = {}
    for position, reason, n in found.group_by("position", "reason").len().sort("position", "reason").iter_rows():
        counts.setdefault(position, {})[reason] = n
        state.dropped[position][reason] = state.dropped[position].get(reason, 0) + n
    if found.height and {"record_no", "record_id"} <= set(found.columns):
        names = pl.Series(state.names)
        noted = found.with_columns(names.gather(found["position"]).alias("step"))
        noted.select("position", "step", "reason", "record_no", "record_id").write_ipc(
            state.scratch / f"dropped-{state.n_files:02d}.arrow", compression="lz4"
        )
    return counts


def _count(state: _Run) -> int:
    if state.n_rows is None:
        state.n_rows = count(state.rows.lazy())
    return state.n_rows


def _with_records(dataset: Dataset, planned: Sequence[tuple[str, Mapping[str, Param]]], state: _Run) -> Dataset:
    """The result, with one record a step."""
    n_out = [*state.n_in[1:], _count(state)] if planned else []
    records = [
        StepRecord(name, tuple(sorted(params.items())), n_in, n_after, tuple(sorted(gone.items())))
        for (name, params), n_in, n_after, gone in zip(planned, state.n_in, n_out, state.dropped, strict=True)
    ]
    for record in records:
        dataset = dataset.derive(record, state.rows.lazy())
    return dataset
