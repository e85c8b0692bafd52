"""The durable job behind `forget`: silence, plan, erase, bury, build again, sign; each part can be repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from ownwords.core import clock, files, progress
from ownwords.core.errors import Busy, NotFound, NotPermitted, OwnwordsError, Usage
from ownwords.core.schemas import CITES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from ownwords.core.manifest import Manifest
    from ownwords.desk.desk import Job
    from ownwords.ledger.events import Body, Event
    from ownwords.store.redact import Gone
    from ownwords.store.store import Versions
    from ownwords.verbs._house import House


#: The two kinds of job: the first names a person and is blanked with them, the second names nobody.
ERASE, REBUILD = "forget.erase", "forget.rebuild"


class Request(TypedDict):
    """Whom or what to forget: account ids with their handles (`network:@handle`), or single record ids."""

    accounts: list[str]
    records: list[str]
    handles: list[str]


class Spec(TypedDict):
    """How to make an artifact again."""

    product: str
    purpose: str
    name: str
    options: dict[str, object]
    parents: dict[str, str]


class Plan(TypedDict):
    """What a request touches; holds no identifier of anyone.

    retire   artifacts for which the words were read, or may have been, `NAME/vN`, with their content hash
    rebuild  what is built again, parents first
    rebuilt  what came of it, by name
    """

    n_records: int
    retire: dict[str, str]
    rebuild: list[Spec]
    rebuilt: dict[str, str]


def request(house: House, person: str, record: str | None) -> Request:
    """The request in ids.

    raises   NotFound if nobody, or no record, is known by that name
    """
    import polars as pl

    from ownwords.verbs._names import same_account

    if record is None:
        accounts = same_account(house.store(), house.account(person, told=True))
        named = house.store().accounts().filter(pl.col("account_id").is_in(accounts)).drop_nulls("handle")
        only_told = [name for name in accounts if ":@" in name]
        return {
            "accounts": accounts,
            "records": [],
            "handles": [*named.select(pl.format("{}:@{}", "network", "handle")).to_series(), *only_told],
        }
    if not house.record(record).select("record_id").collect().height:
        raise NotFound("no record of that id is held here", "record ids read network:native-id")
    return {"accounts": [], "records": [record], "handles": []}


def silence(house: House, wanted: Request) -> Job:
    """From here on the gate denies; the job will be carried out even if this process dies."""
    from ownwords.ledger.decisions import decision_body

    about = wanted["accounts"][0] if wanted["accounts"] else _author(house, wanted["records"][0])
    job = house.desk.create_job(ERASE, dict(wanted), about=about)
    files.fault_point("forget.requested")
    for account in wanted["accounts"]:
        house.ledger.append("account.state", {"state": "deleted", "by": "self"}, account=account)
    for record in wanted["records"] if about is not None else []:  # without an author it is never used (rule 1)
        refusal = decision_body("", effective_at=clock.now(), record_id=record)
        house.ledger.append("consent.refuse", {**refusal, "purpose": None}, account=about)
    files.fault_point("forget.silenced")
    return job


def _author(house: House, record: str) -> str | None:
    """Whose a record is, so that forgetting that person finds the job."""
    found = house.record(record).select("account_id").collect()["account_id"]
    return str(found[0]) if found.len() and found[0] is not None else None


def plan(house: House, wanted: Request) -> Plan:
    """Which artifacts hold the words, and how to build them again.

    It asks for which artifacts rows were read that will be, or are, held no more: so it answers the same after the rows are erased.
    """
    import polars as pl

    from ownwords.verbs import _artifacts

    store = house.store()
    theirs = store.records.scan(store.versions.records).filter(_is_theirs(wanted)).select("record_no", "record_id").collect()
    cited = theirs["record_id"].unique().implode()
    touched = _artifacts.outliving(
        house, _is_theirs(wanted) | pl.any_horizontal(pl.col(name).is_in(cited).fill_null(False) for name in CITES)
    )
    hashes = {_artifacts.artifact_of(event): str((event.body or {})["content_hash"]) for event in house.ledger.events("artifact")}
    newest = {name.partition("/")[0]: name for name in _artifacts.standing(house)}
    specs: dict[str, Spec] = {}
    lost: dict[str, str] = {}
    for name, artifact in touched.items():
        label = name.partition("/")[0]
        if newest[label] not in touched:
            continue  # a newer version without their words stands
        if artifact is None:
            lost[label] = "not built again: its files were damaged or missing, so what it held and how it was made is not known"
        else:
            specs[label] = _spec(label, artifact.manifest)
    return {
        "n_records": theirs.height,
        "retire": {name: hashes[name] for name in touched},
        "rebuild": sorted(specs.values(), key=lambda spec: len(spec["parents"])),
        "rebuilt": {label: says for label, says in lost.items() if label not in specs},
    }


def _spec(label: str, made: Manifest) -> Spec:
    parents = {key: str(given["artifact"]).partition("/")[0] for key, given in made.inputs.items() if "artifact" in given}
    return {"product": made.product, "purpose": made.purpose, "name": label, "options": made.options, "parents": parents}


def _joined(before: Plan | None, now: Plan) -> Plan:
    """The plan of a job that begins again: what it had found before it died, and what it finds now."""
    if before is None:
        return now
    named = {spec["name"] for spec in now["rebuild"]}
    again = [*now["rebuild"], *(spec for spec in before["rebuild"] if spec["name"] not in named)]
    return {
        "n_records": max(before["n_records"], now["n_records"]),
        "retire": {**before["retire"], **now["retire"]},
        "rebuild": sorted(again, key=lambda spec: len(spec["parents"])),
        "rebuilt": {**before["rebuilt"], **now["rebuilt"]},
    }


def unfinished(house: House) -> list[Job]:
    """Forgettings that are not through, at work or not: first those that have yet to erase."""
    waiting = [*house.desk.jobs("queued"), *house.desk.jobs("running")]
    return [job for job in waiting if job.verb == ERASE] + [job for job in waiting if job.verb == REBUILD and job.state == "running"]


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

    Every part repeats harmlessly after a crash. The plan stands in a job of its own, because it names nobody; it is made anew each
    time, because in the meantime somebody may have built something.
    """
    from ownwords.store import locks

    with house.writing():
        following = _following(house, job) or house.desk.create_job(REBUILD, {})
        wanted = _wanted(job)
        planned = _joined(following.progress, plan(house, wanted))  # type: ignore[arg-type]
        following = house.desk.update_job(following.job_id, progress={**planned, "after": job.job_id})
        files.fault_point("forget.planned")
        gone = _erase_rows(house, wanted)
        _remove_unfinished_ingests(house, gone)
        _retire(house, planned["retire"])
        progress.tell("waiting for readers", 0, None)
        locks.wait_for_readers(house.workspace.leases)
        store = house.store()
        store.records.clean()
        store.accounts_table.clean()
        _remove_unfinished_builds(house)
        house.ledger.bury([*wanted["accounts"], *(name.lower() for name in wanted["handles"])], wanted["records"])
        files.fault_point("forget.buried")
        house.desk.forget(wanted["accounts"], gone.called(None), wanted["records"])
        files.fault_point("forget.erased")
        following = house.desk.update_job(following.job_id, state="running")
        house.desk.update_job(job.job_id, state="done", result={})
        house.desk.purge()
    return following


