"""Thread listings as Reddit's API gives them: a tree in one JSON value, laid out as rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import orjson

from ownwords.core.errors import BadInput
from ownwords.sources._bytes import blocks
from ownwords.sources._json import Value, load
from ownwords.sources._lines import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: A listing is one value and must fit into memory; the API's own are under 10 MB.
MAX_BYTES = 256 << 20
_START = re.compile(rb'\[?\s*\{\s*"kind"\s*:\s*"Listing"|\[?\s*\{\s*"data"\s*:\s*\{.{0,400}"children"', re.DOTALL)
_THINGS = ("t1", "t3")


def is_listing(start: bytes) -> bool:
    """Whether these first bytes begin a listing, or a list of them."""
    return bool(_START.match(start))


def items(path: Path, max_rows: int) -> Iterator[Chunk]:
    """The comments and submissions of a listing, in reading order; stubs that only count further comments are no rows.

    raises   BadInput if it is larger than MAX_BYTES or not JSON
    """
    raw = bytearray()
    for block in blocks(path):
        raw += block
        if len(raw) > MAX_BYTES:
            raise BadInput(f"{path.name}: a listing of more than {MAX_BYTES >> 20} MiB", "give it as one JSON object a line")
    value, reason = load(bytes(raw))
    if reason:
        raise BadInput(f"{path.name}: the listing is {reason}", "fetch it again; nothing of it was taken")
    rows = list(_things(value))
    for start in range(0, len(rows), max_rows):
        part = rows[start : start + max_rows]
        yield Chunk(part, range(start + 1, start + 1 + len(part)))


def _things(tree: Value) -> Iterator[bytes]:
    """Depth first without recursion: a thread may be deeper than Python's stack."""
    stack: list[Value] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack += reversed(node)
        elif isinstance(node, dict):
            data = node.get("data")
            inside = data if isinstance(data, dict) else {}
            if node.get("kind") in _THINGS:
                yield _row(str(node["kind"]), data)
            stack += [inside.get("replies"), inside.get("children")]


def _row(kind: str, data: Value) -> bytes:
    if not isinstance(data, dict):
        return orjson.dumps(data)
    own = {key: value for key, value in data.items() if key != "replies"}
    own.setdefault("name", f"{kind}_{cast('str', data.get('id'))}")
    return orjson.dumps(own)
