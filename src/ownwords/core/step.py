"""What a curation step is: pure functions over rows that belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl

Param = str | int | float | bool
#: The column in which a stage says why a row goes: null keeps it. The engine counts and removes.
DROP = "drop"


@dataclass(frozen=True, slots=True)
class Stage:
    """One function that is right on any set of rows closed under `key`.

    key   column whose equal values must come together; None = each row by itself
    run   LazyFrame -> LazyFrame; may add the column `drop` (string: the reason, null: keep); accepts empty input
    """

    key: str | None
    run: Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class Reduce:
    """What a row cannot know by itself: few columns of all rows are looked at together, and each row is told.

    read     rows -> narrow rows, row by row: `record_no` (int64) and what is needed; strings cost memory, hashes do not
    decide   narrow rows, all of them or any set closed under `key` -> decisions, with `record_no`
    run      (rows, decisions) -> rows, row by row, joined on `record_no`; may add `drop` as a Stage does
    key      column of the narrow rows; None = all at once. A list: the row has a place with each of its values, and `decide` takes
             lists as well as one row for each value; a record may be decided about several times then
    """

    read: Callable[[pl.LazyFrame], pl.LazyFrame]
    decide: Callable[[pl.LazyFrame], pl.LazyFrame]
    run: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame]
    key: str | None = None


class Step(Protocol):
    """A module in `datasets/`.

    One that reads files beside the rows has `resources(params) -> dict[str, dict[str, str]]`, too: what a manifest says of each of
    them, by a key that no other step uses; `name` (nothing of a path but its end) and `sha256`, or of a hub's the `revision`. Products call
    it when the stages have run, with all parameters; where nothing was asked for, it is empty.
    """

    #: Every parameter with its default; what a manifest records.
    PARAMS: Mapping[str, Param]

    def stages(self, params: Mapping[str, Param]) -> tuple[Stage | Reduce, ...]:
        """The stages for these parameters, in order; whatever is to be refused is refused here, before any row is read."""
