"""Durable files: every fsync and rename of the program goes through here."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from typing import TYPE_CHECKING

from ownwords.core.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _nothing(point: str) -> None:
    """The fault hook of ordinary runs."""


_hook: Callable[[str], None] = _nothing


def set_fault_hook(hook: Callable[[str], None]) -> None:
    """Call `hook(name)` at every point where a crash must be survivable; for tests."""
    global _hook
    _hook = hook


def fault_point(name: str) -> None:
    """A place where a crash must be survivable, e.g. `ingest.before-commit`."""
    _hook(name)


def fsync_file(path: Path) -> None:
    """Make the bytes of one file durable."""
    fault_point(f"fsync:{path.name}")
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def fsync_tree(folder: Path) -> None:
    """Make every file below `folder`, and the folders themselves, durable."""
    for parent, _, names in os.walk(folder):
        here = type(folder)(parent)
        for name in names:
            fsync_file(here / name)
        _fsync_folder(here)


def rename(source: Path, target: Path) -> None:
    """Move atomically within one file system, and make the move durable."""
    fault_point(f"rename:{target.name}")
    source.replace(target)
    _fsync_folder(target.parent)
    fault_point(f"renamed:{target.name}")


def write_atomic(path: Path, data: bytes | str, mode: int = 0o666) -> None:
    """Replace `path` with `data`: after a crash it holds the old bytes or the new, never a part.

    mode   permission bits from the first byte on, less the umask; 0o600 for secrets
    """
    raw = data.encode() if isinstance(data, str) else data
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.touch(mode)
        partial.write_bytes(raw)
        fsync_file(partial)
        rename(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def check_plain(path: Path) -> None:
    """That `path` is no pipe, socket or device: to read one would never end. What is not there says so when it is opened.

    raises   BadInput
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise BadInput(f"{path.name} is a pipe, socket or device, not a file", "save what comes out of it to a file, then give that")


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file's bytes, read in blocks."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def remove_tree(path: Path) -> None:
    """Delete a file or folder if it is there; another process may be at it too."""
    while path.is_dir() and not path.is_symlink():
        try:
            shutil.rmtree(path)
        except FileNotFoundError:  # what the other one was quicker to delete: look again
            continue
    path.unlink(missing_ok=True)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
