"""`forget`: somebody's words are taken back, from the store and from everything made of them."""

from __future__ import annotations

from pathlib import Path


def forget(workspace: str | Path, person: str = "", *, record: str | None = None, dry_run: bool = False) -> dict[str, object]:
    """Delete a person's words, build again what was made of them, and hand out a signed receipt.

    person   account id or network:@handle; everything of theirs goes
    record   a record id: only that record goes
    dry_run  say what would be touched, change nothing
    """
    from ownwords.core.errors import NotFound, Usage
    from ownwords.verbs import _forgetting
    from ownwords.verbs._house import House

    if bool(person) == bool(record):
        raise Usage("forget needs a person, or --record ID", "ownwords forget network:@handle")
    house = House.open(workspace, finish=not dry_run)
    try:
        request = _forgetting.request(house, person, record)
    except NotFound:
        if house.finished:  # it was begun before, and the process died: it is done now
            return house.finished[-1]
        if house.troubles:  # it was begun before, and cannot be finished
            raise house.troubles[-1] from None
        raise
    if dry_run:
        plan = _forgetting.plan(house, request)
        return {
            "records": plan["n_records"],
            "touched": plan["retire"],
            "rebuild": [spec["name"] for spec in plan["rebuild"]],
            "receipt": None,
        }
    return _forgetting.carry_out(house, _forgetting.silence(house, request))
