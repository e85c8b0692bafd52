"""JSON lines, CSV or Parquet of any origin, with a mapping file (TOML) that says what the columns mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.errors import BadInput
from ownwords.sources._batches import batch, settle
from ownwords.sources._bytes import first_rows, without_mark
from ownwords.sources._json import Value
from ownwords.sources._json import load as load_json
from ownwords.sources._json import parse as parse_json
from ownwords.sources._lines import MAX_ROW, lines
from ownwords.sources.jsonl import csv_rows, parquet
from ownwords.sources.jsonl.mapping import KNOWN, Mapping, by_name, load
from ownwords.sources.jsonl.turn import turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ownwords.core.schemas import Batch
    from ownwords.core.source import ReadOptions

_WHAT = "JSON lines, CSV or Parquet with the columns told"
_HEAD = 1 << 18
#: Read wherever they stand: a row far down that says it is private, or deleted, must not lose that word.
_GUARDS = frozenset({"visibility", "category", "state", "audience", "signals", "account_state"} & KNOWN)
_IDS = ("id", "record_id", "author", "account_id", "reply_to", "conversation", "quotes", "repost_of")


def sniff(path: Path) -> float:
    """.8 for a table whose columns all bear names of ours, the text among them; else 0: only a mapping could tell."""
    if not path.is_file():
        return 0.0
    start = first_rows(path, _HEAD, MAX_ROW)
    try:
        names = list(parquet.schema(path)) if start.startswith(b"PAR1") else _names(start)
    except BadInput:
        return 0.0
    return 0.8 if "text" in names and set(names) <= KNOWN else 0.0


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Each row a record, as `options.mapping` says, or by its columns' names.

    path     JSON lines, CSV (comma, semicolon, tab or bar) or Parquet, each also .gz or .zst
    yields   Batch; positions are `line N` (for CSV the row's first line), `row N` of Parquet
    raises   BadInput if the mapping names a column that is not there (with the mapping's line), or the file cannot be read
    """
    start = without_mark(first_rows(path, _HEAD, MAX_ROW), path)
    mapping = load(options.mapping) if options.mapping else None
    if start.startswith(b"PAR1"):
        found = _parquet(path, mapping, options)
    elif start.lstrip().startswith(b"{"):
        rows = _objects(start)
        keys = _keys(rows)
        if keys and mapping:
            mapping.check(keys, path.name, rows)
        found = _json(path, keys, mapping or by_name([*keys, *_GUARDS.difference(keys)], path.name), options)
    elif start.lstrip().startswith(b"["):
        raise BadInput(f"{path.name} is one JSON list; it should be one object a line", "jq -c '.[]' FILE > FILE.jsonl")
    else:
        found = _csv(path, mapping, start, options)
    return settle(found, options, path.name, _WHAT)


def _names(start: bytes) -> list[str]:
    return _keys(_objects(start)) if start.lstrip().startswith((b"{", b"\xef\xbb\xbf{")) else csv_rows.header(start)[0]


def _objects(start: bytes) -> list[dict[str, Value]]:
    """The first rows that are JSON objects."""
    found = (load_json(line)[0] for line in start.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:100])
    return [value for value in found if isinstance(value, dict)]


def _keys(rows: list[dict[str, Value]]) -> list[str]:
    """The keys of some rows, in the order they come."""
    return list(dict.fromkeys(key for row in rows for key in row))


def _json(path: Path, keys: list[str], mapping: Mapping, options: ReadOptions) -> Iterator[Batch]:
    columns = {name if name in keys else name.split(".")[0]: pl.String for name in mapping.theirs()}
    for chunk in lines(path, options.batch_rows):
        frame, refused = parse_json(chunk.rows, dict(columns))
        yield batch(chunk, refused, turn(frame, mapping, options), "line ")


def _csv(path: Path, mapping: Mapping | None, start: bytes, options: ReadOptions) -> Iterator[Batch]:
    names, separator = csv_rows.header(start)
    if not start:
        next(lines(path, 1), None)  # says itself what is wrong, unless the file is empty
        raise BadInput(f"{path.name} is empty", "check the path")
    told = mapping or by_name(csv_rows.checked(names, path.name), path.name)
    told.check(csv_rows.checked(names, path.name), path.name)
    for chunk in csv_rows.rows(path, options.batch_rows):
        frame, refused = csv_rows.parse(chunk.rows, names, separator)
        yield batch(chunk, refused, turn(frame, told, options), "line ")


def _parquet(path: Path, mapping: Mapping | None, options: ReadOptions) -> Iterator[Batch]:
    with path.open("rb") as handle:
        is_plain = handle.read(4) == b"PAR1"
    plain = path if is_plain else parquet.unpacked(path, options.scratch)
    types = parquet.schema(plain)
    told = mapping or by_name(types, path.name)
    fields = {name: {field.name: None for field in dtype.fields} for name, dtype in types.items() if isinstance(dtype, pl.Struct)}
    told.check(types, path.name, [fields])
    for name in _IDS:
        if name in told.columns and types.get(told.columns[name], pl.String()).is_float():
            raise BadInput(
                f"{path.name}: column {told.columns[name]!r} holds ids as decimal numbers", "write ids as text: digits are lost above 2^53"
            )
    for chunk, frame in parquet.tables(plain, told.theirs(), options.batch_rows):
        yield batch(chunk, [], turn(frame, told, options), "row ")
