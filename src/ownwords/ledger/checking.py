"""Does the log still hold: every leaf, every tree node, the head, and every note that was given out."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa

from ownwords.ledger import merkle
from ownwords.ledger.checkpoints import verify_checkpoint
from ownwords.ledger.events import leaf_of
from ownwords.ledger.keys import Keys
from ownwords.ledger.tables import CHECKPOINTS, EVENTS, HEAD, NODES, PERSON_KEYS

_PAGE = 10_000
#: More of a kind than this are summed up.
_TOLD = 20


def head_mac(keys: Keys, size: int, root: bytes) -> bytes:
    """What only the holder of the keys can write beside a head."""
    return keys.mac(b"head", size.to_bytes(8, "big"), root)


def burial_mark(keys: Keys, seq: int, leaf: bytes) -> bytes:
    """What only the holder of the keys can write into a blanked event."""
    return keys.mac(b"buried", seq.to_bytes(8, "big"), leaf)


def audit(connection: sa.Connection, keys: Keys) -> list[str]:
    """What is wrong, one sentence each, naming no one; empty = all holds.

    Needs nothing but the database and the keys. A log that was cut back, head and all, to an older state of itself is found only by
    a checkpoint kept elsewhere.
    """
    problems: list[str] = []
    hashes: list[bytes] = []
    problems += _few(_event_problems(connection, keys, hashes), "events")
    tree = merkle.grow(0, {}, hashes)
    problems += _few(_node_problems(connection, tree), "tree nodes")
    problems += _head_problems(connection, keys, tree, len(hashes))
    problems += _few(_note_problems(connection, keys, tree, len(hashes)), "checkpoints")
    return problems


def _event_problems(connection: sa.Connection, keys: Keys, hashes: list[bytes]) -> Iterator[str]:
    """Problems with events; fills `hashes` with the leaf hashes on the way."""
    salts: dict[str, bytes] = {row.tag: row.salt for row in connection.execute(sa.select(PERSON_KEYS))}
    opened: dict[str, bytes | None] = {}
    expected = 1
    for row in connection.execute(sa.select(EVENTS).order_by(EVENTS.c.seq).execution_options(yield_per=_PAGE)):
        if row.seq != expected:
            yield f"event {expected} is missing" if row.seq == expected + 1 else f"events {expected} to {row.seq - 1} are missing"
        expected = row.seq + 1
        hashes.append(merkle.leaf_hash(row.leaf))
        if row.body is None:
            if row.account is not None or row.buried != burial_mark(keys, row.seq, row.leaf):
                yield f"event {row.seq} was blanked, and not by forgetting"
            continue
        if row.account is not None and row.account not in opened:
            tag = keys.tag(row.account)
            opened[row.account] = keys.person_key(tag, salts[tag]) if tag in salts else None
        key = keys.event_key if row.account is None else opened[row.account]
        if key is None:
            yield f"event {row.seq} has no key, so it cannot be checked"
        elif leaf_of(key, row.seq, row.at, row.kind, row.account, row.body) != row.leaf:
            yield f"event {row.seq} does not say what was committed to"


def _node_problems(connection: sa.Connection, tree: dict[merkle.Place, bytes]) -> Iterator[str]:
    n_seen = 0
    for row in connection.execute(sa.select(NODES).execution_options(yield_per=_PAGE)):
        n_seen += 1
        if tree.get((row.level, row.idx)) != row.hash:
            yield f"tree node {row.level}/{row.idx} does not follow from the events"
    n_missing = sum(level > 0 for level, _ in tree) - n_seen
    if n_missing > 0:
        yield f"{n_missing} tree nodes are missing"


def _head_problems(connection: sa.Connection, keys: Keys, tree: dict[merkle.Place, bytes], size: int) -> list[str]:
    row = connection.execute(sa.select(HEAD)).first()
    if row is None:
        return ["the head is missing"]
    problems = []
    if row.mac != head_mac(keys, row.size, row.root):
        problems.append("the head was not written by the holder of the keys")
    if row.size != size or row.root != merkle.root(size, tree.__getitem__):
        problems.append(f"the head speaks of {row.size} events with another root than the {size} that are there")
    return problems


def _note_problems(connection: sa.Connection, keys: Keys, tree: dict[merkle.Place, bytes], size: int) -> Iterator[str]:
    for row in connection.execute(sa.select(CHECKPOINTS).order_by(CHECKPOINTS.c.size)):
        note = json.loads(row.note)
        if not verify_checkpoint(note, keys.public_pem) or note["size"] != row.size:
            yield f"the checkpoint at {row.size} was not signed with this workspace's key"
        elif row.size > size or merkle.root(row.size, tree.__getitem__).hex() != note["root"]:
            yield f"the log is not the one of which the checkpoint at {row.size} was given"


def _few(problems: Iterator[str], what: str) -> list[str]:
    """The first problems, and how many more."""
    told: list[str] = []
    n_more = 0
    for problem in problems:
        if len(told) < _TOLD:
            told.append(problem)
        else:
            n_more += 1
    return [*told, f"and {n_more} more problems with {what}"] if n_more else told
