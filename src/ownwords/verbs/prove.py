"""`prove`: what is claimed is checked against bytes, ledger and signatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.verbs._house import House


def prove(workspace: str | Path, subject: str = "", file: str = "", *, gone: str | None = None) -> dict[str, object]:
    """Check an artifact, a receipt, the growth of the log, or that somebody is gone; or list what there is to check.

    subject  artifact, receipt or proof (.json), or: checkpoint, consistency FILE, cosignature FILE; left out: all artifacts, unchecked
    file     after consistency: a checkpoint or receipt kept earlier; after cosignature: what a witness gave
    gone     account id or network:@handle of somebody who was forgotten: every byte of the workspace is searched for them
    """
    from ownwords.core.errors import Usage
    from ownwords.verbs import _proofs
    from ownwords.verbs._house import House

    if subject and gone:
        raise Usage("prove takes an artifact, a receipt, or --gone PERSON, one at a time", "ownwords prove ARTIFACT")
    if gone and not all(gone.partition(":")):
        raise Usage("--gone needs an account id or network:@handle", "ownwords prove --gone network:@handle")
    if subject.endswith(".json") and Path(subject).is_file():
        return _receipt(Path(workspace), Path(subject))
    house = House.open(workspace)
    if gone:
        return _gone(house, gone)
    if subject in _proofs.WORDS:
        return _proofs.asked(house, subject, file)
    if file:
        raise Usage("only consistency and cosignature take a file", "ownwords prove consistency FILE")
    return _artifact(house, subject) if subject else _listed(house)


def _listed(house: House) -> dict[str, object]:
    """What stands, oldest first: what it is, what for, from how many records, and how many of those it owes."""
    from ownwords.verbs import _artifacts

    found = [_artifacts.find(house, name) for name in _artifacts.standing(house)]
    rows = [
        {
            "artifact": one.name,
            "product": one.manifest.product,
            "purpose": one.manifest.purpose,
            "records": one.manifest.origins["n"],
            "owing": _artifacts.owed(house, one),
            "made_at": one.manifest.made_at,
        }
        for one in found
    ]
    return {"artifacts": rows}


def _artifact(house: House, subject: str) -> dict[str, object]:
    """Files against manifest, manifest against ledger, ledger against its own tree, origins against the gate."""
    from ownwords.core import files
    from ownwords.core.errors import NotProven
    from ownwords.core.manifest import NAME
    from ownwords.ledger import merkle
    from ownwords.verbs import _artifacts, _proofs

    found = _artifacts.find(house, subject)
    event = next(event for event in house.ledger.events("artifact") if _artifacts.artifact_of(event) == found.name)
    problems = _differences(found.folder, found.manifest.outputs)
    said = event.body or {}
    if files.sha256_file(found.folder / NAME) != said["manifest_sha256"]:
        problems.append(f"{NAME} is not the one the ledger recorded")
    if not house.ledger.verify_event(event):
        problems.append(f"ledger event {event.seq} is not what was committed to")
    checkpoint = house.ledger.checkpoint()
    size, root = int(str(checkpoint["size"])), str(checkpoint["root"])
    path = house.ledger.inclusion(event.seq, size)
    if not merkle.verify_inclusion(merkle.leaf_hash(event.leaf), event.seq - 1, size, merkle.from_hex(path), bytes.fromhex(root)):
        problems.append(f"ledger event {event.seq} is not in the log")
    problems += house.ledger.audit()
    if problems:
        raise NotProven(f"{found.name}: {'; '.join(problems)}", "build it again, or restore the workspace from a backup")
    return {
        "artifact": found.name,
        "proven": True,
        "content_hash": found.manifest.content_hash,
        "files": len(found.manifest.outputs),
        "records": found.manifest.origins["n"],
        "policy": found.manifest.permit["policy_id"],
        "owing": _artifacts.owed(house, found),
        "event": event.seq,
        "inclusion": path,
        "checkpoint": checkpoint,
        "standing": _proofs.standing(house, checkpoint),
    }


def _differences(folder: Path, outputs: dict[str, str]) -> list[str]:
    """What differs between a folder and the hashes its manifest gives."""
    from ownwords.core import files
    from ownwords.core.manifest import NAME

    there = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file() and path.name != NAME}
    wrong = [f"{name} is missing" for name in outputs if name not in there]
    wrong += [f"{name} was changed" for name in outputs if name in there and files.sha256_file(there[name]) != outputs[name]]
    return wrong + [f"{name} was added" for name in there if name not in outputs]


def _receipt(root: Path, path: Path) -> dict[str, object]:
    """A receipt or proof by itself; and against the workspace in `root`, where that is the one that signed it."""
    import json

    from ownwords.core.errors import NotProven
    from ownwords.ledger import checkpoints, keys, verifier
    from ownwords.verbs import _proofs

    try:
        document = verifier.within(json.loads(path.read_text()))
        problems = verifier.problems_of(document)
        note = verifier.newest_checkpoint(document)
        house = _signer(root, document["public_key"])
        problems += _contradictions(house, document) if house else []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise NotProven(
            f"{path.name} is not a receipt or proof of ownwords, or it is damaged", "use the file that ownwords wrote"
        ) from error
    if problems:
        raise NotProven(f"{path.name}: {'; '.join(problems)}", "the receipt or the workspace was changed: compare with your own copy")
    says = document if document["format"] in verifier.RECEIPTS else {}  # of the other kinds no more is signed than their checkpoints
    event = says.get("event", {})
    return {
        "receipt": path.name,
        "format": document["format"],
        "proven": True,
        **{name: document[name] for name in ("at", "record") if name in says},
        **{name: event[name] for name in ("records", "rebuilt") if name in event},
        "signed_by": f"ownwords/{keys.key_id(document['public_key'].encode())}",
        "standing": _proofs.standing(house, note) if house else checkpoints.standing(0),
        "against": "this workspace" if house else "the file alone: signatures, checkpoint and place in the log",
    }


def _signer(root: Path, public_key: str) -> House | None:
    """The workspace in `root`, if it holds the key that signed."""
    from ownwords.ledger import verifier
    from ownwords.verbs._house import House

    public = root / "keys" / "public.pem"
    is_theirs = (root / "format.json").exists() and public.exists() and verifier.same_key(public.read_text(), public_key)
    return House.open(root) if is_theirs else None


def _contradictions(house: House, document: Mapping[str, Any]) -> list[str]:
    """What the workspace says otherwise than a receipt or proof that it signed."""
    from ownwords.core.errors import NotProven
    from ownwords.ledger import verifier
    from ownwords.verbs import _artifacts

    problems = house.ledger.audit()
    try:
        house.ledger.consistency_document(verifier.newest_checkpoint(document))
    except NotProven as error:
        problems.append(error.what)
    standing = set(_artifacts.standing(house))
    retired = document.get("event", {}).get("retired", {})
    return [*problems, *(f"{name}, said to be retired, stands" for name in retired if name in standing)]


def _gone(house: House, person: str) -> dict[str, object]:
    """Search every byte for the name given; a tombstone must stand."""
    import polars as pl

    from ownwords.core import handles
    from ownwords.core.errors import NotProven, Usage
    from ownwords.verbs import _artifacts, _forgetting
    from ownwords.verbs._sweep import Names, sweep_apart

    if any(job.verb == _forgetting.ERASE for job in _forgetting.unfinished(house)):
        raise NotProven("an erasure was begun and is not through", "run the same command again, and see on stderr what stands in its way")
    network, _, name = person.partition(":")
    accounts = house.store().accounts()
    names, tokens, kind, known = None, [person], "account", person
    if name.startswith("@"):
        if network in handles.SHARED_NAMES:
            raise Usage(f"on {network} several people may bear one name, so none of them can be shown to be gone", "give the account id")
        handle = name[1:]
        kind, known = "handle", f"{network}:@{handles.key(handle)}"
        tokens += [f"{host}/{handle}" for host in handles.HOSTS.get(network, ())]
        others = sorted({*handles.HOSTS, *accounts["network"].drop_nulls()} - {network})
        names = Names([name, f"u/{handle}", *([handle] if handles.is_distinctive(handle) else [])], network, others)
    is_buried = bool(house.ledger.tombstoned(pl.Series([known]), kind)[0])
    n_files, hits, closed = sweep_apart(house.workspace.root, tokens, names)
    if closed:
        raise NotProven(
            f"{len(closed)} files could not be opened, e.g. {closed[0]}, so nothing is shown about what is inside", "remove or mend them"
        )
    if hits:
        raise NotProven(f"{sum(hits.values())} traces in {len(hits)} files, e.g. {next(iter(hits))}", "ownwords forget PERSON")
    if left := [name for name in _artifacts.outliving(house, pl.lit(value=False)) if (house.workspace.artifacts / name).exists()]:
        says = f"{len(left)} artifacts, e.g. {left[0]}, are damaged, or were made from rows that are held no more"
        raise NotProven(says, f"remove {house.workspace.artifacts / left[0]}, then ask again")
    same = (pl.col("network") == network) & (pl.col("handle").str.normalize("NFKC").str.to_lowercase() == handles.key(name[1:]))
    if kind == "handle" and accounts.filter(same).height:
        raise NotProven("an account of that handle is held here", "ownwords forget PERSON")
    if not is_buried:
        raise NotProven(
            "nothing of that name is here, but nobody of that name was ever forgotten here either", "check the account id or handle"
        )
    return {"gone": True, "files_searched": n_files, "traces": 0, "tombstone": True}
