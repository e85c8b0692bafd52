"""One file a step: dataset to dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from ownwords.core.step import Param


def apply(rows: pl.LazyFrame, steps: Sequence[tuple[str, Mapping[str, Param]]]) -> pl.LazyFrame:
    """Curation steps on a table of one's own, without a workspace: the rows that are left, as the steps leave them.

    Pure functions over the caller's table: nothing comes from a store, so no gate is asked; and what comes out is no Dataset, so no
    artifact can be made of it. What a step has to see together is collected in memory.

    rows     `id` and `text`, both string, and any of the columns of RECORDS in their types; those that are missing are null, but
             `category`, which is `post`. Further columns stay until a step leaves them behind, as `clean` does
    steps    (name, parameters) each; a parameter that is left out has the step's default
    returns  `id`, `text`, and what else the last step leaves
    raises   BadInput without `id` or `text`, NotFound for an unknown step, Usage for an unknown parameter
    """
    from ownwords.datasets import _apply

    return _apply.apply(rows, steps)
