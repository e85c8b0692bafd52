"""Datasets made of rows as the steps hand them over, without the steps."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from dialogue_rows import DAY, REJECTED, talk
from ownwords.core import _mint, plugins
from ownwords.core.dataset import StepRecord
from ownwords.core.permit import Permit
from ownwords.core.product import Built
from ownwords.products.dataset import Options, make
from posts import records

STEPS = (
    StepRecord("clean", tuple(plugins.load("step", "clean").PARAMS.items()), 400, 380, (("repost", 15), ("too long", 5))),
    StepRecord("threads", (("max_turns", 8),), 380, 380),
    StepRecord("split", (("by", "person"), ("held_out", 0.2), ("seed", 7)), 380, 200, (("context from the other side", 3),)),
)


def preferences(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with another answer to each."""
    return rows.with_columns(pl.lit({"text": "another answer", "record_id": "test:x"}, REJECTED).alias("rejected"))


def finished(rows: pl.DataFrame, out: Path, options: Options, posts: list[dict] | None = None) -> Built:
    """A dataset of DIALOGUES; `posts` are the RECORDS the report may show."""
    out.mkdir(parents=True, exist_ok=True)
    permit = Permit("train_ai", DAY, "opt-in", "0" * 64, 1, "0" * 64, 1, 400, 400, ())
    rows = preferences(rows) if options.form == "preference" else rows
    made = _mint.dataset(rows.lazy(), permit)
    for step in STEPS:
        made = made.derive(step, rows.lazy())
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        return make.finished(made, records(posts or []).lazy(), options, out, Path(scratch), {})


def some(out: Path, form: str, n: int = 60, **options: object) -> Path:
    """A folder with a dataset of `n` random dialogues."""
    finished(talk(n, seed=1), out, Options(form=form, **options))
    return out
