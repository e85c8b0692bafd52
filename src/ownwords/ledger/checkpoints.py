"""Signed notes on the log's size and root, for whoever keeps one and checks later.

The signed text is a C2SP tlog-checkpoint (origin, size, root in base64, then one line with the time), so that witnesses who know that
form can cosign it. https://c2sp.org/tlog-checkpoint
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from ownwords.core import clock
from ownwords.ledger.keys import Keys, key_id, verify

SELF_ATTESTED = "self-attested"


def signed(keys: Keys, size: int, root_hex: str) -> dict[str, object]:
    """The note: origin, size, root (hex), at, key_id, signature (base64), witness, standing.

    witness    None: nobody but us has seen it, so `standing` is `self-attested` and it shows no outsider when the log was so
    """
    note: dict[str, object] = {
        "origin": f"ownwords/{keys.key_id}",
        "size": size,
        "root": root_hex,
        "at": clock.to_text(clock.now()),
        "key_id": keys.key_id,
        "witness": None,
        "standing": SELF_ATTESTED,
    }
    return {**note, "signature": base64.b64encode(keys.sign(signed_text(note))).decode()}


def signed_text(note: Mapping[str, object]) -> bytes:
    """What the signature is over.

    raises   ValueError if the root is not hexadecimal
    """
    root = base64.b64encode(bytes.fromhex(str(note["root"]))).decode()
    return f"{note['origin']}\n{note['size']}\n{root}\nat {note['at']}\n".encode()


def verify_checkpoint(note: Mapping[str, object], public_pem: bytes) -> bool:
    """Whether the owner of `public_pem` signed this note; needs nothing else. False for a note that lacks a part."""
    try:
        name = key_id(public_pem)
        if not name or (note["key_id"], note["origin"]) != (name, f"ownwords/{name}"):
            return False
        if note["witness"] is not None or note["standing"] != SELF_ATTESTED:
            return False
        return verify(signed_text(note), base64.b64decode(str(note["signature"]), validate=True), public_pem)
    except (KeyError, ValueError):
        return False
