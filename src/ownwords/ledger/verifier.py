"""Check checkpoints, proofs and receipts with nothing but their JSON: no workspace, no database, no tables.

For auditors, and for whoever keeps a receipt: `python -m ownwords.ledger.verifier FILE [--key PEM] [--witness VKEY]`. Needs the
standard library and `cryptography`. What a document is signed with is named in it; that the key is the operator's is shown only
by comparing it with one had from elsewhere (`--key`), and that the log was so for everybody only by witnesses (`--witness`).
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ownwords.core import clock, files
from ownwords.core.errors import OwnwordsError, shown
from ownwords.core.hashing import canonical_json
from ownwords.ledger import checkpoints, keys, merkle
from ownwords.ledger.events import leaf_of

INCLUSION, CONSISTENCY, CHECKPOINT = "ownwords-inclusion/1", "ownwords-consistency/1", "ownwords-checkpoint/1"
ERASURE, CONSENT = "ownwords-receipt/1", "ownwords-consent-receipt/1"
#: These are signed as a whole, so that what they say is the operator's word; of the other kinds only checkpoints are.
RECEIPTS = frozenset({ERASURE, CONSENT})
Document = Mapping[str, Any]
_SIGNED = frozenset({"format", "at", "event", "inclusion", "checkpoint", "public_key", "signature"})
#: All that a document of each kind may hold; `standing`, `proven`, `from` and `to` are what `prove` adds when it prints one.
_FIELDS: dict[str, frozenset[str]] = {
    INCLUSION: frozenset({"format", "event", "inclusion", "checkpoint", "public_key"}),
    CONSISTENCY: frozenset({"format", "old", "new", "consistency", "public_key", "proven", "from", "to", "standing"}),
    CHECKPOINT: frozenset({"format", "checkpoint", "note", "public_key", "standing"}),
    ERASURE: _SIGNED | {"says"},
    CONSENT: _SIGNED | {"record"},
}
_EVENT = frozenset({"seq", "leaf"})
_OPENED = _EVENT | {"at", "kind", "account", "body", "key"}
#: What an event of a document may hold: an inclusion proof opens all of its leaf, or tells its place alone.
_EVENTS: dict[str, tuple[frozenset[str], ...]] = {
    INCLUSION: (_EVENT, _OPENED),
    ERASURE: (_EVENT | {"request", "records", "retired", "rebuilt"},),
    CONSENT: (_EVENT,),
}
_NOTE = frozenset({"origin", "size", "root", "at", "key_id", "cosignatures", "witness", "standing", "signature"})
_KIND = re.compile(r"[a-z0-9_.]+")


def within(told: Document) -> Document:
    """The document in what was told: itself, or the receipt that comes with a verb's answer."""
    receipt = told.get("receipt")
    return receipt if "format" not in told and isinstance(receipt, Mapping) else told


def problems_of(document: Document) -> list[str]:
    """What does not hold in a document of any of the kinds that the ledger and the verbs give out; empty = it holds.

    A document holds what its kind holds and nothing else: a reader may take whatever stands there for proven.

    raises   KeyError, ValueError, TypeError if it is no such document, or damaged
    """
    kind = document["format"]
    if kind not in _FIELDS:
        return ["its format is none that ownwords gives out"]
    return _strange(document, kind) or _CHECKS[kind](document)


def receipt_problems(receipt: Document) -> list[str]:
    """A signed receipt about one event: its signature, and the event's place in the log."""
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    problems = []
    if not keys.verify(canonical_json(unsigned), base64.b64decode(receipt["signature"]), receipt["public_key"].encode()):
        problems.append("the signature does not fit the words")
    return problems + inclusion_problems(receipt)


def inclusion_problems(document: Document) -> list[str]:
    """One event: that the checkpoint is signed, that the leaf is in its tree, and, where the document opens the leaf, what it says."""
    note, event = document["checkpoint"], document["event"]
    problems = _unsigned(note, document)
    leaf = bytes.fromhex(event["leaf"])
    if not checkpoints.is_count(event["seq"]):
        raise TypeError("the number of an event is a whole number")
    path, root = merkle.from_hex(document["inclusion"]), bytes.fromhex(note["root"])
    if not merkle.verify_inclusion(merkle.leaf_hash(leaf), event["seq"] - 1, note["size"], path, root):
        problems.append("the event is not in the log that the checkpoint signs")
    if "key" in event:
        body = canonical_json(event["body"]).decode()
        is_plain = clock.to_text(clock.from_text(event["at"])) == event["at"] and _KIND.fullmatch(event["kind"])
        if not is_plain or leaf_of(bytes.fromhex(event["key"]), event["seq"], event["at"], event["kind"], event["account"], body) != leaf:
            problems.append("the event does not say what its leaf commits to")
    return problems


