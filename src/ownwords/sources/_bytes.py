"""Bytes of a file as they were before gzip or Zstandard, in blocks, with limits that a hostile file cannot pass."""

from __future__ import annotations

import gzip
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import zstandard

from ownwords.core.errors import BadInput, from_os_error
from ownwords.core.files import check_plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Bytes of one block, about.
BLOCK = 1 << 20
#: No honest text shrinks this well: beyond it, and beyond FREE_BYTES, a file is refused as a bomb.
MAX_RATIO = 250
FREE_BYTES = 64 << 20
#: Real Reddit dumps use a window of 2^27 to 2^31.
MAX_WINDOW = 1 << 31
# One call may not expand into more than memory holds: 4 KiB of Zstandard is 128 MiB at most.
_ZST_STEP = 4096
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


def blocks(path: Path) -> Iterator[bytes]:
    """The content of `path`, decompressed if its first bytes say so (the name does not matter).

    yields   bytes of about BLOCK, never empty
    raises   BadInput if it is a folder, broken, cut short, or expands beyond MAX_RATIO; NotFound, Disk from the system
    """
    check_plain(path)
    with _system_errors(path), path.open("rb") as handle:
        magic = handle.read(4)
        handle.seek(0)
        if magic.startswith(_GZIP):
            yield from _bounded(_gzip(handle, path), handle, path)
        elif magic == _ZSTD or _is_skippable(magic):
            yield from _bounded(_zstd(handle, path), handle, path)
        else:
            while block := handle.read(BLOCK):
                yield block


def head(path: Path, n_bytes: int = 1 << 16) -> bytes:
    """The first bytes of a file, decompressed; empty if it cannot be read, for a sniffer must not fail."""
    found = bytearray()
    try:
        for block in blocks(path):
            found += block
            if len(found) >= n_bytes:
                break
    except Exception:  # whatever is wrong with it, read() will say so
        return bytes(found[:n_bytes])
    return bytes(found[:n_bytes])


def first_rows(path: Path, n_bytes: int, most: int) -> bytes:
    """The first `n_bytes` of a file and the rest of the line they end in, `most` at most; empty if it cannot be read."""
    found = head(path, n_bytes)
    if len(found) < n_bytes or b"\n" in found:
        return found
    longer = head(path, most)
    end = longer.find(b"\n", n_bytes)
    return longer if end < 0 else longer[:end]


def without_mark(raw: bytes, path: Path) -> bytes:
    """The first block without the UTF-8 byte order mark.

    raises   BadInput for UTF-16 and UTF-32
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput(f"{path.name} is UTF-16 text", "save it as UTF-8, then try again")
    return raw.removeprefix(b"\xef\xbb\xbf")


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except IsADirectoryError as error:
        raise BadInput(f"{path.name} is a folder; this source reads files", "name the files in it") from error
    except OSError as error:
        raise from_os_error(error) from error


def _is_skippable(magic: bytes) -> bool:
    return len(magic) == 4 and magic[1:] == b"\x2a\x4d\x18" and magic[0] & 0xF0 == 0x50


def _bounded(parts: Iterator[bytes], handle: BinaryIO, path: Path) -> Iterator[bytes]:
    n_out = 0
    for part in parts:
        n_out += len(part)
        if n_out > FREE_BYTES and n_out > MAX_RATIO * max(handle.tell(), 1):
            raise BadInput(f"{path.name} expands more than {MAX_RATIO} times, as no text does", "unpack it yourself if you trust it")
        yield part


def _gzip(handle: BinaryIO, path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(handle) as unpacked:
            while block := unpacked.read(BLOCK):
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _broken(path, "gzip") from error


def _zstd(handle: BinaryIO, path: Path) -> Iterator[bytes]:
    """Frame by frame: the library's own stream reader takes a file that was cut short for a whole one (tried)."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    frame = unpacker.decompressobj()
    held = bytearray()
    is_between_frames = True
    try:
        while piece := handle.read(_ZST_STEP):
            while piece:
                held += frame.decompress(piece)
                is_between_frames = frame.eof
                piece = frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame = unpacker.decompressobj()
                if len(held) >= BLOCK:
                    yield bytes(held)
                    held.clear()
    except zstandard.ZstdError as error:
        raise _broken(path, "Zstandard") from error
    if held:
        yield bytes(held)
    if not is_between_frames:
        raise _broken(path, "Zstandard")


def _broken(path: Path, packing: str) -> BadInput:
    return BadInput(f"{path.name}: its {packing} data are broken or cut short", "fetch the file again; nothing of it was taken")
