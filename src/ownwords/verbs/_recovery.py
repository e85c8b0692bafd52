"""What a crash left: uncommitted tables are rolled back, orphans removed, a begun forgetting finished."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ownwords.core import files

if TYPE_CHECKING:
    from pathlib import Path

    from ownwords.desk.desk import Job
    from ownwords.verbs._house import House


def recover(house: House) -> None:
    """Bring the workspace to the state that the ledger committed; leaves it alone while another process writes.

    Unpacked input of dead processes goes at once. Tables newer than their commit are rolled back, artifact folders
    that the ledger does not know are removed, and whoever asked to be forgotten is.
    """
    from ownwords.store import locks

    for folder in locks.abandoned(house.workspace.tmp, "ingest-"):
        files.remove_tree(folder)
    if _is_tidy(house):
        return
    with locks.writing_if_free(house.workspace.root) as is_free:
        if not is_free:
            return
        _roll_back_tables(house)
        for orphan in _orphans(house):
            files.remove_tree(orphan)
    for job in unfinished(house):
        from ownwords.verbs._forgetting import carry_out

        carry_out(house, job)


def unfinished(house: House) -> list[Job]:
    """Forgettings that were begun by a process that is gone."""
    from ownwords.store import locks
    from ownwords.verbs._forgetting import ERASE, REBUILD

    jobs = [job for job in house.desk.jobs("running") if job.verb in {ERASE, REBUILD}]
    return [job for job in jobs if not locks.is_held(house.workspace.tmp / f"forget-{job.job_id}.lock")]


def _is_tidy(house: House) -> bool:
    committed = house.versions()
    newest = (_newest_log(house.workspace.store / "records"), _newest_log(house.workspace.store / "accounts"))
    return newest == (committed.records, committed.accounts) and not _orphans(house) and not unfinished(house)


def _newest_log(table: Path) -> int:
    """The version of a Delta table, by the names of its log files: cheaper than opening it."""
    names = [path.name.partition(".")[0] for path in (table / "_delta_log").iterdir()]
    return max((int(name) for name in names if name.isdigit()), default=0)


def _roll_back_tables(house: House) -> None:
    store = house.store()
    committed = store.versions
    for table, version in ((store.records, committed.records), (store.accounts_table, committed.accounts)):
        if table.version() > version:
            table.roll_back(version)
    now = replace(committed, records=store.records.version(), accounts=store.accounts_table.version())
    if now != committed:
        house.commit(now, recovered=True)


def _orphans(house: House) -> list[Path]:
    """Artifact folders the ledger does not know or has retired, and half-written files beside the tables."""
    from ownwords.verbs._artifacts import standing

    root = house.workspace.root
    known = set(standing(house))
    folders = [path for path in house.workspace.artifacts.glob("*/v*") if f"{path.parent.name}/{path.name}" not in known]
    parts = [*root.glob(".*.part"), *root.glob("*/.*.part"), *root.glob("artifacts/*/*/.*.part")]
    return [*folders, *parts]
