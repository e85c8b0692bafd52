"""Holds of a policy file: an order that stops uses of what was posted somewhere within some time, until it is lifted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ownwords.core.purpose import PURPOSES
from ownwords.policy import nodes

FIELDS = frozenset(
    {"id", "order", "jurisdictions", "networks", "purposes", "posted_from", "posted_to", "since", "until", "clause"},
)


@dataclass(frozen=True, slots=True)
class Hold:
    """What an order stops. Empty tuples and None mean: not written, which narrows nothing.

    order           the order by its own name: court or authority, number, date
    jurisdictions   ISO 3166-1 alpha-2 of the accounts it is about; empty = all
    networks        services it is about; empty = all
    purposes        uses it stops, each with its children; empty = every use
    posted_from/to  about what was posted from, and before
    since, until    the hold stands from, and before
    clause          hex sha256 of the paragraph that says there are holds; None = the order alone carries it
    """

    id: str
    order: str
    jurisdictions: tuple[str, ...]
    networks: tuple[str, ...]
    purposes: tuple[str, ...]
    posted_from: datetime | None
    posted_to: datetime | None
    since: datetime | None
    until: datetime | None
    clause: str | None

    def stands(self, at: datetime) -> bool:
        """Whether the hold counts at `at` (UTC)."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


def read(top: nodes.Section) -> tuple[Hold, ...]:
    """The holds of a policy, in the file's order.

    raises   BadPolicy with line and column
    """
    holds: list[Hold] = []
    for section in top.sections("holds", "a hold", FIELDS):
        hold = _hold(section)
        if any(hold.id == other.id for other in holds):
            raise section.fail(f"hold {hold.id!r} stands in the policy twice", "give each hold its own id", "id")
        holds.append(hold)
    return tuple(holds)


def _hold(section: nodes.Section) -> Hold:
    hold = Hold(
        id=section.required("id"),
        order=section.required("order"),
        jurisdictions=section.countries("jurisdictions"),
        networks=section.words("networks"),
        purposes=section.words("purposes", PURPOSES),
        posted_from=section.instant("posted_from"),
        posted_to=section.instant("posted_to"),
        since=section.instant("since"),
        until=section.instant("until"),
        clause=section.clause("clause"),
    )
    section.in_order("posted_from", hold.posted_from, "posted_to", hold.posted_to)
    section.in_order("since", hold.since, "until", hold.until)
    return hold
