"""What a source is: a module that knows one format, and reads it into batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ownwords.core.schemas import Batch


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read.

    observed_at    when this copy was had, UTC
    scratch        an empty folder for what must be unpacked; the caller deletes it
    account        account id (`network:native`) of an archive's owner, where the archive does not say
    mapping        mapping file (TOML), for sources whose columns have no fixed names
    keep_private   yield private messages as records instead of counting them
    batch_rows     rows a batch at most; memory stays flat
    """

    observed_at: datetime
    scratch: Path
    account: str | None = None
    mapping: Path | None = None
    keep_private: bool = False
    batch_rows: int = 50_000


class Source(Protocol):
    """A module in `sources/`; its docstring's first line says the format."""

    def sniff(self, path: Path) -> float:
        """How sure it is that `path` (file, zip or folder) is of this format, 0 to 1; reads little, never raises for content."""

    def read(self, path: Path, options: ReadOptions) -> Iterator[Batch]:
        """The rows of `path`; one bad row is a reject, a file that is not of this format is BadInput."""
