"""A small witness: remembers the last checkpoint it saw of each log, and cosigns only what grew out of it.

To be run by somebody else than the operator: `python -m ownwords.ledger.witness new NAME KEY` makes a key and prints the
verifier key to be written under `[witnesses]` in ownwords.toml; `python -m ownwords.ledger.witness STATE KEY CHECKPOINT [PROOF]` takes
what `ownwords prove checkpoint` and `ownwords prove consistency` print, and prints a cosignature, or refuses (exit 4). The rules are those
of https://c2sp.org/tlog-witness. Of a log it sees for the first time it keeps the key; compare that with the operator's.
"""

from __future__ import annotations

import base64
import fcntl
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ownwords.core import clock, files
from ownwords.core.errors import BadInput, NotProven, OwnwordsError, Usage
from ownwords.ledger import checkpoints, merkle, notes, verifier

_USAGE = "python -m ownwords.ledger.witness STATE KEY CHECKPOINT [PROOF], or: ... new NAME KEY"
#: How Go's note package writes a signer's key; the type says that it makes cosignatures.
_PRIVATE = "PRIVATE+KEY+"


def create_key(name: str, path: Path) -> str:
    """Make a witness' private key in `path` (mode 0600); its verifier key.

    raises   Usage if the name cannot be one, or the file is there
    """
    if not notes.is_name(name) or path.exists():
        raise Usage("a witness needs a name without spaces and plus signs, and a key file that does not exist", _USAGE)
    private = Ed25519PrivateKey.generate()
    key = checkpoints.witness_key(name, private.public_key().public_bytes_raw())
    seed = base64.b64encode(bytes([notes.COSIGNATURE]) + private.private_bytes_raw()).decode()
    files.write_atomic(path, f"{_PRIVATE}{name}+{key.key_id.hex()}+{seed}\n", mode=0o600)
    return str(key)


def observe(state: Path, key: Path, document: Mapping[str, Any], proof: Mapping[str, Any] | None = None) -> str:
    """Cosign the checkpoint in `document`, if it is of the same log as the one seen last, or of one never seen.

    document   what `prove checkpoint` or `prove consistency` gave
    proof      what `prove consistency` gave for the checkpoint seen last; needed where the log grew since
    returns    the cosignature line; the new state is durable by then
    raises     NotProven for a rollback, a split view, a foreign key or a proof that does not hold; BadInput for what is no checkpoint
    """
    name, private = _read_key(key)
    with _alone(state) as seen:
        try:
            _check(seen, document, proof)
            note = verifier.newest_checkpoint(document)
            text = checkpoints.signed_text(note).decode()
            known = {"size": note["size"], "root": note["root"], "public_key": document["public_key"]}
        except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadInput(
                "this is no checkpoint, or no proof, or it is damaged", "give what `ownwords prove checkpoint` printed"
            ) from error
        seen[note["origin"]] = known
        files.write_atomic(state, json.dumps(seen, indent=2, sort_keys=True) + "\n")
    seconds = int(clock.now().timestamp())
    return notes.cosignature(checkpoints.witness_key(name, private.public_key().public_bytes_raw()), private.sign, text, seconds)


def _check(seen: Mapping[str, Any], document: Mapping[str, Any], proof: Mapping[str, Any] | None) -> None:
    ask = "ask the operator what became of the log, and keep both checkpoints"
    if problems := verifier.problems_of(document):
        raise NotProven(f"the checkpoint does not hold: {'; '.join(problems)}", ask)
    note = verifier.newest_checkpoint(document)
    last = seen.get(note["origin"])
    if last is None:
        return
    if not verifier.same_key(last["public_key"], document["public_key"]):
        raise NotProven("the checkpoint is signed with another key than before", ask)
    if note["size"] < last["size"]:
        raise NotProven(f"the log was cut back from {last['size']} to {note['size']} events", ask)
    if note["size"] == last["size"]:
        if note["root"] != last["root"]:
            raise NotProven(f"the log of {note['size']} events is another than the one seen before: a split view", ask)
        return
    grown = proof or (document if document["format"] == verifier.CONSISTENCY else None)
    if grown is None:
        raise Usage(f"the log grew since {last['size']} events; a proof is needed", "ownwords prove consistency OLD.json > proof.json")
    path = merkle.from_hex(grown["consistency"])
    roots = bytes.fromhex(last["root"]), bytes.fromhex(note["root"])
    if not merkle.verify_consistency(last["size"], roots[0], note["size"], roots[1], path):
        raise NotProven(f"it is not shown that the log of {note['size']} events begins with the {last['size']} seen before", ask)


def _read_key(path: Path) -> tuple[str, Ed25519PrivateKey]:
    try:
        files.check_plain(path)
        name, told_id, encoded = path.read_text().strip().removeprefix(_PRIVATE).split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        private = Ed25519PrivateKey.from_private_bytes(raw[1:])
        key = checkpoints.witness_key(name, private.public_key().public_bytes_raw())
    except (OSError, ValueError) as error:
        raise BadInput(f"{path.name} is no key of a witness", "python -m ownwords.ledger.witness new NAME KEY") from error
    if raw[0] != notes.COSIGNATURE or key.key_id.hex() != told_id:
        raise BadInput(f"{path.name} is no key of a witness", "python -m ownwords.ledger.witness new NAME KEY")
    return name, private


@contextmanager
def _alone(state: Path) -> Iterator[dict[str, Any]]:
    """What was seen last of each log, while no other process looks: two that both compare first could roll one another back."""
    beside = state.with_name(f"{state.name}.lock")
    for path in (state, beside):
        files.check_plain(path)
    with beside.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            seen = _checked(json.loads(state.read_text())) if state.exists() else {}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadInput(
                f"{state.name} cannot be read as a witness' state", "restore it from a backup; without it nothing is compared"
            ) from error
        yield seen


def _checked(seen: dict[str, Any]) -> dict[str, Any]:
    """What was seen, if it is what `observe` writes.

    raises   KeyError, TypeError if it is not
    """
    for one in dict(seen).values():
        if not (checkpoints.is_count(one["size"]) and checkpoints.is_root(one["root"]) and isinstance(one["public_key"], str)):
            raise TypeError("a size, a root or a key is none")
    return seen


def _read(path: Path) -> Any:
    files.check_plain(path)
    return json.loads(path.read_text())


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a key, or look at one checkpoint."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if len(given) == 3 and given[0] == "new":
            told = create_key(given[1], Path(given[2])) + "\n"
        elif len(given) in (3, 4):
            documents = [_read(Path(path)) for path in given[2:]]
            told = observe(Path(given[0]), Path(given[1]), *documents)
        else:
            raise Usage("a witness needs its state, its key and a checkpoint", _USAGE)
    except OwnwordsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except (OSError, ValueError, RecursionError) as error:
        sys.stderr.write(f"a file that was named cannot be read ({type(error).__name__})\nNext: {_USAGE}\n")
        return 2
    sys.stdout.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
