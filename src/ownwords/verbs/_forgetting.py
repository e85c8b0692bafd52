"""The durable job behind `forget`: silence, plan, erase, bury, build again, sign; each part can be repeated."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from ownwords.core import clock, files, progress
from ownwords.core.errors import Busy, NotFound, OwnwordsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from ownwords.desk.desk import Job
    from ownwords.store.redact import Gone
    from ownwords.store.store import Versions
    from ownwords.verbs._house import House


#: The two kinds of job: the first names a person and is blanked with them, the second names nobody.
ERASE, REBUILD = "forget.erase", "forget.rebuild"


class Request(TypedDict):
    """Whom or what to forget: account ids, or single record ids."""

    accounts: list[str]
    records: list[str]


class Spec(TypedDict):
    """How to make an artifact again."""

    product: str
    purpose: str
    name: str
    options: dict[str, object]
    parents: dict[str, str]


class Plan(TypedDict):
    """What a request touches; holds no identifier of anyone.

    retire   artifacts that held the words, `NAME/vN`, with their content hash
    rebuild  what is built again, parents first
    """

    n_records: int
    retire: dict[str, str]
    rebuild: list[Spec]
    rebuilt: dict[str, str]


def request(house: House, person: str, record: str | None) -> Request:
    """The request in ids.

    raises   NotFound if nobody, or no record, is known by that name
    """
    if record is None:
        return {"accounts": [house.account(person)], "records": []}
    if not house.record(record).select("record_id").collect().height:
        raise NotFound("no record of that id is held here", "record ids read network:native-id")
    return {"accounts": [], "records": [record]}


def silence(house: House, wanted: Request) -> Job:
    """From here on the gate denies; the job will be carried out even if this process dies."""
    about = wanted["accounts"][0] if wanted["accounts"] else _author(house, wanted["records"][0])
    job = house.desk.create_job(ERASE, dict(wanted), about=about)
    files.fault_point("forget.requested")
    for account in wanted["accounts"]:
        house.ledger.append("account.state", {"state": "deleted", "by": "self"}, account=account)
    files.fault_point("forget.silenced")
    return job


def _author(house: House, record: str) -> str | None:
    """Whose a record is, so that forgetting that person finds the job."""
    found = house.record(record).select("account_id").collect()["account_id"]
    return str(found[0]) if found.len() and found[0] is not None else None


def plan(house: House, wanted: Request) -> Plan:
    """Which artifacts hold the words, and how to build them again."""
    from pyroaring import BitMap64

    from ownwords.core.manifest import Manifest
    from ownwords.core.product import Artifact
    from ownwords.verbs import _artifacts

    numbers = BitMap64(_theirs(house, wanted).select("record_no").collect()["record_no"])
    names = _artifacts.standing(house)
    retire: dict[str, str] = {}
    specs: dict[str, Spec] = {}
    for name in names:
        folder = house.workspace.artifacts / name
        made = Manifest.read(folder)
        label = name.partition("/")[0]
        if not numbers.isdisjoint(_artifacts.origins(Artifact(folder, made))):
            retire[name] = made.content_hash
            parents = {key: str(value["artifact"]).partition("/")[0] for key, value in made.inputs.items() if "artifact" in value}
            specs[label] = {"product": made.product, "purpose": made.purpose, "name": label, "options": made.options, "parents": parents}
        else:
            specs.pop(label, None)  # a newer version without their words stands
    return {
        "n_records": len(numbers),
        "retire": retire,
        "rebuild": sorted(specs.values(), key=lambda spec: len(spec["parents"])),
        "rebuilt": {},
    }


def carry_out(house: House, job: Job, *, rebuild: bool = True) -> dict[str, object]:
    """Do what is left of a job of either kind; returns what `forget` says.

    rebuild   False: only erase, which takes seconds; what was made of the words is made again by the next `forget` or `build`
    """
    from ownwords.store import locks

    with locks.held(house.workspace.tmp / f"forget-{job.job_id}.lock"):
        job = house.desk.job(job.job_id)
        if job.verb == REBUILD:
            return (job.result or {}) if job.state == "done" else _finish(house, job)
        following = _following(house, job) if job.state == "done" else _erase(house, job)
    return carry_out(house, following) if rebuild and following else {}


def _following(house: House, job: Job) -> Job | None:
    """The job that builds again what the erasure `job` took away."""
    return next((other for other in house.desk.jobs() if other.verb == REBUILD and (other.progress or {}).get("after") == job.job_id), None)


def _erase(house: House, job: Job) -> Job:
    """Take the words out of store, artifacts, ledger and desk; the job that builds again what was made of them.

    Every part repeats harmlessly after a crash. The plan stands in a job of its own, because it names nobody.
    """
    from ownwords.store import locks

    with house.writing():
        following = _following(house, job)
        if following is None:
            made = plan(house, _wanted(job))
            following = house.desk.create_job(REBUILD, {})
            following = house.desk.update_job(following.job_id, progress={**made, "after": job.job_id})
        files.fault_point("forget.planned")
        if job.arguments is not None:  # else the desk was forgotten already, which comes last
            wanted = _wanted(job)
            planned: Plan = following.progress  # type: ignore[assignment]
            gone = _erase_rows(house, wanted)
            _remove_unfinished_ingests(house, gone)
            _retire(house, planned["retire"])
            progress.tell("waiting for readers", 0, None)
            locks.wait_for_readers(house.workspace.leases)
            store = house.store()
            store.records.clean()
            store.accounts_table.clean()
            _remove_unfinished_builds(house)
            house.ledger.bury(wanted["accounts"])
            files.fault_point("forget.buried")
            house.desk.forget(wanted["accounts"])
            files.fault_point("forget.erased")
        following = house.desk.update_job(following.job_id, state="running")
        house.desk.update_job(job.job_id, state="done", result={})
        house.desk.purge()
    return following


def _wanted(job: Job) -> Request:
    wanted: Request = job.arguments  # type: ignore[assignment]
    return wanted


def _finish(house: House, job: Job) -> dict[str, object]:
    """Build again, then sign."""
    state: Plan = job.progress  # type: ignore[assignment]
    for spec in list(state["rebuild"]):
        state = _rebuild(house, job, state, spec)
    said = _receipt(house, job, state)
    house.desk.update_job(job.job_id, state="done", result=said)
    return said


def _erase_rows(house: House, wanted: Request) -> Gone:
    """Overwrite the touched buckets without their rows and without a trace of them in others'; one ledger event commits both tables."""
    import polars as pl

    from ownwords.store.table import buckets_of

    store = house.store()
    theirs = _theirs(house, wanted).select("record_id").collect()["record_id"].unique().to_list()
    people = store.accounts().filter(pl.col("account_id").is_in(wanted["accounts"]))
    gone = _gone(wanted, theirs, people)
    handles = [f"{network}:@{handle.lower()}" for network, handle in people.drop_nulls("handle").select("network", "handle").iter_rows()]
    # Tombstones first: from here on nothing of theirs can come in again.
    house.ledger.entomb([*theirs, *wanted["records"]], "record")
    house.ledger.entomb(handles, "handle")
    is_indexed = house.ids.version() == store.versions.records
    house.ids.drop([*theirs, *wanted["records"]])
    versions = _overwrite(house, gone)
    if people.height:
        table = store.accounts_table
        buckets = buckets_of(people["account_id"]).to_list()
        kept = table.scan(versions.accounts).filter(pl.col("bucket").is_in(buckets)).collect().join(people, on="account_id", how="anti")
        versions = replace(versions, accounts=table.overwrite(buckets, kept))
    if versions != store.versions:
        house.commit(versions, erased=True)
    if is_indexed:
        house.ids.settle(versions.records)
    return gone


