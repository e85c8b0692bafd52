"""Hashes over values, not bytes: equal content gives an equal hash on any machine and thread count."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

_ROWS_AT_A_TIME = 65_536


def canonical_json(value: object) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256_json(value: object) -> str:
    """Hex sha256 of the canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def content_hash(frame: pl.DataFrame, order: Sequence[str]) -> str:
    """Hex sha256 over column names, logical types and values, rows sorted by `order`.

    frame   table without time of making, ledger head or record numbers: the caller leaves those out
    order   columns that together are unique; ties would make the hash depend on the order of arrival
    """
    columns = sorted(frame.columns)
    digest = hashlib.sha256(json.dumps([[name, str(frame.schema[name])] for name in columns]).encode())
    ordered = frame.select(columns).sort(list(order), nulls_last=True, maintain_order=True)
    for start in range(0, ordered.height, _ROWS_AT_A_TIME):
        digest.update(ordered.slice(start, _ROWS_AT_A_TIME).rechunk().write_ndjson().encode())
    return digest.hexdigest()


def combine(parts: dict[str, str]) -> str:
    """One hash for several named ones."""
    return sha256_json(parts)
