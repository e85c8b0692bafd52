"""Signed notes on the log's size and root, for whoever keeps one and checks later; with cosignatures of witnesses.

The signed text is a C2SP tlog-checkpoint (origin, size, root in base64, then one line with the time), so that witnesses who know that
form can cosign it. https://c2sp.org/tlog-checkpoint
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ownwords.core import clock
from ownwords.ledger.keys import key_id, raw_public, verify
from ownwords.ledger.notes import COSIGNATURE, ED25519, VerifierKey, cosigned_at

if TYPE_CHECKING:
    from ownwords.ledger.keys import Keys

SELF_ATTESTED = "self-attested"
_ROOT = re.compile(r"[0-9a-f]{64}")


def signed(keys: Keys, size: int, root_hex: str) -> dict[str, object]:
    """The note: origin, size, root (hex), at, key_id, signature (base64), cosignatures, witness, standing.

    cosignatures   lines of witnesses, as they gave them
    witness        their names; None: nobody but us has seen it, so `standing` is `self-attested` and it shows no outsider
                   when the log was so
    """
    note: dict[str, object] = {
        "origin": f"ownwords/{keys.key_id}",
        "size": size,
        "root": root_hex,
        "at": clock.to_text(clock.now()),
        "key_id": keys.key_id,
        **_claims([]),
    }
    return {**note, "signature": base64.b64encode(keys.sign(signed_text(note))).decode()}


def signed_text(note: Mapping[str, object]) -> bytes:
    """What the signature is over, and what a witness cosigns.

    raises   ValueError if the root is not hexadecimal
    """
    root = base64.b64encode(bytes.fromhex(str(note["root"]))).decode()
    return f"{note['origin']}\n{note['size']}\n{root}\nat {note['at']}\n".encode()


def verify_checkpoint(note: Mapping[str, object], public_pem: bytes) -> bool:
    """Whether the owner of `public_pem` signed this note; needs nothing else. False for a note that lacks a part.

    Says nothing about its cosignatures but that `witness` and `standing` claim no more than they; see `witnesses_of`.
    """
    try:
        name = key_id(public_pem)
        if not name or (note["key_id"], note["origin"]) != (name, f"ownwords/{name}"):
            return False
        if not is_count(note["size"]) or not is_root(note["root"]):
            return False
        claims = _claims(_lines(note))
        if any(note[part] != claims[part] for part in ("witness", "standing")):
            return False
        return verify(signed_text(note), base64.b64decode(str(note["signature"]), validate=True), public_pem)
    except (KeyError, ValueError, TypeError):
        return False


def is_count(value: object) -> bool:
    """Whether `value` is a whole number from 0 on: `"5"` and 5.0 are written into a signed text as a size may be, and compare otherwise."""
    return type(value) is int and value >= 0


def is_root(value: object) -> bool:
    """Whether `value` is the root of a tree in the one spelling that ledgers write."""
    return isinstance(value, str) and _ROOT.fullmatch(value) is not None


def witnesses_of(note: Mapping[str, object], trusted: Iterable[str]) -> dict[str, int]:
    """Which witnesses, of those whose verifier keys are `trusted`, cosigned the note, and when (POSIX seconds); a key counts once.

    raises   ValueError for a verifier key that is none
    """
    text = signed_text(note).decode()
    found: dict[bytes, tuple[str, int]] = {}
    for key in map(VerifierKey.parse, trusted):
        times = [at for line in _lines(note) if (at := cosigned_at(key, line, text)) is not None]
        if times:
            found[key.key] = (key.name, max(times))
    return dict(found.values())


def standing(n_witnesses: int) -> str:
    """`self-attested`, or by how many it was witnessed."""
    return f"witnessed by {n_witnesses}" if n_witnesses else SELF_ATTESTED


def cosigned(note: Mapping[str, object], line: str, trusted: Iterable[str]) -> dict[str, object] | None:
    """The note with one more cosignature, in place of an older one of the same witness; None if it is of no trusted one."""
    line = f"{line.strip()}\n"
    text = signed_text(note).decode()
    for key in map(VerifierKey.parse, trusted):
        if cosigned_at(key, line, text) is not None:
            kept = [other for other in _lines(note) if key.signature_in(other) is None]
            return {**note, **_claims([*kept, line])}
    return None


def as_note(note: Mapping[str, object], public_pem: bytes) -> str:
    """The checkpoint as a C2SP signed note, with the cosignatures it has."""
    key = log_key(public_pem)
    signature = base64.b64decode(str(note["signature"]))
    return signed_text(note).decode() + "\n" + key.line(signature) + "".join(_lines(note))


def log_key(public_pem: bytes) -> VerifierKey:
    """The verifier key of this log, as witnesses want it."""
    return VerifierKey(f"ownwords/{key_id(public_pem)}", ED25519, raw_public(public_pem))


def witness_key(name: str, key: bytes) -> VerifierKey:
    """The verifier key of a witness."""
    return VerifierKey(name, COSIGNATURE, key)


def _lines(note: Mapping[str, object]) -> list[str]:
    lines = note.get("cosignatures", [])
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise TypeError("cosignatures are lines")
    return lines


def _claims(lines: list[str]) -> dict[str, object]:
    """What a note with these cosignatures may say of itself."""
    names = list(dict.fromkeys(line.split(" ")[1] for line in lines))
    return {"cosignatures": lines, "witness": names or None, "standing": standing(len(names))}