def _overwrite(house: House, gone: Gone) -> Versions:
    """Every bucket that holds, or speaks of, the forgotten, written again without; the new versions."""
    import polars as pl

    from ownwords.store import redact

    store = house.store()
    rows = store.records.scan(store.versions.records)
    theirs = pl.col("account_id").is_in(list(gone.accounts)) | pl.col("record_id").is_in(list(gone.records))
    concerned = rows.filter(theirs.fill_null(False) | redact.touched(gone)).select(pl.col("bucket").unique()).collect()["bucket"].sort()
    version = store.versions.records
    for n_done, bucket in enumerate(concerned, start=1):
        kept = redact.without(rows.filter(pl.col("bucket") == bucket).collect(), gone)
        version = store.records.overwrite([bucket], kept)
        progress.tell("erasing", n_done, concerned.len())
    return replace(store.versions, records=version)


def _gone(wanted: Request, theirs: list[str], people: pl.DataFrame) -> Gone:
    from ownwords.store.redact import Gone

    records = {name: f"gone:{uuid.uuid4().hex[:16]}" for name in [*theirs, *wanted["records"]]}
    return Gone(wanted["accounts"], people["handle"].drop_nulls().to_list(), records)


def _theirs(house: House, wanted: Request) -> pl.LazyFrame:
    """Every revision of every row that goes."""
    import polars as pl

    rows = house.store().records.scan(house.versions().records)
    if wanted["accounts"]:
        return rows.filter(pl.col("account_id").is_in(wanted["accounts"]))
    return rows.filter(pl.col("record_id").is_in(wanted["records"]))


