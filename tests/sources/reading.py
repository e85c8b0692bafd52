"""Reading a path whole, for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from ownwords.core import plugins
from ownwords.core.schemas import ACCOUNTS, PARSED, REJECTS, Batch
from ownwords.core.source import ReadOptions

GOLDEN = Path(__file__).parents[1] / "golden" / "sources"
MALFORMED = Path(__file__).parents[1] / "malformed"
SHARED = Path(__file__).parents[3] / "shared" / "data"
OBSERVED = datetime(2025, 1, 1, tzinfo=UTC)


class Read(NamedTuple):
    """All batches of a path in one."""

    records: pl.DataFrame
    accounts: pl.DataFrame
    rejects: pl.DataFrame
    private: int

    @property
    def n_rows(self) -> int:
        return self.records.height + self.rejects.height + self.private

    def by_id(self) -> dict[str, dict[str, Any]]:
        return {row["record_id"]: row for row in self.records.iter_rows(named=True)}

    def reasons(self) -> dict[str, str]:
        return dict(self.rejects.select("position", "reason").rows())


def read(source: str, path: Path, scratch: Path, **options: Any) -> Read:
    """Every batch checked against the schemas, then joined."""
    batches: list[Batch] = []
    for batch in plugins.load("source", source).read(path, ReadOptions(observed_at=OBSERVED, scratch=scratch, **options)):
        assert dict(batch.records.schema) == PARSED
        assert dict(batch.accounts.schema) == ACCOUNTS
        assert dict(batch.rejects.schema) == REJECTS
        batches.append(batch)
    empty = Batch()
    return Read(
        pl.concat([empty.records, *(one.records for one in batches)]),
        pl.concat([empty.accounts, *(one.accounts for one in batches)]),
        pl.concat([empty.rejects, *(one.rejects for one in batches)]),
        sum(one.private_counted for one in batches),
    )
