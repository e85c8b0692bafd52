"""Where tree nodes lie in SQL: read those that a proof needs, write those that an append made."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from ownwords.core.errors import Fault
from ownwords.ledger.merkle import Node, Place, leaf_hash
from ownwords.ledger.tables import EVENTS, NODES


def node_reader(connection: sa.Connection, places: set[Place]) -> Node:
    """A function from place to hash, with these places read at once.

    raises   Fault, when asked for one that the database lost
    """
    known: dict[Place, bytes] = {}
    leaves = [index + 1 for level, index in places if level == 0]
    above = [place for place in places if place[0] > 0]
    if leaves:
        for row in connection.execute(sa.select(EVENTS.c.seq, EVENTS.c.leaf).where(EVENTS.c.seq.in_(leaves))):
            known[0, row.seq - 1] = leaf_hash(row.leaf)
    if above:
        for row in connection.execute(sa.select(NODES).where(sa.tuple_(NODES.c.level, NODES.c.idx).in_(above))):
            known[row.level, row.idx] = row.hash

    def node(place: Place) -> bytes:
        if place not in known:
            raise Fault("the ledger lost part of its tree", "restore ledger.db from a backup")
        return known[place]

    return node


def place_rows(made: Mapping[Place, bytes]) -> list[tuple[object, ...]]:
    """Rows (level, idx, hash) for NODES; the leaf level is left out, as events hold it."""
    return [(level, index, value) for (level, index), value in made.items() if level > 0]
