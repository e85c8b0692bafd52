"""`init`: make a workspace and put a policy in force."""

from __future__ import annotations

from pathlib import Path


def init(workspace: str | Path, *, policy: str = "opt-in", ledger: str = "") -> dict[str, object]:
    """Make a new workspace in a folder.

    workspace  an empty folder, or one that does not exist yet
    policy     a policy that comes along (opt-in, own-archive, open-licence, public-analysis), or a policy file
    ledger     URL of a PostgreSQL database to keep the ledger in, e.g. postgresql://user@host/name; left out: a file of the workspace
    """
    from ownwords.core.errors import Usage
    from ownwords.core.workspace import Workspace
    from ownwords.desk.desk import Desk
    from ownwords.ledger.keys import Keys
    from ownwords.ledger.log import Ledger
    from ownwords.store.store import Store
    from ownwords.verbs._house import House
    from ownwords.verbs.permit import checked_policy

    chosen, source = checked_policy(policy)
    made = Workspace.create(Path(workspace), ledger)
    Keys.create(made.keys)
    Store.create(made.store)
    house = House(made)
    if Ledger.create(ledger or made.root, house.keys).head().seq:
        raise Usage("the database holds another workspace's ledger already", "name an empty database or schema")
    Desk.open(made.root)
    house.adopt(chosen, source)
    house.commit(house.store().versions)
    made.finish()
    return {"workspace": str(made.root), "policy": chosen.id, "version": chosen.version}
