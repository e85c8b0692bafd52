"""Every error a user can meet: what happened, to which, why, and what to do next.

OwnwordsError                 exit 1, our fault unless a branch below says otherwise
├── Usage                     exit 2, the caller can mend it
│   ├── NotFound              a name that is in no catalogue, table or folder
│   ├── BadInput              a file that cannot be read as what it was said to be
│   ├── BadPolicy             a policy file that cannot be trusted
│   ├── BadWorkspace          not a workspace, or one of a newer version
│   └── MissingExtra          a part that is not installed
├── NotPermitted              exit 3, the gate or the caller's role says no
├── NotProven                 exit 4, a check did not hold
└── Fault                     exit 1, the machine would not
    ├── Busy                  another process holds what is needed
    └── Disk                  full, read-only or forbidden
"""

from __future__ import annotations

import errno
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


#: A longer name is not repeated in a message.
_LONGEST_SHOWN = 120


def shown(name: str) -> str:
    """`name` in quotes, or how long it is where it would fill the screen."""
    return repr(name) if len(name) <= _LONGEST_SHOWN else f"of {len(name):,} letters"


class OwnwordsError(Exception):
    """One clear sentence on what failed, and one on what to do next.

    what   to which thing, and why; never contains anyone's words
    next   a command or an action; empty only when nothing can be done
    """

    exit_code = 1
    http_status = 500
    code = "fault"

    def __init__(self, what: str, next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next = next

    def __str__(self) -> str:
        return f"{self.what}\nNext: {self.next}" if self.next else self.what


class Usage(OwnwordsError):
    """The request cannot be carried out as it was put."""

    exit_code = 2
    http_status = 400
    code = "usage"


class NotFound(Usage):
    """A name that is in no catalogue, table or folder."""

    http_status = 404
    code = "not-found"

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str], next: str = "") -> NotFound:
        """The error for `name`, with the nearest known names."""
        names = sorted(known)
        near = get_close_matches(name, names, n=1) if len(name) <= _LONGEST_SHOWN else []
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names) or 'none'}"
        return cls(f"{kind} {shown(name)} does not exist; {hint}", next or (f"write {near[0]}" if near else "choose one of these"))


class BadInput(Usage):
    """A file that cannot be read as what it was said to be."""

    http_status = 422
    code = "bad-input"


class BadPolicy(Usage):
    """A policy file that cannot be trusted: the message names line and column."""

    http_status = 422
    code = "bad-policy"


class BadWorkspace(Usage):
    """A folder that is not a workspace this version can open."""

    http_status = 409
    code = "bad-workspace"


class MissingExtra(Usage):
    """A part of ownwords that the base install leaves out."""

    http_status = 501
    code = "missing-extra"

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs packages that the base install leaves out", f"pip install 'ownwords[{extra}]'")


class NotPermitted(OwnwordsError):
    """The gate, or the caller's role, says no; the message names the rule."""

    exit_code = 3
    http_status = 403
    code = "not-permitted"


class NotProven(OwnwordsError):
    """A check was carried out and did not hold."""

    exit_code = 4
    http_status = 409
    code = "not-proven"


class Fault(OwnwordsError):
    """The machine would not."""


class Busy(Fault):
    """Another process holds what is needed."""

    http_status = 503
    code = "busy"


class Disk(Fault):
    """The disk is full, read-only or forbidden."""

    http_status = 507
    code = "disk"


_DISK = {
    errno.ENOSPC: ("no space is left", "free some space, then run the same command again: nothing was half written"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, then run the same command again"),
    errno.EACCES: ("permission denied", "run as a user who may read and write it, or choose another with -w DIR"),
    errno.EPERM: ("permission denied", "run as a user who may read and write it, or choose another with -w DIR"),
    errno.EROFS: ("the file system is read-only", "choose a writable workspace with -w DIR"),
}


_BAD_PATH = {
    errno.ENAMETOOLONG: "the path, or a name in it, is too long",
    errno.ELOOP: "its links lead in a circle",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "it is a folder, not a file",
    errno.ENXIO: "it is neither a file nor a folder",
}


def from_os_error(error: OSError) -> OwnwordsError:
    """The error tree's word for what the operating system refused."""
    where = str(error.filename or "a file of the workspace")
    where = where if len(where) <= 300 else f"a path of {len(where):,} letters"
    if error.errno in _BAD_PATH:
        return BadInput(f"{where}: {_BAD_PATH[error.errno]}", "give another path or name")
    if error.errno in _DISK:
        why, next_step = _DISK[error.errno]
        return Disk(f"{where}: {why}", next_step)
    if isinstance(error, FileNotFoundError):
        return NotFound(f"{where}: no such file or folder", "check the path")
    return Fault(f"{where}: {error.strerror or type(error).__name__}", "run the same command again")
