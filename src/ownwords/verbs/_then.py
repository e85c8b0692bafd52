"""A workspace as it was at some instant: the ledger's events, the policy in force and the rows that there were by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ownwords.core import clock
from ownwords.core.errors import NotFound, Usage

if TYPE_CHECKING:
    import polars as pl

    from ownwords.ledger.events import Event
    from ownwords.ledger.log import Head
    from ownwords.policy.file import Policy
    from ownwords.policy.gate import Facts
    from ownwords.store.store import Store
    from ownwords.verbs._house import House


@dataclass
class Then:
    """What the gate rested on at `at`.

    The prefix of the ledger that had been written by then is replayed, and the rows that had been taken in, each in the revision it had.
    Not replayed, because nothing keeps it: rows and events of whoever was forgotten since, and what imports have since told of an account
    (birth date, jurisdiction, state).

    is_past   False: as of now
    """

    house: House
    at: datetime
    is_past: bool

    @classmethod
    def of(cls, house: House, as_of: str | None) -> Then:
        """The workspace now, or as of a date (midnight, UTC) or an RFC 3339 time.

        raises   Usage for what is no date, or one to come
        """
        if as_of is None:
            return cls(house, clock.now(), is_past=False)
        at = instant(as_of)
        if at > clock.now():
            raise Usage("--as-of lies in the future: nothing has been decided then", "leave it out, to ask as of now")
        return cls(house, at, is_past=True)

    @cached_property
    def head(self) -> Head:
        """How long the ledger was."""
        return self.house.ledger.head_at(self.at) if self.is_past else self.house.ledger.head()

    @cached_property
    def store(self) -> Store:
        """The rows as last committed; what came after `at` is left out by `rows`."""
        return self.house.store()

    @cached_property
    def policy(self) -> Policy:
        """The policy in force.

        raises   NotFound if none had been adopted; NotProven if its file is no longer what was adopted
        """
        if not self.is_past:
            return self.house.policy()
        if self.adopted is None:
            raise NotFound("no policy had been adopted in this workspace by then", "ask as of a later day")
        return self.house.adopted(self.adopted)

    @cached_property
    def adopted(self) -> Event | None:
        """The event that put the policy in force; None if none had been adopted."""
        return next(reversed(self._before("policy")), None) if self.is_past else self.house.ledger.last("policy")

    def rows(self) -> pl.LazyFrame:
        """RECORDS, each record in the revision it had."""
        return self.store.scan(batches=self._batches)

    def record(self, record_id: str) -> pl.DataFrame:
        """The row of that id with what the gate looks at, or none."""
        import polars as pl

        from ownwords.policy.gate import NEEDED_COLUMNS

        house = self.house
        if house.ids.version() != self.store.versions.records:
            house.record(record_id)  # makes the index again, where nobody writes
        numbers = house.ids.find(record_id) if house.ids.version() == self.store.versions.records else None
        if numbers is not None:
            return self.store.newest_of(record_id, numbers, NEEDED_COLUMNS, self._batches)
        return self.rows().filter(pl.col("record_id") == record_id).select(NEEDED_COLUMNS).collect()

    def facts(self, policy: Policy | None = None, about: pl.DataFrame | None = None) -> Facts:
        """What the gate decides on.

        about   the RECORDS rows that are asked about, where they are few; None: all
        """
        from ownwords.verbs._facts import gather

        upto = self.head.seq if self.is_past else None
        return gather(
            self.house, self.store, policy or self.policy, self.head, about=about, upto=upto, past=self.rows() if self.is_past else None
        )

    @cached_property
    def _batches(self) -> list[str] | None:
        """The ingests that had been committed; None = all there are."""
        if not self.is_past:
            return None
        return [str((event.body or {})["batch"]) for event in self._before("store") if "batch" in (event.body or {})]

    def _before(self, kind: str) -> list[Event]:
        return [event for event in self.house.ledger.events(kind) if event.seq <= self.head.seq]


def instant(text: str) -> datetime:
    """The instant that `--as-of` names.

    raises   Usage
    """
    try:
        return clock.from_text(text)
    except (ValueError, OverflowError) as error:
        raise Usage("--as-of is no date", "write it as 2026-01-31 or 2026-01-31T12:00:00Z") from error
