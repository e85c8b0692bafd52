"""Sign receipts, and check one with nothing but the receipt: signature, checkpoint and inclusion."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ownwords.verbs._house import House


def signed(house: House, format: str, seq: int, says: Mapping[str, object]) -> dict[str, object]:
    """A receipt for ledger event `seq`: what is said, the event's place in the log, and our signature over all of it."""
    from ownwords.core import clock
    from ownwords.core.hashing import canonical_json

    checkpoint = house.ledger.checkpoint()
    event = next(iter(house.ledger.events(after=seq - 1)))
    unsigned = {
        "format": format,
        "at": clock.to_text(clock.now()),
        "event": {"seq": seq, "leaf": event.leaf.hex()},
        **says,
        "inclusion": house.ledger.inclusion(seq, int(str(checkpoint["size"]))),
        "checkpoint": checkpoint,
        "public_key": house.keys.public_pem.decode(),
    }
    return {**unsigned, "signature": base64.b64encode(house.keys.sign(canonical_json(unsigned))).decode()}


def problems_of(receipt: dict[str, Any]) -> list[str]:
    """What does not hold in a receipt; empty = it holds.

    raises   KeyError, ValueError, TypeError if it is no receipt at all
    """
    from ownwords.core.hashing import canonical_json
    from ownwords.ledger import checkpoints, keys, merkle

    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    public = receipt["public_key"].encode()
    problems = []
    if not keys.verify(canonical_json(unsigned), base64.b64decode(receipt["signature"]), public):
        problems.append("the signature does not fit the words")
    note, event = receipt["checkpoint"], receipt["event"]
    if not checkpoints.verify_checkpoint(note, public):
        problems.append("the checkpoint is not signed by the same key")
    leaf = merkle.leaf_hash(bytes.fromhex(event["leaf"]))
    root = bytes.fromhex(note["root"])
    if not merkle.verify_inclusion(leaf, event["seq"] - 1, note["size"], merkle.from_hex(receipt["inclusion"]), root):
        problems.append("the event is not in the log that the checkpoint signs")
    return problems
