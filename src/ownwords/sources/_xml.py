"""Rows of a Stack Exchange dump: `<row Id="1" .../>`, cut at `<row `, which cannot stand inside an attribute."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import polars as pl
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ownwords.core.errors import BadInput
from ownwords.sources._bytes import head
from ownwords.sources._json import AT, REPLACEMENT
from ownwords.sources._lines import Lost, chunked, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ownwords.core.schemas import Columns
    from ownwords.sources._lines import Chunk

_ROOT = re.compile(rb"<([A-Za-z]+)\s*/?>")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)")
_FEW = 16


def root(path: Path) -> str:
    """The name of the outermost element, in small letters; empty if the file does not begin like XML."""
    start = head(path, 4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    found = _ROOT.search(start.split(b"<row ")[0]) if start.startswith(b"<") else None
    return found.group(1).decode().lower() if found else ""


def rows(path: Path, name: str, max_rows: int) -> Iterator[Chunk]:
    """The rows of `path`, numbered from 1.

    name     its outermost element: posts, users, comments
    raises   BadInput if it is another document, declares entities, or is not UTF-8; a document cut short loses one row
    """
    return chunked(_numbered(path, name), max_rows)


def _numbered(path: Path, name: str) -> Iterator[tuple[int, bytes | Lost]]:
    held: bytes | None = None
    number = 0
    for number, piece in pieces(path, b"<row "):
        if number == 1:
            held = _checked(piece, path, name)
            continue
        if number > 2 and held is not None:
            yield number - 2, held
        if isinstance(piece, Lost):
            yield number - 1, Lost(number - 1, piece.reason, piece.sha256)
            held = None
        else:
            held = b"<row " + piece
    yield from _last(held, number - 1, name)


def _last(held: bytes | None, number: int, name: str) -> Iterator[tuple[int, bytes | Lost]]:
    """The last row loses the end tag behind it; without an end tag the document was cut."""
    body, end, _ = (held or b"").rpartition(f"</{name}>".encode())
    is_empty_document = number == 0 and (held or b"").rstrip().endswith(b"/>")
    if number >= 1 and held is not None:
        yield number, body if end else held
    is_whole = number == 0 or held is None or held.rstrip().endswith(b"/>")
    if not end and not is_empty_document and is_whole:
        yield number + 1, Lost(number + 1, "the file is cut short", hashlib.sha256(b"").hexdigest())


def _checked(prologue: bytes | Lost, path: Path, name: str) -> bytes:
    start = prologue if isinstance(prologue, bytes) else b""
    encoding = _ENCODING.search(start)
    if b"<!ENTITY" in start:
        raise BadInput(f"{path.name} declares entities, as no dump does", "do not trust this file")
    if encoding and encoding.group(1).lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise BadInput(f"{path.name} is not UTF-8, as it says itself", "save it as UTF-8, then try again")
    if root(path) != name:
        raise BadInput(f"{path.name} is not a Stack Exchange dump of {name}", "name the source it really is, or try auto")
    return start


def parse(chunk: Sequence[bytes], schema: Columns) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Some rows as a table.

    chunk    one `<row .../>` each
    schema   attributes wanted, all String
    returns  table of `schema` plus `_at` uint32, and (place, reason) of each row that is not well-formed
    """
    frames = [pl.DataFrame(schema={**schema, AT: pl.UInt32})]
    refused: list[tuple[int, str]] = []
    waiting = [(0, len(chunk))]
    while waiting:
        start, stop = waiting.pop()
        found = _attributes(chunk[start:stop])
        if found is not None:
            columns = {name: [row.get(name) for row in found] for name in schema}
            frames.append(pl.DataFrame(columns, schema=schema).with_columns(pl.int_range(start, stop, dtype=pl.UInt32).alias(AT)))
        elif stop - start > 1:
            middle = start + 1 if stop - start <= _FEW else (start + stop) // 2
            waiting += [(middle, stop), (start, middle)]
        else:
            refused.append((start, "not well-formed XML"))
    return pl.concat(frames).with_columns(pl.col(pl.String).str.replace_all("\x00", REPLACEMENT, literal=True)), refused


def _attributes(chunk: Sequence[bytes]) -> list[dict[str, str]] | None:
    try:
        tree = fromstring(b"<rows>" + b"".join(chunk) + b"</rows>", forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    found = [element.attrib for element in tree if element.tag == "row" and len(element) == 0]
    return found if len(found) == len(chunk) == len(tree) else None