def _retire(house: House, names: Iterable[str]) -> None:
    """Remove artifacts; the ledger first, so that nobody can ask for one that is half gone."""
    from ownwords.verbs._artifacts import standing

    held = set(standing(house))
    for name in names:
        if name in held:
            house.ledger.append("artifact.retired", {"artifact": name, "because": "forgotten"})
        files.fault_point("forget.retired")
        files.remove_tree(house.workspace.artifacts / name)


def _remove_unfinished_ingests(house: House, gone: Gone) -> None:
    """What an ingest at work has read of the forgotten, or has unpacked, goes; that ingest ends, and says so."""
    import polars as pl

    from ownwords.store import redact
    from ownwords.store.staging import PUT_AWAY

    theirs = pl.col("account_id").is_in(list(gone.accounts)) | pl.col("record_id").is_in(list(gone.records))
    for folder in house.workspace.tmp.glob("ingest-*"):
        if not folder.is_dir():
            continue
        chunks = sorted(folder.glob("chunk-*.parquet"))
        is_raw = any((folder / "unpacked").glob("*"))
        try:
            holds = is_raw or any(pl.scan_parquet(path).filter(theirs | redact.touched(gone)).limit(1).collect().height for path in chunks)
        except (OSError, pl.exceptions.PolarsError):  # it is being written
            holds = True
        if holds:
            (folder / PUT_AWAY).touch()  # first: whoever reads on must not take a part for the whole
            for path in [*chunks, *(folder / "unpacked").glob("*")]:
                files.remove_tree(path)


def _remove_unfinished_builds(house: House) -> None:
    """Checkpoints and half-made files may hold the words; a build that runs on finds them gone and begins again."""
    for folder in house.workspace.tmp.glob("build-*"):
        if folder.is_dir():
            files.remove_tree(folder)


def _rebuild(house: House, job: Job, state: Plan, spec: Spec) -> Plan:
    """Make one artifact again from what is still held and permitted; where nothing is left, say so instead."""
    from ownwords.core import plugins
    from ownwords.verbs._options import fill
    from ownwords.verbs.build import make

    declared = plugins.load("product", spec["product"])
    try:
        options = fill(declared.OPTIONS, spec["options"], f"build {spec['product']}")
        made = make(house, spec["product"], spec["purpose"], spec["name"], options, spec["parents"])
        outcome = f"{made['artifact']} {made['content_hash']}"
    except Busy:
        raise
    except OwnwordsError as error:
        outcome = f"not built again: {error.what}"
    left = [other for other in state["rebuild"] if other["name"] != spec["name"]]
    state = {**state, "rebuild": left, "rebuilt": {**state["rebuilt"], spec["name"]: outcome}}
    house.desk.update_job(job.job_id, progress=dict(state))
    files.fault_point("forget.rebuilt")
    return state


def _receipt(house: House, job: Job, state: Plan) -> dict[str, object]:
    """Sign what was done; the receipt names nobody."""
    from ownwords.core.hashing import canonical_json

    body = {"request": job.job_id, "records": state["n_records"], "retired": state["retire"], "rebuilt": state["rebuilt"]}
    seq = house.ledger.append("forgotten", body)
    checkpoint = house.ledger.checkpoint()
    event = next(iter(house.ledger.events("forgotten", after=seq - 1)))
    unsigned = {
        "format": "ownwords-receipt/1",
        "at": clock.to_text(clock.now()),
        "event": {"seq": seq, "leaf": event.leaf.hex(), **body},
        "inclusion": house.ledger.inclusion(seq, int(str(checkpoint["size"]))),
        "checkpoint": checkpoint,
        "public_key": house.keys.public_pem.decode(),
        "says": "every row, reference and file of this workspace that held the words was rewritten or removed; a keyed tombstone stays",
    }
    signature = base64.b64encode(house.keys.sign(canonical_json(unsigned))).decode()
    path = house.workspace.receipts / f"{job.job_id}.json"
    files.write_atomic(path, json.dumps({**unsigned, "signature": signature}, indent=2, sort_keys=True) + "\n")
    return {"records": state["n_records"], "touched": list(state["retire"]), "rebuilt": state["rebuilt"], "receipt": str(path)}
