"""Steps on Ray: the same functions on parts of the rows, on as many machines as there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownwords.core.errors import Usage

if TYPE_CHECKING:
    import polars as pl

    from ownwords.engine.run import Rows


def of(rows: pl.LazyFrame) -> Rows:
    """Rows in Ray's hands."""
    raise Usage("engine ray is not there yet", "leave --engine out")
