"""Checkpoints, growth of the log, cosignatures, and files that the ledger gave out: what `prove` says of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownwords.core import files
from ownwords.core.errors import BadWorkspace, NotFound, NotProven, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.verbs._house import House


_MADE_BY = "use a file that `ownwords prove checkpoint` wrote"


def trusted(house: House) -> list[str]:
    """Verifier keys of the witnesses under `[witnesses]` in ownwords.toml.

    raises   BadWorkspace if one cannot be read
    """
    from ownwords.ledger.notes import VerifierKey

    told = house.workspace.section("witnesses")
    for name, text in told.items():
        try:
            VerifierKey.parse(text)
        except ValueError as error:
            next_step = f'write {name} = "NAME+ID+KEY", as the witness gave it'
            raise BadWorkspace(f"the key of witness {name} in ownwords.toml cannot be read", next_step) from error
    return list(told.values())


def standing(house: House, note: Mapping[str, object]) -> str:
    """`self-attested`, or by how many of the witnesses known here a checkpoint was seen."""
    from ownwords.ledger import checkpoints

    return checkpoints.standing(len(checkpoints.witnesses_of(note, trusted(house))))


def checkpoint(house: House) -> dict[str, object]:
    """The newest checkpoint, for others to keep or to cosign."""
    document = house.ledger.checkpoint_document()
    note: Any = document["checkpoint"]
    return {**document, "standing": standing(house, note)}


def consistency(house: House, path: Path) -> dict[str, object]:
    """That the log only grew since the checkpoint in a file was signed.

    path     a checkpoint, a receipt or a proof of this workspace
    raises   NotProven if it did not; NotFound, NotProven if the file has no checkpoint
    """
    from ownwords.ledger.verifier import newest_checkpoint, within

    document = within(_read(path))
    try:
        old = document if "root" in document else newest_checkpoint(document)
        made = house.ledger.consistency_document(old)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise NotProven(f"{path.name} holds no checkpoint, or it is damaged", _MADE_BY) from error
    problems = house.ledger.audit()
    if problems:
        raise NotProven(f"the ledger does not hold: {'; '.join(problems)}", "restore the workspace from a backup")
    new: Any = made["new"]
    return {**made, "proven": True, "from": old["size"], "to": new["size"], "standing": standing(house, new)}


def cosignature(house: House, path: Path) -> dict[str, object]:
    """Keep what a witness gave for a checkpoint of this workspace.

    path     a file with cosignature lines
    raises   NotProven if a line is of no known witness, or over no checkpoint of ours
    """
    lines = [line for line in _text(path).splitlines() if line.startswith("\u2014 ")]
    if not lines:
        raise NotProven(f"{path.name} holds no cosignature", "give the line that the witness printed")
    for line in lines:
        note = house.ledger.cosign(line, trusted(house))
    return {"size": note["size"], "witness": note["witness"], "standing": standing(house, note)}


def asked(house: House, subject: str, file: str) -> dict[str, object]:
    """What `prove checkpoint`, `prove consistency FILE` and `prove cosignature FILE` say."""
    if subject == "checkpoint":
        if file:
            raise Usage("prove checkpoint takes no file", "ownwords prove consistency FILE")
        return checkpoint(house)
    if not file:
        raise Usage(f"prove {subject} needs a file", f"ownwords prove {subject} FILE")
    return {"consistency": consistency, "cosignature": cosignature}[subject](house, Path(file))


#: Words that `prove` understands before names of artifacts; an artifact of that name is reached as NAME/v1.
WORDS = ("checkpoint", "consistency", "cosignature")


def _text(path: Path) -> str:
    files.check_plain(path)
    try:
        return path.read_text()
    except FileNotFoundError as error:
        raise NotFound(f"{path.name}: no such file", "check the path") from error
    except UnicodeDecodeError as error:
        raise NotProven(f"{path.name} is no text", "give a file that the ledger or a witness wrote") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise NotProven(f"{path.name} is no JSON", _MADE_BY) from error
    if not isinstance(told, dict):
        raise NotProven(f"{path.name} holds no checkpoint", _MADE_BY)
    return told
