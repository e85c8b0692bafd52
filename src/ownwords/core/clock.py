"""The one place that knows what time it is."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_fixed: ContextVar[datetime | None] = ContextVar("fixed_clock", default=None)


def now() -> datetime:
    """This instant, UTC, in whole microseconds; the one that `at` set, if any."""
    return _fixed.get() or datetime.now(UTC)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Within the block it is `instant` (UTC); for tests, replays and the demo's story."""
    token = _fixed.set(instant)
    try:
        yield
    finally:
        _fixed.reset(token)


def to_text(instant: datetime) -> str:
    """RFC 3339 with microseconds and Z; sorts as it reads."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_text(text: str) -> datetime:
    """The instant that an RFC 3339 text names; a text without a zone is taken as UTC.

    raises   ValueError if `text` is no date
    """
    instant = datetime.fromisoformat(text)
    try:
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError as error:  # its zone leads out of years 1 to 9999
        raise ValueError("an instant outside years 1 to 9999") from error
