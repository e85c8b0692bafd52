"""Rows that may be used, the Permit that says so, and the steps they went through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ownwords.core.errors import Fault

if TYPE_CHECKING:
    import polars as pl

    from ownwords.core.permit import Permit

_PASS = object()


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step that ran: its parameters, rows in and out, and rows dropped per reason."""

    name: str
    params: tuple[tuple[str, str | int | float | bool], ...]
    n_in: int
    n_out: int
    dropped: tuple[tuple[str, int], ...] = ()

    def to_json(self) -> dict[str, object]:
        """For a manifest."""
        return {"name": self.name, "params": dict(self.params), "n_in": self.n_in, "n_out": self.n_out, "dropped": dict(self.dropped)}


@dataclass(frozen=True, slots=True)
class Dataset:
    """Permitted rows on their way. Only the gate mints one; steps derive others from it.

    rows     LazyFrame; each row names its origins in `record_no` (int64) or `origins` (list of int64)
    permit   what allowed them
    steps    what was done to them so far
    """

    rows: pl.LazyFrame
    permit: Permit
    steps: tuple[StepRecord, ...]
    _pass: object

    def __post_init__(self) -> None:
        if self._pass is not _PASS:
            raise Fault("a Dataset can be made by the gate alone", "ask the gate: policy.gate.admit")

    def derive(self, step: StepRecord, rows: pl.LazyFrame) -> Dataset:
        """The dataset after `step`.

        raises   Fault if `rows` no longer say which records they came from
        """
        columns = rows.collect_schema().names()
        if "record_no" not in columns and "origins" not in columns:
            raise Fault(f"step {step.name!r} lost the origin of its rows", "keep the column record_no, or origins (list of record numbers)")
        return replace(self, rows=rows, steps=(*self.steps, step))
