"""How long work tells how far it is, without knowing who listens."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Listener(Protocol):
    """Shows progress to a person; the faces bring one."""

    def __call__(self, task: str, n_done: int, n_total: int | None, note: str) -> None:
        """`task` has done `n_done` of `n_total` (None: not known), with a short `note` on quality."""


_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


def tell(task: str, n_done: int, n_total: int | None = None, note: str = "") -> None:
    """Report progress; costs nothing when nobody listens."""
    listener = _listener.get()
    if listener is not None:
        listener(task, n_done, n_total, note)


def teller() -> Teller:
    """`tell` as it is heard here, for work that goes on in other threads."""
    return Teller(_listener.get())


class Teller:
    """Tells one listener, or nobody."""

    def __init__(self, listener: Listener | None) -> None:
        self._listener = listener

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens."""
        return self._listener is not None

    def __call__(self, task: str, n_done: int, n_total: int | None = None, note: str = "") -> None:
        """Report progress."""
        if self._listener is not None:
            self._listener(task, n_done, n_total, note)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Within the block `listener` hears every `tell`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
