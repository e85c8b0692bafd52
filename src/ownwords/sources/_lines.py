"""Raw rows in chunks, each row with its number, so that a refused one can be named and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, overload

import numpy as np

from ownwords.sources._bytes import blocks, without_mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

#: A row longer than this is refused: no post is.
MAX_ROW = 16 << 20
#: Raw bytes of a chunk, about; what keeps memory flat.
CHUNK = 16 << 20
_NEWLINE = ord("\n")
_IS_BLANK = np.isin(np.arange(256), list(b" \t\n\r\x0b\x0c"))


class Lines(Sequence[bytes]):
    """Lines that stand behind one another, cut apart only where one is asked for.

    raw    their bytes, a line break between each two
    ends   where each ends
    """

    __slots__ = ("_ends", "raw")

    def __init__(self, raw: bytes, ends: Places) -> None:
        self.raw = raw
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Lines: ...
    def __getitem__(self, place: int | slice) -> bytes | Lines:
        if isinstance(place, slice):
            first, last, _ = place.indices(len(self))
            start = self._start(first)
            return (
                Lines(self.raw[start : int(self._ends[last - 1])], self._ends[first:last] - start)
                if last > first
                else Lines(b"", self._ends[:0])
            )
        return self.raw[self._start(place) : int(self._ends[place])]

    def _start(self, place: int) -> int:
        return int(self._ends[place - 1]) + 1 if place else 0


@dataclass(frozen=True, slots=True)
class Lost:
    """A raw row that will not be read: its number (from 1), why, and the sha256 of its bytes."""

    number: int
    reason: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some raw rows with their numbers (from 1), and those that were lost on the way."""

    rows: Sequence[bytes]
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
    source = blocks(path)
    source = chain((without_mark(next(source, b""), path),), source)
    number, held = 1, _Held()
    for block in source:
        held.take(block)
        while held.n_lines >= max_rows or (held.n_lines and held.size >= CHUNK):
            body, ends, held = held.give(max_rows)
            yield from _chunks(body, ends, number, max_rows)
            number += len(ends)
        if held.size >= max(CHUNK, MAX_ROW):  # no line has ended for long
            yield from _one_by_one(chain((held.rest(),), source), number, max_rows)
            return
    if not held.is_whole:
        held.take(b"\n")
    if held.size:
        body, ends, _ = held.give(max_rows)
        yield from _chunks(body, ends, number, max_rows)


class _Held:
    """Blocks whose lines are not given yet; each byte is copied once."""

    def __init__(self, block: bytes = b"") -> None:
        self.size = self.n_lines = 0
        self._parts: list[bytes] = []
        self._ends: list[Places] = []
        self.take(block)

    def take(self, block: bytes) -> None:
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == _NEWLINE)
        self._parts.append(block)
        self._ends.append(ends + self.size)
        self.size += len(block)
        self.n_lines += len(ends)

    def give(self, max_rows: int) -> tuple[bytes, Places, _Held]:
        """The first whole lines without the last line break, where each ends, and what is held on."""
        ends = np.concatenate(self._ends)[:max_rows]
        last = self._parts[-1]
        cut = int(ends[-1]) - (self.size - len(last))
        if cut < 0:  # it ends in a block before the last
            last = b"".join(self._parts)
            self._parts = [last]
            cut = int(ends[-1])
        body = b"".join([*self._parts[:-1], last[:cut]])
        return body, ends, _Held(last[cut + 1 :])

    @property
    def is_whole(self) -> bool:
        """Whether the last line has ended, or nothing is held."""
        return self.size == 0 or b"".join(self._parts[-2:]).endswith(b"\n")

    def rest(self) -> bytes:
        return b"".join(self._parts)


def _chunks(body: bytes, ends: Places, number: int, max_rows: int) -> Iterator[Chunk]:
    if _is_odd(body, ends):
        yield from _one_by_one((body,), number, max_rows)
    else:
        yield Chunk(Lines(body, ends), range(number, number + len(ends)))


def _is_odd(body: bytes, ends: Places) -> bool:
    """Whether some line is too long, or begins with a blank, or is none at all."""
    starts = np.append(0, ends[:-1] + 1)
    sizes = ends - starts
    return bool(sizes.min() == 0 or sizes.max() > MAX_ROW or _IS_BLANK[np.frombuffer(body, np.uint8)[starts]].any())


def _one_by_one(source: Iterable[bytes], number: int, max_rows: int) -> Iterator[Chunk]:
    """The lines of `source`, numbered from `number`, each looked at."""
    return chunked(((at, row) for at, row in _cut(source, b"\n", number) if isinstance(row, Lost) or row.strip()), max_rows)


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
    source = blocks(path)
    return _cut(chain((without_mark(next(source, b""), path),), source), separator, 1)


def _cut(source: Iterable[bytes], separator: bytes, number: int) -> Iterator[tuple[int, bytes | Lost]]:
    rest = b""
    too_long: hashlib._Hash | None = None
    for raw in source:
        *whole, last = (rest + raw).split(separator)
        for piece in whole:
            if too_long is None and len(piece) <= MAX_ROW:
                yield number, piece
            else:
                too_long = too_long or hashlib.sha256()
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
