"""Keys of people's leaves, which forgetting destroys, and tombstones, which it leaves.

A person's leaf key is HMAC(key derived from keys/master, tag and salt). The salt is 32 random bytes that stand in one row and
nowhere else, and the row is all that forgetting has to destroy: the key cannot be had from the master key without it, so no guess
at what a forgotten event said can be tried against its leaf, by the holder of every other secret either. (Random keys encrypted under the
master key would be no stronger, as whoever has master and row has the key in both; they took twice the time.)
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from ownwords.core import sql
from ownwords.core.errors import NotPermitted
from ownwords.ledger.keys import SALT_BYTES, Keys
from ownwords.ledger.tables import PERSON_KEYS, TOMBSTONES


def among(connection: sa.Connection, column: sa.ColumnElement[str], values: Sequence[str]) -> sa.ColumnElement[bool]:
    """Whether `column` is one of any number of texts: one bound value, where IN would be compiled anew for each length."""
    if connection.dialect.name == "sqlite":
        listed = sa.func.json_each(json.dumps(list(values)))
        return column.in_(sa.select(sa.column("value", sa.Text)).select_from(listed))
    return column == sa.any_(sa.literal(list(values), sa.ARRAY(sa.Text)))


def leaf_key(connection: sa.Connection, keys: Keys, account: str) -> bytes | None:
    """The key of one person's leaves; None if they are forgotten or unknown."""
    tag = keys.tag(account)
    salt = connection.execute(sa.select(PERSON_KEYS.c.salt).where(PERSON_KEYS.c.tag == tag)).scalar()
    return None if salt is None else keys.person_key(tag, salt)


def leaf_keys(connection: sa.Connection, keys: Keys, accounts: Iterable[str]) -> dict[str | None, bytes]:
    """The key of each person's leaves, and under None that of events about nobody; makes those that are not there yet.

    raises   NotPermitted if one of them is forgotten
    """
    tags = {keys.tag(account): account for account in accounts}
    ordered = sorted(tags)
    if connection.execute(sa.select(TOMBSTONES.c.tag).where(among(connection, TOMBSTONES.c.tag, ordered)).limit(1)).first() is not None:
        raise NotPermitted("an event is about a person who was forgotten; a tombstone keeps them out", "leave that person out")
    rows = connection.execute(sa.select(PERSON_KEYS.c.tag, PERSON_KEYS.c.salt).where(among(connection, PERSON_KEYS.c.tag, ordered)))
    salts: dict[str, bytes] = {row.tag: row.salt for row in rows}
    fresh = [tag for tag in ordered if tag not in salts]
    random = os.urandom(SALT_BYTES * len(fresh))
    made = [(tag, random[n * SALT_BYTES : (n + 1) * SALT_BYTES]) for n, tag in enumerate(fresh)]
    sql.insert_many(connection, PERSON_KEYS, ("tag", "salt"), made)
    salts.update(made)
    return {None: keys.event_key, **{account: keys.person_key(tag, salts[tag]) for tag, account in tags.items()}}


def destroy_keys(connection: sa.Connection, tags: Sequence[str]) -> None:
    """From here on nobody can tell what these people's leaves committed to."""
    connection.execute(sa.delete(PERSON_KEYS).where(among(connection, PERSON_KEYS.c.tag, tags)))


def add_tombstones(connection: sa.Connection, tags: Sequence[str]) -> None:
    """Keep whom or what these tags name out; those that are out already stay so."""
    query = sa.select(TOMBSTONES.c.tag).where(among(connection, TOMBSTONES.c.tag, tags))
    there = set(connection.execute(query).scalars())
    sql.insert_many(connection, TOMBSTONES, ("tag",), [(tag,) for tag in sorted(set(tags) - there)])
