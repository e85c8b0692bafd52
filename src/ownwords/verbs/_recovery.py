"""What a crash left: uncommitted tables are rolled back, orphans removed, a begun forgetting finished."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core import files
from ownwords.core.errors import OwnwordsError

if TYPE_CHECKING:
    from ownwords.verbs._house import House


#: A file in the store while somebody writes to the tables; a process that dies leaves it.
UNFINISHED = "unfinished"


def recover(house: House, *, finish: bool = False) -> tuple[list[dict[str, object]], list[Exception]]:
    """Bring the workspace to the state that the ledger committed; leaves it alone while another process writes.

    Unpacked input of dead processes goes at once. Tables newer than their commit are rolled back, artifact folders
    that the ledger does not know are removed, and whoever asked to be forgotten is.

    finish    build again, too, what a forgetting took away
    returns   what each forgetting that was finished says, and what kept others from being finished: the gate denies their words
              all the same, so it is told on stderr, and nobody is kept from working, least of all from withdrawing
    """
    from ownwords.store import locks
    from ownwords.verbs.build import put_away

    for folder in locks.abandoned(house.workspace.tmp, "ingest-"):
        files.remove_tree(folder)
    put_away(house)
    if (house.workspace.store / UNFINISHED).exists() or _orphans(house):
        with locks.writing_if_free(house.workspace.root) as is_free:
            if is_free:
                roll_back_tables(house)
                for orphan in _orphans(house):
                    files.remove_tree(orphan)
    with locks.writing_if_free(house.workspace.root) as is_free:
        pass
    return _finish(house, build_again=finish) if is_free else ([], [])


def _finish(house: House, *, build_again: bool) -> tuple[list[dict[str, object]], list[Exception]]:
    """Go on with the forgettings of processes that are gone."""
    from ownwords.store import locks
    from ownwords.verbs import _forgetting

    said: list[dict[str, object]] = []
    troubles: list[Exception] = []
    for job in _forgetting.unfinished(house):
        if locks.is_held(house.workspace.tmp / f"forget-{job.job_id}.lock") or (job.verb == _forgetting.REBUILD and not build_again):
            continue
        try:
            said.append(_forgetting.carry_out(house, job, rebuild=build_again))
        except Exception as error:
            why = error.what if isinstance(error, OwnwordsError) else type(error).__name__
            sys.stderr.write(f"ownwords: a forgetting that was begun could not be finished: {why}. It is tried again each time.\n")
            troubles.append(error)
    return said, troubles


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
