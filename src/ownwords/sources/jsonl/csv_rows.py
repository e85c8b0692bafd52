"""CSV: rows kept whole over quoted line breaks, read by the fast reader, and one by one where it refuses."""

from __future__ import annotations

import csv
import hashlib
from collections import deque
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.errors import BadInput
from ownwords.sources._json import AT, REPLACEMENT
from ownwords.sources._lines import MAX_ROW, Lost, chunked, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ownwords.sources._lines import Chunk

# A quoted field that runs on for longer is a quote that somebody forgot: its line is lost, not the rest of the file.
_MOST_LINES = 2_000
_MOST_BYTES = 1 << 20
_FEW = 256


def header(start: bytes) -> tuple[list[str], str]:
    """Column names and separator (comma, semicolon, tab or bar) of a CSV that begins with `start`; none if it has no header."""
    line = start.removeprefix(b"\xef\xbb\xbf").split(b"\n")[0].rstrip(b"\r")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return [], ","
    separator = max(",;\t|", key=text.count)
    names = _fields(text, separator)
    return ([name.strip() for name in names], separator) if names else ([], separator)


def rows(path: Path, max_rows: int) -> Iterator[Chunk]:
    """The rows below the header; a row's number is that of its first line in the file."""
    return chunked(_whole_rows(path), max_rows)


def _whole_rows(path: Path) -> Iterator[tuple[int, bytes | Lost]]:
    source = pieces(path, b"\n")
    again: deque[tuple[int, bytes | Lost]] = deque()
    next(source, None)
    while True:
        first = again.popleft() if again else next(source, None)
        if first is None:
            return
        number, line = first
        if isinstance(line, Lost) or line.count(b'"') % 2 == 0:
            if isinstance(line, Lost) or line.strip():
                yield number, line if isinstance(line, Lost) else line.rstrip(b"\r")
            continue
        taken = _until_closed(line, again, source)
        if taken is None:
            yield number, Lost(number, "a quote is never closed", hashlib.sha256(line).hexdigest())
        else:
            yield number, taken.rstrip(b"\r")


def _until_closed(line: bytes, again: deque[tuple[int, bytes | Lost]], source: Iterator[tuple[int, bytes | Lost]]) -> bytes | None:
    """The row that begins with `line`; if its quote is never closed, none, and its further lines are to be read `again`."""
    taken: list[tuple[int, bytes | Lost]] = []
    parts = [line]
    size = len(line)
    while len(parts) < _MOST_LINES and size < _MOST_BYTES:
        following = again.popleft() if again else next(source, None)
        if following is None:
            break
        taken.append(following)
        if isinstance(following[1], Lost):
            break
        parts.append(following[1])
        size += len(following[1])
        if following[1].count(b'"') % 2:
            return b"\n".join(parts)
    again.extendleft(reversed(taken))
    return None


def parse(chunk: Sequence[bytes], names: list[str], separator: str) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Some rows as a table of text, empty unquoted fields null.

    returns  table of `names` plus `_at` uint32, and (place, reason) of each row that does not fit the header
    """
    schema = dict.fromkeys(names, pl.String)
    frames = [pl.DataFrame(schema={**schema, AT: pl.UInt32})]
    refused: list[tuple[int, str]] = []
    waiting = [(0, len(chunk))]
    while waiting:
        start, stop = waiting.pop()
        frame = _fast(chunk[start:stop], names, separator)
        if frame is not None:
            numbered = frame.with_columns(pl.int_range(start, stop, dtype=pl.UInt32).alias(AT))
            short = _short(numbered, chunk, names, separator)
            refused += short
            frames.append(numbered.filter(~pl.col(AT).is_in([at for at, _ in short])))
        elif stop - start > _FEW:
            middle = (start + stop) // 2
            waiting += [(middle, stop), (start, middle)]
        else:
            frames.append(_slow(chunk, start, stop, names, separator, refused))
    return pl.concat(frames).with_columns(pl.col(pl.String).str.replace_all("\x00", REPLACEMENT, literal=True)), refused


def _fast(chunk: Sequence[bytes], names: list[str], separator: str) -> pl.DataFrame | None:
    try:
        frame = pl.read_csv(
            b"\n".join(chunk), has_header=False, schema=dict.fromkeys(names, pl.String), separator=separator, quote_char='"'
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    return frame if frame.height == len(chunk) else None


def _short(frame: pl.DataFrame, chunk: Sequence[bytes], names: list[str], separator: str) -> list[tuple[int, str]]:
    """The fast reader fills up rows that are too short: those that end in an empty field are looked at again."""
    doubtful = frame.filter(pl.col(names[-1]).is_null())[AT]
    counted = ((at, len(_fields(chunk[at].decode("utf-8"), separator))) for at in doubtful)
    return [(at, f"{n} fields, the header has {len(names)}") for at, n in counted if n != len(names)]


def _slow(chunk: Sequence[bytes], start: int, stop: int, names: list[str], separator: str, refused: list[tuple[int, str]]) -> pl.DataFrame:
    good = []
    for at in range(start, stop):
        try:
            fields = _fields(chunk[at].decode("utf-8"), separator)
        except UnicodeDecodeError:
            refused.append((at, "not UTF-8"))
            continue
        if len(fields) == len(names):
            good.append([*(value or None for value in fields), at])
        else:
            refused.append((at, f"{len(fields)} fields, the header has {len(names)}" if fields else "its quotes do not match"))
    return pl.DataFrame(good, schema={**dict.fromkeys(names, pl.String), AT: pl.UInt32}, orient="row")


def _fields(text: str, separator: str) -> list[str]:
    """The fields of one row; none if it is not CSV."""
    csv.field_size_limit(MAX_ROW)
    try:
        found = list(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error:
        return []
    return found[0] if len(found) == 1 else []


def checked(names: list[str], file: str) -> list[str]:
    """The header's names.

    raises   BadInput if there is none, or a name stands twice
    """
    if not any(names):
        raise BadInput(f"{file} has no header line", "write the column names into its first line")
    twice = next((number for number, name in enumerate(names, 1) if name in names[: number - 1]), None)
    if twice is not None:
        raise BadInput(f"{file}: column {twice} bears the name of one before it", "rename one of them")
    return names
