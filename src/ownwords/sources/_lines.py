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
        """Those lost before, and the rows at these places of `rows`, hashed."""
        return [
            *self.lost,
            *(Lost(self.numbers[at], reason, hashlib.sha256(self.rows[at]).hexdigest()) for at, reason in refused),
        ]


def lines(path: Path, max_rows: int) -> Iterator[Chunk]:
    """The lines of a text file that hold something; numbers count blank lines too.

    yields   Chunk of at most `max_rows` rows and about CHUNK bytes
    raises   BadInput as `_bytes.blocks` does
    """
    held: list[bytes] = []
    numbers: list[int] = []
    lost: list[Lost] = []
    size = 0
    for number, row in _numbered(path):
        if isinstance(row, Lost):
            lost.append(row)
        elif row.strip():
            held.append(row)
            numbers.append(number)
            size += len(row)
        if len(held) >= max_rows or size >= CHUNK or len(lost) >= max_rows:
            yield Chunk(held, numbers, tuple(lost))
            held, numbers, lost, size = [], [], [], 0
    if held or lost:
        yield Chunk(held, numbers, tuple(lost))


def _numbered(path: Path) -> Iterator[tuple[int, bytes | Lost]]:
    number = 0
    rest = b""
    too_long: hashlib._Hash | None = None
    for n, raw in enumerate(blocks(path)):
        *whole, tail = (without_mark(raw, path) if n == 0 else raw).split(b"\n")
        if too_long is not None:
            too_long.update(whole[0] if whole else tail)
            if not whole:
                continue
            number += 1
            yield number, Lost(number, f"longer than {MAX_ROW >> 20} MiB", too_long.hexdigest())
            too_long = None
            whole = whole[1:]
        elif whole:
            whole[0] = rest + whole[0]
        else:
            tail = rest + tail
        for number, row in enumerate(whole, number + 1):  # noqa: B020 - the count goes on from block to block
            yield number, row
        rest = tail
        if len(rest) > MAX_ROW:
            too_long, rest = hashlib.sha256(rest), b""
    if too_long is not None:
        yield number + 1, Lost(number + 1, f"longer than {MAX_ROW >> 20} MiB", too_long.hexdigest())
    elif rest:
        yield number + 1, rest
