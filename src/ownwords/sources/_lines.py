"""Raw rows in chunks, each row with its number, so that a refused one can be named and hashed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ownwords.sources._bytes import blocks, without_mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

#: A row longer than this is refused: no post is.
MAX_ROW = 16 << 20
#: Raw bytes of a chunk, about; what keeps memory flat.
CHUNK = 16 << 20


@dataclass(frozen=True, slots=True)
class Lost:
    """A raw row that will not be read: its number (from 1), why, and the sha256 of its bytes."""

    number: int
    reason: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some raw rows with their numbers (from 1), and those that were lost on the way."""

    rows: list[bytes]
    numbers: Sequence[int]
    lost: tuple[Lost, ...] = ()

    def lose(self, refused: Iterable[tuple[int, str]]) -> list[Lost]:
        """Those lost before, and the rows at these places of `rows`, hashed; in the order of their numbers."""
        hashed = (Lost(self.numbers[at], reason, hashlib.sha256(self.rows[at]).hexdigest()) for at, reason in refused)
        return sorted([*self.lost, *hashed], key=lambda one: one.number)


def lines(path: Path, max_rows: int) -> Iterator[Chunk]:
    """The lines of a text file that hold something; numbers count blank lines too.

    yields   Chunk of at most `max_rows` rows and about CHUNK bytes
    raises   BadInput as `_bytes.blocks` does
    """
    return chunked(((number, row) for number, row in pieces(path, b"\n") if isinstance(row, Lost) or row.strip()), max_rows)


def chunked(rows: Iterable[tuple[int, bytes | Lost]], max_rows: int) -> Iterator[Chunk]:
    """Numbered rows in chunks of at most `max_rows` rows and about CHUNK bytes."""
    held: list[bytes] = []
    numbers: list[int] = []
    lost: list[Lost] = []
    size = 0
    for number, row in rows:
        if isinstance(row, Lost):
            lost.append(row)
        else:
            held.append(row)
            numbers.append(number)
            size += len(row)
        if len(held) >= max_rows or size >= CHUNK or len(lost) >= max_rows:
            yield Chunk(held, numbers, tuple(lost))
            held, numbers, lost, size = [], [], [], 0
    if held or lost:
        yield Chunk(held, numbers, tuple(lost))


def pieces(path: Path, separator: bytes) -> Iterator[tuple[int, bytes | Lost]]:
    """What stands between separators, numbered from 1; a piece longer than MAX_ROW is hashed and lost, never held."""
    number = 1
    rest = b""
    too_long: hashlib._Hash | None = None
    for n, raw in enumerate(blocks(path)):
        *whole, last = (rest + (without_mark(raw, path) if n == 0 else raw)).split(separator)
        for piece in whole:
            if too_long is None:
                yield number, piece
            else:
                too_long.update(piece)
                yield number, _lost(number, too_long)
                too_long = None
            number += 1
        if too_long is None and len(last) > MAX_ROW:
            too_long = hashlib.sha256()
        if too_long is None:
            rest = last
        else:  # a separator may begin in one block and end in the next
            cut = len(last) - len(separator) + 1
            too_long.update(last[:cut])
            rest = last[cut:] if cut < len(last) else b""
    if too_long is not None:
        too_long.update(rest)
        yield number, _lost(number, too_long)
    elif rest:
        yield number, rest


def _lost(number: int, digest: hashlib._Hash) -> Lost:
    return Lost(number, f"longer than {MAX_ROW >> 20} MiB", digest.hexdigest())
