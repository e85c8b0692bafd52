"""The artifacts of a workspace: which there are, which still stand, and what is owed on them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core import clock, files
from ownwords.core.errors import NotFound, NotPermitted, NotProven
from ownwords.core.manifest import BITMAP, INPUTS_BITMAP, Manifest
from ownwords.core.product import Artifact

if TYPE_CHECKING:
    import polars as pl
    from pyroaring import BitMap64

    from ownwords.ledger.events import Event
    from ownwords.verbs._house import House


def artifact_of(event: Event) -> str:
    """`NAME/vN` that an event is about."""
    return str((event.body or {}).get("artifact", ""))


def standing(house: House) -> list[str]:
    """`NAME/vN` of every artifact that was made and not retired, oldest first."""
    retired = {artifact_of(event) for event in house.ledger.events("artifact.retired")}
    return [name for event in house.ledger.events("artifact") if (name := artifact_of(event)) not in retired]


def find(house: House, wanted: str) -> Artifact:
    """The artifact called `wanted`: `NAME`, `NAME/vN`, or the path of its folder; the newest where no version is named. A product's
    name, where no artifact bears it, is the newest of that product.

    raises   NotFound
    """
    path = Path(wanted)
    root = house.workspace.artifacts
    if path.is_absolute() or path.exists():
        resolved = path.resolve()
        wanted = str(resolved.relative_to(root.resolve())) if resolved.is_relative_to(root.resolve()) else wanted
    names = standing(house)
    matching = [name for name in names if wanted in {name, name.partition("/")[0]}]
    if not matching and (made := newest(house, wanted)):
        return made
    if not matching:
        raise NotFound.among("artifact", wanted, {name.partition("/")[0] for name in names}, "ownwords build PRODUCT makes one")
    folder = root / matching[-1]
    return Artifact(folder, Manifest.read(folder))


def newest(house: House, product: str, where: tuple[tuple[str, str], ...] = ()) -> Artifact | None:
    """The newest artifact of a product whose options hold `where`."""
    for name in reversed(standing(house)):
        found = whole(house, name)
        made = found and found.manifest
        if made and made.product == product and all(str(made.options.get(key)) == value for key, value in where):
            return found
    return None


def whole(house: House, name: str) -> Artifact | None:
    """The artifact `NAME/vN`; None where its folder is missing or its manifest damaged."""
    folder = house.workspace.artifacts / name
    try:
        made = Manifest.read(folder)
    except (OSError, NotProven):
        return None
    is_whole = made.artifact == name and all(isinstance(given, dict) for given in made.inputs.values())
    return Artifact(folder, made) if is_whole else None


def origins(artifact: Artifact) -> BitMap64:
    """Record numbers of the rows that are in an artifact: what its use is gated by.

    raises   NotProven if the file is not the one that was made
    """
    return _bitmap(artifact, BITMAP)


def inputs(artifact: Artifact) -> BitMap64:
    """Record numbers of every row that was read for it, duplicates and others that were dropped too: what forgetting goes by.

    raises   NotProven if the file is not the one that was made
    """
    return _bitmap(artifact, INPUTS_BITMAP)


def _bitmap(artifact: Artifact, name: str) -> BitMap64:
    from pyroaring import BitMap64

    path = artifact.folder / name
    if not path.is_file() or files.sha256_file(path) != artifact.manifest.outputs.get(name):
        raise NotProven(f"{path} is missing or damaged", f"build it again: ownwords build {artifact.manifest.product}")
    return BitMap64.deserialize(path.read_bytes())


def outliving(house: House, going: pl.Expr) -> dict[str, Artifact | None]:
    """The artifacts, by `NAME/vN`, for which rows were read that are held no more, or may have been; None for one that is damaged.

    going   bool per RECORDS row: counts as held no more
    """
    from pyroaring import BitMap64

    store = house.store()
    held = BitMap64(store.records.scan(store.versions.records).filter(~going).select("record_no").collect()["record_no"])
    found: dict[str, Artifact | None] = {}
    for name in standing(house):
        artifact = whole(house, name)
        try:
            if artifact is not None and inputs(artifact).issubset(held):
                continue
        except NotProven:
            pass
        found[name] = artifact
    return found


def allowed_now(house: House, numbers: pl.Series, purpose: str) -> pl.Series:
    """bool[len]: which record numbers are held and permitted for `purpose` now."""
    import polars as pl

    from ownwords.store import locks

    with locks.reading(house.workspace.leases):
        decided = house.decided_few(numbers.unique(), purpose)
        good = decided.filter(pl.col("allowed")).select("record_no").collect()["record_no"]
    return numbers.is_in(good.implode())


def permitted_now(house: House, numbers: pl.Series, purpose: str) -> pl.Series:
    """bool[len]: like `allowed_now`, but an edited record is asked about as it stands now: an edit takes nothing back."""
    import polars as pl

    from ownwords.store import locks

    with locks.reading(house.workspace.leases):
        now = house.store().successors(numbers).collect()
    good = now.filter(allowed_now(house, now["now"], purpose))["record_no"]
    return numbers.is_in(good.implode()) if numbers.len() else pl.Series(dtype=pl.Boolean)


def owed(house: House, artifact: Artifact) -> int:
    """How many of an artifact's records are no longer permitted, or no longer here.

    Looks only at people with an event since it was last seen to owe nothing; at everybody once an hour, because permissions also end
    by time alone (at an age, on a policy's or a decision's date), and if the policy changed or has ended.
    """
    purpose, head, hour = artifact.manifest.purpose, house.ledger.head().seq, clock.to_text(clock.now())[:13]
    note = house.workspace.tmp / f"settled-{artifact.name.replace('/', '-')}"
    in_force = house.policy().in_force(clock.now())
    since = _settled_at(artifact, note, hour) if in_force else 0
    if head == since:
        return 0
    numbers = in_question(house, origins(artifact), since)
    n_owed = numbers.len() - int(permitted_now(house, numbers, purpose).sum()) if numbers.len() else 0
    if not n_owed and in_force:
        files.write_atomic(note, f"{hour} {head}")
    return n_owed


def _settled_at(artifact: Artifact, note: Path, hour: str) -> int:
    """The ledger event up to which it was seen within this hour that nothing is owed; 0 if it was not."""
    permit = artifact.manifest.permit
    made_at, told = f"{str(permit['at'])[:13]} {permit['ledger_seq']}", note.read_bytes().decode(errors="replace") if note.is_file() else ""
    seen = [text.partition(" ")[2] for text in (made_at, told) if text.startswith(f"{hour} ")]
    return max((int(number) for number in seen if number.isdigit()), default=0)


def in_question(house: House, bitmap: BitMap64, since: int) -> pl.Series:
    """int64[n]: the record numbers in `bitmap` that an event after `since` may have taken the permission of.

    Those of the people the events are about; all of them after a new policy, an erasure or burial, or an ingest that changed rows it
    already held: a network may have told of deletions.
    """
    import polars as pl
    from pyroaring import BitMap64

    news = house.ledger.accounts_since(since)
    stored = house.ledger.events("store", after=since) if "store" in news.general else iter(())
    changed = any((event.body or {}).get(what) for event in stored for what in ("n_changed", "accounts_changed", "erased"))
    if news.n_buried or changed or news.general & {"policy", "forgotten"}:
        return pl.Series("record_no", list(bitmap), dtype=pl.Int64)
    theirs = house.store().numbers_of(news.accounts)
    return pl.Series("record_no", list(BitMap64(theirs) & bitmap), dtype=pl.Int64)


def refuse_if_owing(house: House, artifact: Artifact) -> int:
    """What is owed on an artifact that serves aggregates; it may be used only if the policy lets it be served so marked, and so long.

    raises   NotPermitted naming the rule and how to mend it
    """
    n_owed = owed(house, artifact)
    if not n_owed:
        return 0
    policy = house.policy()
    says = f"{artifact.name}: {n_owed} of its records are no longer permitted for {artifact.manifest.purpose} (rule 8 or 3)"
    parents = [str(given["artifact"]).partition("/")[0] for given in artifact.manifest.inputs.values() if "artifact" in given]
    again = ", then ".join(f"ownwords build {name}" for name in [*parents, artifact.manifest.product])
    if "refuse" in {artifact.manifest.on_withdrawal, policy.on_withdrawal}:
        raise NotPermitted(f"{says}, and the policy refuses use until it is built again", again)
    since = _owing_since(house, artifact)
    if clock.now() > since + timedelta(days=policy.deadline_days):
        raise NotPermitted(f"{says}, and the policy's {policy.deadline_days} days to build it again are over", again)
    return n_owed


def _owing_since(house: House, artifact: Artifact) -> datetime:
    """When it was first seen that something is owed; the ledger remembers."""
    for event in house.ledger.events("owing"):
        if artifact_of(event) == artifact.name:
            return event.at
    house.ledger.append("owing", {"artifact": artifact.name})
    return clock.now()
