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

    key   column whose equal values must come together; None = each row by itself; "*" = all rows (a small reduce)
    run   LazyFrame -> LazyFrame; may add the column `drop` (string: the reason, null: keep); accepts empty input
    """

    key: str | None
    run: Callable[[pl.LazyFrame], pl.LazyFrame]


class Step(Protocol):
    """A module in `datasets/`."""

    #: Every parameter with its default; what a manifest records.
    PARAMS: Mapping[str, Param]

    def stages(self, params: Mapping[str, Param]) -> tuple[Stage, ...]:
        """The stages for these parameters, in order."""