def _wanted(job: Job) -> Request:
    """What the job is to forget; nothing if the desk was forgotten already, which comes last."""
    wanted: Request = job.arguments or {"accounts": [], "records": [], "handles": []}  # type: ignore[assignment]
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

    from ownwords.store import redact
    from ownwords.store.table import buckets_of

    store = house.store()
    rows = store.records.scan(store.versions.records).filter(_is_theirs(wanted))
    gone = redact.leaving(**wanted, theirs=rows.select("record_id", "network", "reply_to", "conversation").collect())
    # Tombstones first: from here on nothing of theirs can come in again.
    for kind, identifiers in redact.tombstones(gone).items():
        house.ledger.entomb(identifiers, kind)
    is_indexed = house.ids.version() == store.versions.records
    house.ids.drop(list(gone.records))
    versions = _overwrite(house, gone)
    people = store.accounts().filter(pl.col("account_id").is_in(wanted["accounts"]))
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


def _is_theirs(wanted: Request) -> pl.Expr:
    """bool per RECORDS row: it goes; every revision of it does."""
    import polars as pl

    return (pl.col("account_id").is_in(wanted["accounts"]) | pl.col("record_id").is_in(wanted["records"])).fill_null(False)


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
    """Checkpoints and half-made files may hold the words; a build that runs on finds them gone and begins again.

    Out of its hands first, else it could write into a folder that is being emptied.
    """
    for folder in house.workspace.tmp.glob("resource-*"):
        files.remove_tree(folder)
    for folder in sorted(house.workspace.tmp.glob("build-*")):
        if folder.is_dir():
            aside = folder.with_suffix(".gone")
            try:
                files.rename(folder, aside)
            except OSError:  # that build was quicker to remove it, or this begins again after a crash
                files.remove_tree(folder)
            files.remove_tree(aside)


