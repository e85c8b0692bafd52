"""The items of one part: `window.YTD.tweets.part0 = [ {"tweet": {...}}, ... ]` cut into its objects."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from ownwords.core.errors import BadInput
from ownwords.sources._json import load, parse
from ownwords.sources._lines import CHUNK, Chunk, Lost

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from ownwords.core.schemas import Columns
    from ownwords.sources.x_archive.files import Part

_ASSIGNMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(?:window\.)?YTD\.[\w.\-]+\s*=\s*)?(?=\[)")
# White space and a semicolon may follow the last bracket.
_TAIL = 64
_CLOSED = re.compile(rb"\]\s*;?\s*\Z")
# What stands before an item's wrapper (with the place where the item begins), and behind it.
_OPENS = re.compile(rb"[\[,]\s*(\{)\s*\Z")
_COLON = re.compile(rb"\s*:")
_NEAR = 64
# In valid JSON a line break is never inside a string, so that one row may become one line.
_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
_MANIFEST = re.compile(rb"(?:\xef\xbb\xbf)?\s*window\.__THAR_CONFIG\s*=\s*")


def chunks(part: Part, key: str, max_rows: int) -> Iterator[Chunk]:
    """The items of `part`, numbered from 1.

    key      what wraps each item (`tweet`, `like` ...); archives before 2019 have no wrapper
    raises   BadInput if it is no list of X's; a list cut short loses what was cut, as one row
    """
    raw = part.load()
    start = _ASSIGNMENT.match(raw)
    if start is None:
        raise BadInput(f"{part.name} is not a part of an X archive", "fetch the archive again; nothing of it was taken")
    closed = _CLOSED.search(raw, max(start.end() + 1, len(raw) - _TAIL))
    end = closed.start() if closed else len(raw)
    rows: list[bytes] = []
    size = n = 0
    for piece in _pieces(raw, start.end(), end, key):
        rows.append(piece)
        size += len(piece)
        n += 1
        if len(rows) >= max_rows or size >= CHUNK:
            yield Chunk(rows, range(n - len(rows) + 1, n + 1))
            rows, size = [], 0
    lost = () if closed or (rows and load(rows[-1])[1]) else (Lost(n + 1, "the file is cut short", hashlib.sha256(b"").hexdigest()),)
    if rows or lost:
        yield Chunk(rows, range(n - len(rows) + 1, n + 1), lost)


def table(chunk: Chunk, schema: Columns) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """The items of a chunk as `_json.parse` gives them."""
    return parse([row.translate(_ONE_LINE) for row in chunk.rows], schema)


def manifest(raw: bytes) -> dict[str, object]:
    """What `manifest.js` says; empty if it cannot be read."""
    start = _MANIFEST.match(raw)
    value, _ = load(raw[start.end() :].rstrip().removesuffix(b";")) if start else (None, "")
    return dict(value) if isinstance(value, dict) else {}


def _pieces(raw: bytes, start: int, end: int, key: str) -> Iterator[bytes]:
    """By the wrapper: an unescaped `{"key":` cannot stand inside a string, so that broken items do not hurt their neighbours.

    start   place of the opening bracket
    end     place of the closing one; the part is never copied as a whole
    """
    begin = start + 1
    is_wrapped = False
    word = b'"' + key.encode() + b'"'
    place = raw.find(word, start, end)
    while place >= 0:
        before = _OPENS.search(raw, max(start, place - _NEAR), place)
        if before and _COLON.match(raw, place + len(word), end):
            yield from _whole(raw[begin : before.start()].strip(), is_wrapped)
            begin, is_wrapped = before.start(1), True
        place = raw.find(word, place + len(word), end)
    yield from _whole(raw[begin:end].strip(), is_wrapped)


def _whole(piece: bytes, is_wrapped: bool) -> Iterator[bytes]:
    """One item; or several, where something that is no item stands behind it, or none bears the wrapper."""
    if is_wrapped and piece.endswith(b"}"):
        yield piece
    elif piece:
        yield from _bare(piece)


def _bare(inside: bytes) -> Iterator[bytes]:
    """Items without wrapper, one after the other; from the first broken one on, the rest is one piece."""
    text = inside.decode("utf-8", "surrogateescape")
    decoder = json.JSONDecoder(strict=False)
    at = _skip(text, 0)
    while at < len(text):
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = len(text)
        yield text[at:end].strip().encode("utf-8", "surrogateescape")
        at = _skip(text, end)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at
