"""ownwords: train AI on what people wrote, only as far as they allow; prove it; take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownwords.core.version import __version__

_VERBS = ("init", "ingest", "consent", "permit", "build", "use", "prove", "forget")

if TYPE_CHECKING:
    from ownwords.core.errors import (
        BadInput,
        BadPolicy,
        BadWorkspace,
        Busy,
        Disk,
        Fault,
        MissingExtra,
        NotFound,
        NotPermitted,
        NotProven,
        OwnwordsError,
        Usage,
    )
    from ownwords.verbs import build, consent, forget, ingest, init, permit, prove, use

__all__ = [
    "BadInput",
    "BadPolicy",
    "BadWorkspace",
    "Busy",
    "Disk",
    "Fault",
    "MissingExtra",
    "NotFound",
    "NotPermitted",
    "NotProven",
    "OwnwordsError",
    "Usage",
    "__version__",
    "build",
    "consent",
    "forget",
    "ingest",
    "init",
    "permit",
    "prove",
    "use",
]


def __getattr__(name: str) -> object:
    """Import a verb or an error the first time it is asked for."""
    if name in _VERBS:
        from ownwords import verbs

        return getattr(verbs, name)
    if name in __all__:
        from ownwords.core import errors

        return getattr(errors, name)
    raise AttributeError(f"module 'ownwords' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The verbs and the errors, though they are not imported yet."""
    return sorted(__all__)