def _rebuild(house: House, job: Job, state: Plan, spec: Spec) -> Plan:
    """Make one artifact again from what is still held and permitted; where nothing is left, say so instead."""
    from ownwords.core import plugins
    from ownwords.verbs._options import fill
    from ownwords.verbs.build import make

    try:
        declared = plugins.load("product", spec["product"])
        options = fill(declared.OPTIONS, spec["options"], f"build {spec['product']}")
        made = make(house, spec["product"], spec["purpose"], spec["name"], options, spec["parents"], is_forgetting=True)
        outcome = f"{made['artifact']} {made['content_hash']}"
    except Busy:
        raise
    except (NotPermitted, Usage):  # why, in numbers, would tell the person how much is held of others
        outcome = f"not built again: nothing is permitted for {spec['purpose']} any more"
    except OwnwordsError as error:
        outcome = f"not built again: {error.what}"
    left = [other for other in state["rebuild"] if other["name"] != spec["name"]]
    state = {**state, "rebuild": left, "rebuilt": {**state["rebuilt"], spec["name"]: outcome}}
    house.desk.update_job(job.job_id, progress=dict(state))
    files.fault_point("forget.rebuilt")
    return state


def _told(house: House, job: Job) -> Event | None:
    """The event that says this was forgotten."""
    return next((event for event in house.ledger.events("forgotten") if (event.body or {}).get("request") == job.job_id), None)


def _receipt(house: House, job: Job, state: Plan) -> dict[str, object]:
    """Sign what was done; the receipt names nobody."""
    from ownwords.verbs._receipts import signed

    body: Body = {"request": job.job_id, "records": state["n_records"], "retired": state["retire"], "rebuilt": state["rebuilt"]}
    event = _told(house, job)
    if event is None:  # else it died before the receipt was written
        house.ledger.append("forgotten", body)
        event = _told(house, job)
    assert event is not None
    says = "every row, reference and file of this workspace that held the words was rewritten or removed; a keyed tombstone stays"
    told = {"event": {"seq": event.seq, "leaf": event.leaf.hex(), **body}, "says": says}
    receipt = signed(house, "ownwords-receipt/1", event.seq, told)
    path = house.workspace.receipts / f"{job.job_id}.json"
    files.write_atomic(path, json.dumps(receipt, indent=2, sort_keys=True) + "\n")
    return {"records": state["n_records"], "touched": list(state["retire"]), "rebuilt": state["rebuilt"], "receipt": str(path)}
