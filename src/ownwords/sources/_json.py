"""JSON objects, one a row, into a table of fixed columns: the fast reader first, row by row what it refuses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

import orjson
import polars as pl

from ownwords.sources._lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ownwords.core.schemas import Columns

#: Column that says at which place of the raw rows a row stood.
AT = "_at"
#: What stands where a NUL or half a surrogate pair stood: neither can be stored as text.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_FEW = 256
# An escaped NUL, or half a surrogate pair: the fast reader writes a NUL for either (tried).
_UNSTORABLE = re.compile(rb"\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]")
Value = str | int | float | bool | list["Value"] | dict[str, "Value"] | None


def parse(rows: Sequence[bytes], schema: Columns) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """The rows that are JSON objects, as a table.

    rows     one object each, without line breaks
    schema   columns wanted, scalars as String (numbers and truth values become text); others are passed over
    returns  table of `schema` plus `_at` uint32, and (place, reason) of each row that is not an object
    """
    frames: list[pl.DataFrame] = []
    refused: list[tuple[int, str]] = []
    waiting = [(0, len(rows))]
    while waiting:
        start, stop = waiting.pop()
        frame = _fast(rows if stop - start == len(rows) else rows[start:stop], schema)
        if frame is not None:
            frames.append(frame.with_columns(pl.int_range(start, stop, dtype=pl.UInt32).alias(AT)))
        elif stop - start > _FEW:
            middle = (start + stop) // 2
            waiting += [(middle, stop), (start, middle)]
        else:
            frames.append(_slow(rows, start, stop, schema, refused))
    if len(frames) == 1:
        return frames[0], refused
    empty = pl.DataFrame(schema={**schema, AT: pl.UInt32})
    return pl.concat([empty, *frames]), refused


def _fast(rows: Sequence[bytes], schema: Columns) -> pl.DataFrame | None:
    joined = rows.raw if isinstance(rows, Lines) else b"\n".join(rows)
    if b"\\u" in joined and _UNSTORABLE.search(joined):
        return None
    try:
        frame = pl.read_ndjson(joined, schema=schema)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    if frame.height != len(rows):
        return None
    return frame


def _slow(rows: Sequence[bytes], start: int, stop: int, schema: Columns, refused: list[tuple[int, str]]) -> pl.DataFrame:
    good: list[dict[str, object]] = []
    for at in range(start, stop):
        value, reason = load(rows[at])
        if isinstance(value, dict):
            good.append({**{name: fit(value.get(name), dtype) for name, dtype in schema.items()}, AT: at})
        else:
            refused.append((at, reason or "not a JSON object"))
    return pl.DataFrame(good, schema={**schema, AT: pl.UInt32}, orient="row")


def load(raw: bytes) -> tuple[Value, str]:
    """The value of some JSON, forgiving raw control characters and half surrogate pairs; or null and why not."""
    try:
        return cast("Value", orjson.loads(raw)), ""
    except ValueError:
        pass
    try:
        return cast("Value", json.loads(raw.decode("utf-8-sig"), strict=False)), ""
    except UnicodeDecodeError:
        return None, "not UTF-8"
    except RecursionError:
        return None, "nested too deeply"
    except ValueError:
        return None, "not JSON"


def fit(value: Value, dtype: pl.DataType | type[pl.DataType]) -> object:
    """`value` in the shape of `dtype`; a list where an object should be (or the other way round) is unknown."""
    if isinstance(dtype, pl.Struct):
        return {field.name: fit(value.get(field.name), _type(field)) for field in dtype.fields} if isinstance(value, dict) else None
    if isinstance(dtype, pl.List):
        inner = cast("pl.DataType", dtype.inner)
        return [fit(item, inner) for item in value] if isinstance(value, list) else None
    return _text(value)


def _type(field: pl.Field) -> pl.DataType:
    return cast("pl.DataType", field.dtype)


def _text(value: Value) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dict | list):
        return _storable(json.dumps(value, ensure_ascii=False))
    return _storable(str(value))


def _storable(text: str) -> str:
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", REPLACEMENT)
