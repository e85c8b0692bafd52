"""Hashes over values, not bytes: equal content gives an equal hash on any machine and thread count."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

_ROWS_AT_A_TIME = 65_536


def canonical_json(value: object) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256_json(value: object) -> str:
    """Hex sha256 of the canonical JSON."""
    return sha256_bytes(canonical_json(value))


def sha256_bytes(data: bytes) -> str:
    """Hex sha256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def content_hash(frame: pl.DataFrame, order: Sequence[str]) -> str:
    """Hex sha256 over column names, logical types and values, rows sorted by `order`.

    frame   table without time of making, ledger head or record numbers: the caller leaves those out
    order   columns that together are unique; ties would make the hash depend on the order of arrival
    """
    ordered = frame.sort(list(order), nulls_last=True, maintain_order=True)
    stream = ContentHash(frame.schema)
    for start in range(0, ordered.height, _ROWS_AT_A_TIME):
        stream.add(ordered.slice(start, _ROWS_AT_A_TIME))
    return stream.hexdigest()


class ContentHash:
    """`content_hash` of a table that comes in parts, rows already in their order; how it is cut does not matter."""

    def __init__(self, schema: Mapping[str, pl.DataType]) -> None:
        self.columns = sorted(schema)
        self._digest = hashlib.sha256(json.dumps([[name, str(schema[name])] for name in self.columns]).encode())

    def add(self, rows: pl.DataFrame) -> bytes:
        """Take in the next rows; hands back what they were hashed as: JSON lines, columns by name."""
        buffer = BytesIO()
        rows.select(self.columns).rechunk().write_ndjson(buffer)
        lines = buffer.getvalue()
        self._digest.update(lines)
        return lines

    def hexdigest(self) -> str:
        """The hash of all rows so far."""
        return self._digest.hexdigest()


def combine(parts: dict[str, str]) -> str:
    """One hash for several named ones."""
    return sha256_json(parts)
