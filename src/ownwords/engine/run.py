"""Run curation steps: what to do in which order, what was dropped and why; the work itself is Polars' here, or Ray's."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

import polars as pl

from ownwords.core import files, hashing, plugins
from ownwords.core.dataset import Dataset, StepRecord
from ownwords.core.errors import NotFound
from ownwords.core.step import DROP, Reduce, Stage
from ownwords.core.version import __version__
from ownwords.engine import here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ownwords.core.step import Param

ENGINES = ("polars", "ray")
#: While stages are carried out together: which step dropped a row, and why.
_WHY = "_why"
_PARTED = "\x1f"
#: What is noted of a row that is dropped.
_NOTED = {"position": pl.Int32, "step": pl.String, "reason": pl.String, "record_no": pl.Int64, "record_id": pl.String}
_PLAN = "plan.json"


class Rows(Protocol):
    """Rows in the hands of an engine. Work is done by what takes a `path`, unless what it would write is there already."""

    def each(self, change: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Self:
        """`change` on any part of the rows, row by row."""

    def told(self, change: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame], decisions: Path) -> Self:
        """`change` on any part of the rows, together with what was `decided` about them."""

    def kept(self, path: Path, task: str, n_rows: int | None) -> Self:
        """The same rows, written to `path`."""

    def together(self, key: str, change: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path, task: str, n_rows: int) -> Self:
        """`change` on parts that are closed under `key`, written to `path`."""

    def decided(
        self,
        read: Callable[[pl.LazyFrame], pl.LazyFrame],
        decide: Callable[[pl.LazyFrame], pl.LazyFrame],
        key: str | None,
        path: Path,
        task: str,
        n_rows: int,
    ) -> Path:
        """Decisions about all rows, as in `core.step.Reduce`, written to `path`."""

    def noted(self, look: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path) -> pl.LazyFrame:
        """Few columns of few rows, row by row, written to `path`."""

    def columns(self) -> list[str]:
        """What the rows have."""

    def lazy(self) -> pl.LazyFrame:
        """To be counted, or as the result."""


@dataclass
class _Run:
    """The state of one run: rows, what each step did so far, and where the files are."""

    rows: Rows
    scratch: Path
    names: list[str]
    n_rows: int | None
    n_in: list[int] = field(default_factory=list)
    dropped: list[dict[str, int]] = field(default_factory=list)
    waiting: list[tuple[int, Stage]] = field(default_factory=list)
    n_files: int = 0

    def path(self, name: str) -> Path:
        self.n_files += 1
        return self.scratch / f"{self.n_files:02d}-{name}"


def run(dataset: Dataset, steps: Sequence[tuple[str, Mapping[str, Param]]], scratch: Path, engine: str = "polars") -> Dataset:
    """The dataset after `steps`, in order; the result does not depend on the engine, threads, batches or the order of rows.

    steps     (name, parameters) each; a parameter that is left out has the step's default
    scratch   folder for what is under way. A run of the same steps over the same rows that was interrupted goes on there; what
              anything else left is removed. The rows of the result live there until the caller removes it
    engine    polars: this machine; ray: Ray, started here for this run; ray:ADDRESS: the Ray cluster there, where `scratch` must be
              a folder that every machine sees
    raises    NotFound for an unknown step, Usage for an unknown parameter, or for ray where it is not installed
    """
    planned = [(name, plugins.step_parameters(name, given)) for name, given in steps]
    stages = [plugins.load("step", name).stages(params) for name, params in planned]  # what they refuse is told before any work
    kind, address = check_engine(engine)
    _prepare(scratch, dataset, planned, kind)
    with _opened(kind, address, scratch, dataset.permit.n_allowed) as begin:
        state = _Run(begin(dataset.rows), scratch, [name for name, _ in planned], dataset.permit.n_allowed)
        for position, of_step in enumerate(stages):
            state.n_in.append(-1)
            state.dropped.append({})
            for stage in of_step:
                _take(state, position, stage)
        _carry_out(state)
        return _with_records(dataset, planned, state)


def check_engine(engine: str) -> tuple[str, str]:
    """(kind, address) of an engine; `local` where no address is given.

    raises   NotFound
    """
    kind, _, address = engine.partition(":")
    if kind not in ENGINES or (address and kind != "ray"):
        raise NotFound.among("engine", engine, ENGINES)
    return kind, address or "local"


def count(rows: pl.LazyFrame) -> int:
    """How many rows there are."""
    return int(rows.select(pl.len()).collect(engine="streaming").item())


def dropped(scratch: Path) -> pl.LazyFrame:
    """Every record that a step of the run in `scratch` dropped: table[position int32, step, reason, record_no int64, record_id]."""
    found = [here.scanned(path) for path in sorted(scratch.glob("dropped-*.arrow"))]
    return pl.concat(found).filter(pl.col("record_no").is_not_null()) if found else pl.LazyFrame(schema=_NOTED)


def _opened(kind: str, address: str, scratch: Path, n_rows: int) -> AbstractContextManager[Callable[[pl.LazyFrame], Rows]]:
    """What takes rows into the hands of an engine, while it is there."""
    if kind == "ray":
        from ownwords.engine import cluster

        return cluster.opened(address, scratch, n_rows)
    return nullcontext(here.Here)


def _prepare(scratch: Path, dataset: Dataset, planned: Sequence[tuple[str, Mapping[str, Param]]], engine: str) -> None:
    """Leave in `scratch` only what the same steps over the same rows left there."""
    permit = {key: value for key, value in dataset.permit.to_json().items() if key != "at"}
    plan = hashing.sha256_json([[[name, dict(params)] for name, params in planned], permit, engine, __version__])
    noted = scratch / _PLAN
    if noted.is_file() and noted.read_bytes() == plan.encode() and _same_rows(scratch, dataset):
        for partial in scratch.rglob("*.part*"):
            files.remove_tree(partial)
        return
    files.remove_tree(scratch)
    scratch.mkdir(parents=True)
    noted.write_text(plan, encoding="utf-8")


def _same_rows(scratch: Path, dataset: Dataset) -> bool:
    """Whether what was kept first holds just the rows that are permitted now: a permission may have ended by time."""
    first = next(iter(sorted(scratch.glob("0[01]-*"))), None)
    if first is None:
        return True
    if not here.is_whole(first):
        return False
    kept = here.scanned(first)
    if "record_no" not in kept.collect_schema():
        return False
    now = dataset.rows.select("record_no")
    return count(kept) == count(now) and count(now.join(kept.select("record_no"), on="record_no", how="anti")) == 0


def _take(state: _Run, position: int, stage: Stage | Reduce) -> None:
    """One more stage: what looks at each row by itself waits, to be carried out together with others."""
    if isinstance(stage, Stage) and stage.key is None:
        state.waiting.append((position, stage))
        return
    _carry_out(state)
    if state.n_in[position] < 0:
        state.n_in[position] = _count(state)
    if isinstance(stage, Reduce):
        _reduce(state, position, stage)
    else:
        _bring_together(state, position, stage)


def _carry_out(state: _Run) -> None:
    """Carry out stages that look at each row by itself, in one pass over the rows; counted step by step. Nothing waits then."""
    while state.waiting:
        rows, done = state.rows, 0
        for position, stage in state.waiting:
            further = rows.each(_marking(stage, position))
            if done and _WHY not in further.columns():
                break  # it makes its own columns: what was dropped before has to be counted first
            rows, done = further, done + 1
        now, state.waiting = state.waiting[:done], state.waiting[done:]
        names = list(dict.fromkeys(state.names[position] for position, _ in now))
        kept = rows.kept(state.path("-".join(names)[:60] + ".arrow"), ", ".join(names), state.n_rows)
        n_rows = count(kept.lazy())
        counts = _dropped_in(state, kept)
        for position in dict.fromkeys(position for position, _ in now):
            if state.n_in[position] < 0:
                state.n_in[position] = n_rows
            n_rows -= counts.get(position, 0)
        state.n_rows = n_rows
        state.rows = _alive(kept)


def _marking(stage: Stage, position: int) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
    """`stage`, its drops noted in a column and not yet carried out."""

    def change(rows: pl.LazyFrame) -> pl.LazyFrame:
        had = _WHY in rows.collect_schema().names()
        done = stage.run(rows)
        names = done.collect_schema().names()
        if had and _WHY not in names:
            return done  # what was dropped before is lost in it: it has to be counted, and taken out, first
        if DROP not in names:
            return done if had else done.with_columns(pl.lit(None, pl.String).alias(_WHY))
        told = pl.lit(f"{position}{_PARTED}") + pl.col(DROP)
        return done.with_columns((pl.coalesce(_WHY, told) if had else told).alias(_WHY)).drop(DROP)

    return change


def _reduce(state: _Run, position: int, stage: Reduce) -> None:
    name, n_rows = state.names[position], _count(state)
    decisions = state.rows.decided(stage.read, stage.decide, stage.key, state.path(f"{name}-decided.arrow"), name, n_rows)
    state.rows = state.rows.told(stage.run, decisions)
    state.n_rows = None  # a record may be in several rows from here on
    if DROP in state.rows.columns():
        marked = state.rows.each(_marking(Stage(None, lambda rows: rows), position))
        _dropped_in(state, marked)
        state.rows = _alive(marked)


def _bring_together(state: _Run, position: int, stage: Stage) -> None:
    name = state.names[position]
    assert stage.key is not None
    kept = state.rows.together(stage.key, _marking(stage, position), state.path(f"{name}.arrow"), name, _count(state))
    _dropped_in(state, kept)
    state.rows = _alive(kept)
    state.n_rows = count(state.rows.lazy())


def _alive(rows: Rows) -> Rows:
    return rows.each(lambda part: part.filter(pl.col(_WHY).is_null()).drop(_WHY))


def _dropped_in(state: _Run, rows: Rows) -> dict[int, int]:
    """How many rows are marked as dropped, by step; by reason, in `state`; which records they are, in a file."""
    names = state.names
    columns = set(rows.columns())

    def look(part: pl.LazyFrame) -> pl.LazyFrame:
        said = pl.col(_WHY).str.splitn(_PARTED, 2)
        position = said.struct.field("field_0").cast(pl.Int32)
        ids = (pl.col(name) if name in columns else pl.lit(None, _NOTED[name]).alias(name) for name in ("record_no", "record_id"))
        step = position.replace_strict(list(range(len(names))), names, return_dtype=pl.String).alias("step")
        gone = part.filter(pl.col(_WHY).is_not_null())
        return gone.select(position.alias("position"), step, said.struct.field("field_1").alias("reason"), *ids)

    noted = rows.noted(look, state.scratch / f"dropped-{state.n_files:02d}.arrow")
    counted = noted.group_by("position", "reason").len().collect(engine="streaming")
    counts: dict[int, int] = {}
    for position, reason, n in counted.iter_rows():
        counts[position] = counts.get(position, 0) + n
        state.dropped[position][reason] = state.dropped[position].get(reason, 0) + n
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
    rows = state.rows.lazy()
    for record in records:
        dataset = dataset.derive(record, rows)
    return dataset
