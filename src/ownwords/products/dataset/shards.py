"""The dataset's rows as packed tokens, where a tokenizer was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import progress
from ownwords.models import extra
from ownwords.products.dataset import forms
from ownwords.products.dataset.forms import TOLD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "tokens"
_ROWS_AT_A_TIME = 20_000


def check(tokenizer: str) -> None:
    """That there is such a tokenizer, before the long work.

    raises   MissingExtra, NotFound, BadInput
    """
    extra.require("packing tokens")
    from ownwords.models import shards

    shards.find(tokenizer)


def write(out: Path, tokenizer: str, context: int) -> tuple[str, dict[str, object]]:
    """Read the Parquet files in `out` again and write `tokens/`; see models.shards for its files.

    tokenizer   folder or hub id
    context     tokens a window
    returns     a hash over every token, and what the card says of them: tokenizer, context, n_tokens
    raises      MissingExtra without the packages to tokenise
    """
    extra.require("packing tokens")
    from ownwords.models import shards

    words = shards.find(tokenizer)
    tables = {split: _tables(out / f"{split}.parquet") for split in forms.SPLITS}
    content_hash, index = shards.write(tables, words, context, out / FOLDER)
    splits = index["splits"]
    assert isinstance(splits, list)
    n_tokens = sum(split["tokens"] for split in splits)
    return content_hash, {"tokenizer": words.name, "tokenizer_sha256": words.sha256, "context": context, "n_tokens": n_tokens}


def _tables(path: Path) -> Iterator[pl.DataFrame]:
    rows = pl.scan_parquet(path)
    have = rows.collect_schema().names()
    wanted = [name for name in ("row_id", *TOLD) if name in have]
    n_rows = rows.select(pl.len()).collect().item()
    for start in range(0, n_rows, _ROWS_AT_A_TIME):
        progress.tell("tokens", start, n_rows, path.stem)
        yield rows.slice(start, _ROWS_AT_A_TIME).select(wanted).collect()
