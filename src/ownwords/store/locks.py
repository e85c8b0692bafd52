"""One writer at a time, and leases that tell an erasure who still reads."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
import uuid
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from ownwords.core.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PAUSE_S = 0.05


@contextmanager
def writing(root: Path, wait_s: float = 600.0) -> Iterator[None]:
    """Hold the workspace's only writer's place; the kernel frees it when the process dies.

    root     the workspace's folder
    raises   Busy if another process holds it longer than `wait_s`
    """
    with (root / "store" / "writer.lock").open("a+b") as handle:
        _acquire(handle, time.monotonic() + wait_s, root)
        yield


@contextmanager
def writing_if_free(root: Path) -> Iterator[bool]:
    """Like `writing`, but yields False at once where another process writes."""
    with (root / "store" / "writer.lock").open("a+b") as handle:
        yield _try(handle)


@contextmanager
def reading(leases: Path) -> Iterator[None]:
    """A lease: files that this process scans are not deleted while it lasts (60 s at most)."""
    with held(leases / f"{os.getpid()}-{uuid.uuid4().hex}"):
        yield


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A new folder for unfinished work, gone at the end; `abandoned` finds it if the process dies."""
    with held(folder.with_name(folder.name + ".lock")):
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def alone(path: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Hold a lock file that stays where it is; False if another process holds it longer than `wait_s`."""
    deadline = time.monotonic() + wait_s
    with path.open("a+b") as handle:
        while not (is_ours := _try(handle)) and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
        yield is_ours


def abandoned(parent: Path, prefix: str) -> list[Path]:
    """Scratch folders below `parent` whose process is dead."""
    return [path for path in parent.glob(f"{prefix}*") if path.is_dir() and not is_held(path.with_name(path.name + ".lock"))]


def wait_for_readers(leases: Path, longest_s: float = 60.0) -> int:
    """Wait until every lease taken before now has ended, `longest_s` at most; the number that had not.

    A lease of a process that died is free to lock, and is removed.
    """
    deadline = time.monotonic() + longest_s
    waiting = [path for path in leases.iterdir() if path.is_file() and not path.name.startswith(".")]
    own = f"{os.getpid()}-"
    while waiting := [path for path in waiting if not path.name.startswith(own) and is_held(path)]:
        if time.monotonic() > deadline:
            return len(waiting)
        time.sleep(_PAUSE_S)
    return 0


def _acquire(handle: IO[bytes], deadline: float, root: Path) -> None:
    while not _try(handle):
        if time.monotonic() > deadline:
            raise Busy(f"{root}: another process is writing to this workspace", "wait until it is done, then run the same command again")
        time.sleep(_PAUSE_S)


def _try(handle: IO[bytes]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock file `path`; removes one whose process died."""
    try:
        with path.open("r+b") as handle:
            if not _try(handle):
                return True
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return False
    return False


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a lock file until the end of the block, waiting for whoever holds it; the file goes with the lock.

    Whoever looked at it between its making and its locking may have removed it: then again.
    """
    while True:
        handle = path.open("a+b")
        fcntl.flock(handle, fcntl.LOCK_EX)
        if path.exists() and os.fstat(handle.fileno()).st_ino == path.stat().st_ino:
            break
        handle.close()
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        handle.close()
