"""Write a dataset's rows: Parquet and JSON lines in the order of their ids, hashed on the way, however many there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import files, hashing, progress
from ownwords.products.dataset import forms, order
from ownwords.products.dataset.figures import Figures

if TYPE_CHECKING:
    from pathlib import Path

_ROW_GROUP = 65_536


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    hashes    content hash of each split: of every value but record numbers, and of the JSON lines
    figures   what the rows add up to
    """

    hashes: dict[str, str]
    figures: Figures


@dataclass(slots=True)
class _File:
    """One split: its lines go out at once, its rows wait in `scratch` unless they are all."""

    out: Path
    split: str
    form: str
    scratch: Path
    hash: hashing.ContentHash = field(init=False)
    waiting: list[pl.LazyFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        types = {name: dtype for name, dtype in forms.columns(self.form).items() if name != "origins"}
        self.hash = hashing.ContentHash(pl.Schema(types))
        self._lines.write_bytes(b"")

    @property
    def _lines(self) -> Path:
        return self.out / f"{self.split}.jsonl"

    def add(self, rows: pl.DataFrame, *, is_all: bool) -> None:
        """The next rows; `is_all` if no others come."""
        with self._lines.open("ab") as handle:
            for start in range(0, rows.height, _ROW_GROUP):
                handle.write(self.hash.add(rows.slice(start, _ROW_GROUP)))
        if is_all:
            self.waiting.append(rows.lazy())
            return
        path = self.scratch / f"{self.split}-{len(self.waiting):05d}.arrow"
        rows.write_ipc(path, compression="uncompressed")
        self.waiting.append(pl.scan_ipc(path))

    def close(self) -> None:
        """Write the Parquet file."""
        rows = pl.concat(self.waiting or [pl.LazyFrame(schema=forms.columns(self.form))])
        path = self.out / f"{self.split}.parquet"
        rows.sink_parquet(path, compression="zstd", compression_level=1, statistics=False, row_group_size=_ROW_GROUP, engine="streaming")


def write(rows: pl.LazyFrame, form: str, out: Path, scratch: Path, n_rows: int | None = None) -> Written:
    """`train` and `held_out`, each as .parquet and .jsonl in `out`, rows sorted by row_id.

    rows      DIALOGUES in any order (for the form preference with `rejected`)
    scratch   folder for what does not fit into memory; emptied first
    n_rows    how many there are, for the progress bar; None: not known
    """
    files.remove_tree(scratch)  # what a write that was interrupted left there would be taken for this one's
    scratch.mkdir(parents=True)
    figures = Figures()
    ends = {split: _File(out, split, form, scratch) for split in forms.SPLITS}
    for part, is_all in order.parts(rows, scratch):
        made = forms.shaped(part, form)
        figures.add(part, made["output"] if form == "prompt_completion" else None)
        for split, end in ends.items():
            end.add(made.filter(pl.col("split") == split), is_all=is_all)
        progress.tell("write", figures.n_rows, n_rows, "rows")
    for end in ends.values():
        end.close()
    return Written({split: end.hash.hexdigest() for split, end in ends.items()}, figures)