def consistency_problems(document: Document) -> list[str]:
    """Two checkpoints of one log: that both are signed, and that the newer log begins with the older one."""
    old, new = document["old"], document["new"]
    problems = [*_unsigned(old, document), *_unsigned(new, document)]
    roots = bytes.fromhex(old["root"]), bytes.fromhex(new["root"])
    if not merkle.verify_consistency(old["size"], roots[0], new["size"], roots[1], merkle.from_hex(document["consistency"])):
        problems.append("the newer log does not begin with the older one")
    claims = {"proven": True, "from": old["size"], "to": new["size"]}
    problems += [
        f"{name} is not what the checkpoints say" for name, value in claims.items() if repr(document.get(name, value)) != repr(value)
    ]
    return problems + _overstated(document, new)


def checkpoint_problems(document: Document) -> list[str]:
    """A checkpoint alone: that it is signed, and that its C2SP note says the same."""
    note = document["checkpoint"]
    problems = _unsigned(note, document)
    if not problems and document["note"] != checkpoints.as_note(note, document["public_key"].encode()):
        problems.append("the note does not say what the checkpoint says")
    return problems + _overstated(document, note)


def newest_checkpoint(document: Document) -> Document:
    """The checkpoint that a document rests on."""
    found: Document = document["new"] if document["format"] == CONSISTENCY else document["checkpoint"]
    return found


def same_key(one: str, other: str) -> bool:
    """Whether two PEM texts are of one public key, however they are written; False if either is none."""
    raw = keys.raw_public(one.encode())
    return bool(raw) and raw == keys.raw_public(other.encode())


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one file; 0 it holds, 4 it does not, 2 it is no such file."""
    parser = argparse.ArgumentParser(
        prog="python -m ownwords.ledger.verifier", description="Check a checkpoint, proof or receipt by itself."
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", type=Path, help="the operator's public.pem, had from elsewhere")
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help="verifier key of a witness you trust")
    asked = parser.parse_args(arguments)
    try:
        for path in filter(None, (asked.file, asked.key)):
            files.check_plain(path)
        document = within(json.loads(asked.file.read_text()))
        problems = problems_of(document)
        if asked.key and not same_key(asked.key.read_text(), document["public_key"]):
            problems.append("it is signed with another key than the one given")
        note = newest_checkpoint(document)
        told: dict[str, object] = {
            "format": document["format"],
            "holds": not problems,
            "problems": problems,
            "signed_by": f"ownwords/{keys.key_id(document['public_key'].encode())}",
            "size": note["size"],
            "standing": checkpoints.standing(len(checkpoints.witnesses_of(note, asked.witness))),
        }
    except OwnwordsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        sys.stderr.write(f"this is no document of the ledger, or it is damaged ({type(error).__name__})\n")
        return 2
    sys.stdout.write(json.dumps(told) + "\n")
    return 4 if problems else 0


def _strange(document: Document, kind: str) -> list[str]:
    """Fields of a document, and of its event, that nothing in it vouches for."""
    found = _unknown(document, _FIELDS[kind], "a document of this format")
    if kind not in _EVENTS:
        return found
    event = document["event"]
    allowed = _EVENTS[kind][-1 if "key" in event else 0]
    return found + _unknown(event, allowed, "its event")


def _unknown(told: Document, allowed: frozenset[str], where: str) -> list[str]:
    return [f"the field {shown(name)} has no place in {where}" for name in sorted(set(told) - allowed)]


def _overstated(document: Document, note: Document) -> list[str]:
    """What a printed document says of its witnesses beyond those on the checkpoint."""
    possible = {checkpoints.standing(n) for n in range(len(note.get("cosignatures", [])) + 1)}
    return [] if document.get("standing", checkpoints.SELF_ATTESTED) in possible else ["standing is not what the checkpoint says"]


def _unsigned(note: Document, document: Document) -> list[str]:
    if strange := _unknown(note, _NOTE, "a checkpoint"):
        return strange
    is_signed = checkpoints.verify_checkpoint(note, document["public_key"].encode())
    return [] if is_signed else ["the checkpoint is not signed by the same key"]


_CHECKS: dict[str, Callable[[Document], list[str]]] = {
    INCLUSION: inclusion_problems,
    CONSISTENCY: consistency_problems,
    CHECKPOINT: checkpoint_problems,
    ERASURE: receipt_problems,
    CONSENT: receipt_problems,
}

if __name__ == "__main__":
    sys.exit(main())
