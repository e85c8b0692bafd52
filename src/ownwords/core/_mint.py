"""The maker of Permits; the import contract lets the gate alone reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownwords.core.dataset import _PASS, Dataset

if TYPE_CHECKING:
    import polars as pl

    from ownwords.core.permit import Permit


def dataset(rows: pl.LazyFrame, permit: Permit) -> Dataset:
    """Allowed rows with their Permit."""
    return Dataset(rows, permit, (), _PASS)
