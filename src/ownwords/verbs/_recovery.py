"""What a crash left: uncommitted tables are rolled back, orphans removed, a begun forgetting finished."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core import files

if TYPE_CHECKING:
    from ownwords.desk.desk import Job
    from ownwords.verbs._house import House


#: A file in the store while somebody writes to the tables; a process that dies leaves it.
UNFINISHED = "unfinished"


def recover(house: House, *, finish: bool = False) -> list[dict[str, object]]:
    """Bring the workspace to the state that the ledger committed; leaves it alone while another process writes.

    Unpacked input of dead processes goes at once. Tables newer than their commit are rolled back, artifact folders
    that the ledger does not know are removed, and whoever asked to be forgotten is.

    finish    build again, too, what a forgetting took away; what each such job says is returned
    """
    from ownwords.store import locks
    from ownwords.verbs._forgetting import carry_out

    for folder in locks.abandoned(house.workspace.tmp, "ingest-"):
        files.remove_tree(folder)
    if (house.workspace.store / UNFINISHED).exists() or _orphans(house):
        with locks.writing_if_free(house.workspace.root) as is_free:
            if is_free:
                roll_back_tables(house)
                for orphan in _orphans(house):
                    files.remove_tree(orphan)
    with locks.writing_if_free(house.workspace.root) as is_free:
        pass
    return [carry_out(house, job, rebuild=finish) for job in unfinished(house, finish=finish)] if is_free else []


def roll_back_tables(house: House) -> None:
    """Undo what a writer left uncommitted; call it only in the writer's place."""
    marker = house.workspace.store / UNFINISHED
    if not marker.exists():
        return
    store = house.store()
    committed = store.versions
    records = store.records.roll_back(committed.records)
    accounts = store.accounts_table.roll_back(committed.accounts)
    if (records, accounts) != (committed.records, committed.accounts):
        house.commit(replace(committed, records=records, accounts=accounts), recovered=True)
    store.records.clean()
    store.accounts_table.clean()
    marker.unlink()


def unfinished(house: House, *, finish: bool) -> list[Job]:
    """Forgettings that were begun by a process that is gone; with `finish` also those that only wait to be built again."""
    from ownwords.store import locks
    from ownwords.verbs._forgetting import ERASE, REBUILD

    waiting = [job for job in [*house.desk.jobs("queued"), *house.desk.jobs("running")] if job.verb == ERASE]
    waiting += [job for job in house.desk.jobs("running") if job.verb == REBUILD and finish]
    return [job for job in waiting if not locks.is_held(house.workspace.tmp / f"forget-{job.job_id}.lock")]


def _orphans(house: House) -> list[Path]:
    """Artifact folders the ledger does not know or has retired, and half-written files beside the tables."""
    from ownwords.verbs._artifacts import standing

    root = house.workspace.root
    known = set(standing(house))
    made = [path for path in house.workspace.artifacts.glob("*/v*") if not path.parent.is_symlink()]
    folders = [path for path in made if f"{path.parent.name}/{path.name}" not in known]
    parts = [*root.glob(".*.part"), *root.glob("*/.*.part"), *root.glob("artifacts/*/*/.*.part")]
    return [*folders, *(path for path in parts if not _is_alive(path))]


def _is_alive(part: Path) -> bool:
    """Whether the process that writes `.NAME.PID.part` still runs."""
    pid = part.name.removesuffix(".part").rpartition(".")[2]
    return pid.isdigit() and Path(f"/proc/{pid}").exists()
