"""Check a receipt with nothing but the receipt: signature, checkpoint and inclusion."""

from __future__ import annotations

import base64
from typing import Any


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
