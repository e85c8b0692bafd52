from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import torch
from tiny_rows import plan

from ownwords.models import pipeline


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., tuple[Path, pipeline.Trained]]:
    """Build a tiny model into a folder of this test."""

    def _build(
        rows: pl.DataFrame, name: str = "out", held_out: pl.DataFrame | None = None, **changes: object
    ) -> tuple[Path, pipeline.Trained]:
        out = tmp_path / name
        out.mkdir(exist_ok=True)
        trained = pipeline.run(rows, rows.clear() if held_out is None else held_out, out, plan(**changes))
        pipeline.finish(out)
        return out, trained

    return _build
