"""The parts of an X archive, wherever they lie: folder, zip, or one file; nothing is ever unpacked to disk."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ownwords.core.errors import BadInput, from_os_error
from ownwords.core.files import check_plain
from ownwords.sources._bytes import FREE_BYTES, MAX_RATIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: X splits its files long before; a larger part is refused, for it must fit into memory.
MAX_PART = 2 << 30
#: What we read, by the names X gave it over the years.
KINDS = {
    "tweets": r"tweets?",
    "circle": r"twitter-circle-tweet",
    "community": r"community-tweet",
    "deleted": r"deleted-tweets?",
    "note": r"note-tweet",
    "deleted_note": r"deleted-note-tweet",
    "like": r"likes?",
    "direct": r"direct-messages?",
    "group": r"direct-messages?-group",
    "account": r"account",
    "profile": r"profile",
    "manifest": r"manifest",
    "protected": r"protected-history",
    "suspension": r"account-suspension",
    "age": r"ageinfo",
}
_KIND = re.compile("|".join(rf"(?P<{kind}>{name}(?:-part\d+)?\.js)" for kind, name in KINDS.items()))
#: Bytes that tell a part of an archive.
_HEAD = 256
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:window\.)?(?:YTD\.|__THAR_CONFIG)")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error, KeyError, OverflowError)
Reader = Callable[[int | None], bytes]


@dataclass(frozen=True, slots=True)
class Part:
    """One `.js` file of an archive: what it is (a key of KINDS), its name, and how to get its first bytes, or all."""

    kind: str
    name: str
    read: Reader

    def load(self) -> bytes:
        """All its bytes.

        raises   BadInput if it is broken, encrypted, a bomb or too large
        """
        return self.read(None)


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive; its parts in the order of their names."""

    name: str
    parts: tuple[Part, ...]

    def of(self, *kinds: str) -> list[Part]:
        """The parts of some kinds."""
        return [part for part in self.parts if part.kind in kinds]


def looks_like_one(path: Path) -> float:
    """1 for a folder or zip with parts of an archive, .9 for one part alone, else 0; never raises."""
    try:
        with opened(path) as archive:
            known = [part for part in archive.parts if _BEGINS.match(part.read(_HEAD))]
            return 0.0 if not known else 0.9 if path.suffix == ".js" else 1.0
    except Exception:
        return 0.0


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive in a folder (with or without `data/`), a zip, or one `.js` file.

    raises   BadInput if there is none, if it is broken, or if a zip is not what X makes (names that lead out of it, bombs)
    """
    check_plain(path)
    try:
        if path.is_dir():
            yield Archive(path.name, _sorted(_in_folder(path)))
        elif zipfile.is_zipfile(path):
            with _zip(path) as packed:
                yield Archive(path.name, _sorted(_in_zip(packed, path)))
        elif _kind(path.name) and _BEGINS.match(_from_disk(path, _HEAD)):
            yield Archive(path.name, _sorted({path.name: partial(_from_disk, path)}))
        else:
            _from_disk(path, _HEAD)  # a missing or forbidden file says so itself
            why = (
                "a zip cut short or broken, or not a zip" if path.suffix == ".zip" else "neither a folder, a zip, nor one of its .js files"
            )
            raise BadInput(f"{path.name} is not an X archive: {why}", "fetch the archive again, or name the source it really is")
    except OSError as error:
        raise from_os_error(error) from error


def _kind(name: str) -> str | None:
    found = _KIND.fullmatch(name)
    return found.lastgroup if found else None


def _sorted(loaders: Mapping[str, Reader]) -> tuple[Part, ...]:
    return tuple(Part(kind, name, load) for name, load in sorted(loaders.items()) if (kind := _kind(name)))


def _from_disk(path: Path, n_bytes: int | None) -> bytes:
    if n_bytes is None and path.stat().st_size > MAX_PART:
        raise _too_large(path.name)
    with path.open("rb") as handle:
        return handle.read(-1 if n_bytes is None else n_bytes)


def _in_folder(path: Path) -> dict[str, Reader]:
    for folder in (path / "data", path):
        if folder.is_dir():
            found: dict[str, Reader] = {
                file.name: partial(_from_disk, file) for file in folder.iterdir() if _kind(file.name) and file.is_file()
            }
            if found:
                return found
    raise BadInput(f"{path.name} is not an X archive: it has no data/tweets.js", "name the folder that holds data/, or the zip")


def _in_zip(packed: zipfile.ZipFile, path: Path) -> dict[str, Reader]:
    folders: dict[PurePosixPath, dict[str, Reader]] = {}
    for member in packed.infolist():
        name = PurePosixPath(member.filename)
        if name.is_absolute() or ".." in name.parts or "\\" in member.filename or ":" in member.filename.split("/")[0]:
            raise BadInput(f"{path.name} has names that lead out of it, as no archive of X's does", "do not trust this file")
        if _kind(name.name) and not member.is_dir():
            here = folders.setdefault(name.parent, {})
            if name.name in here:
                raise BadInput(f"{path.name} holds {name.name} twice", "unpack it, keep the right one, and give the folder")
            here[name.name] = partial(_from_zip, packed, member)
    data = [folder for folder in folders if folder.name == "data"] or list(folders)
    if not data:
        raise BadInput(f"{path.name} is not an X archive: it has no data/tweets.js", "name the source it really is, or try auto")
    if len(data) > 1:
        raise BadInput(f"{path.name} holds {len(data)} archives", "unpack it and give them one by one")
    return folders[data[0]]


def _from_zip(packed: zipfile.ZipFile, member: zipfile.ZipInfo, n_bytes: int | None) -> bytes:
    name = PurePosixPath(member.filename).name
    if member.flag_bits & 1:
        raise BadInput(f"{name} is encrypted", "unpack the zip with its password and give the folder")
    if member.file_size > MAX_PART:
        raise _too_large(name)
    if member.file_size > FREE_BYTES and member.file_size > MAX_RATIO * max(member.compress_size, 1):
        raise BadInput(f"{name} expands more than {MAX_RATIO} times, as no text does", "unpack it yourself if you trust it")
    try:
        with packed.open(member) as handle:
            return handle.read(member.file_size + 1 if n_bytes is None else n_bytes)
    except _BROKEN as error:
        raise BadInput(f"{name} is broken inside the zip", "fetch the archive again; nothing of it was taken") from error


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        packed = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise BadInput(f"{path.name} is a broken zip, or one cut short", "fetch the archive again; nothing of it was taken") from error
    with packed:
        yield packed


def _too_large(name: str) -> BadInput:
    return BadInput(f"{name} is larger than {MAX_PART >> 30} GiB", "split it, or give it as one JSON object a line to jsonl")
