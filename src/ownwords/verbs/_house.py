"""A workspace opened for one verb: its store, ledger, desk and policy, and recovery from what crashed before."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core import clock, files
from ownwords.core.errors import NotFound, NotProven, Usage
from ownwords.core.permit import Question
from ownwords.core.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from ownwords.desk.desk import Desk
    from ownwords.ledger.events import Event
    from ownwords.ledger.keys import Keys
    from ownwords.ledger.log import Ledger
    from ownwords.policy.file import Policy
    from ownwords.policy.gate import Facts
    from ownwords.store.ids import Ids
    from ownwords.store.store import Store, Versions


#: Up to so many rows, reading the facts on their authors alone is quicker than reading everybody's.
_FEW = 10_000


@dataclass
class House:
    """Everything a verb needs, opened when first asked for.

    finished, troubles   what became of forgettings that were begun before; see `_recovery.recover`
    """

    workspace: Workspace
    finished: tuple[dict[str, object], ...] = ()
    troubles: tuple[Exception, ...] = ()

    @classmethod
    def open(cls, root: str | Path, *, finish: bool = False) -> House:
        """The workspace in `root`, after finishing or rolling back what a crash left; see `_recovery.recover`.

        raises   BadWorkspace
        """
        from ownwords.verbs._recovery import recover

        house = cls(Workspace.open(Path(root)))
        finished, troubles = recover(house, finish=finish)
        house.finished, house.troubles = tuple(finished), tuple(troubles)
        return house

    @cached_property
    def keys(self) -> Keys:
        """The workspace's secrets."""
        from ownwords.ledger.keys import Keys

        return Keys(self.workspace.keys)

    @cached_property
    def ledger(self) -> Ledger:
        """The append-only memory."""
        from ownwords.ledger.log import Ledger

        return Ledger.open(self.workspace.setting("ledger") or self.workspace.root, self.keys)

    @cached_property
    def desk(self) -> Desk:
        """The mutable memory."""
        from ownwords.desk.desk import Desk

        return Desk.open(self.workspace.root)

    def versions(self) -> Versions:
        """The state of the tables that the ledger committed last."""
        from ownwords.store.store import Versions

        event = self.ledger.last("store")
        if event is None:
            return Versions()
        return Versions(*(int(str((event.body or {})[name])) for name in ("records", "accounts", "next_no")))

    def store(self) -> Store:
        """The rows as last committed; ask again to see a later commit."""
        from ownwords.store.store import Store

        return Store(self.workspace.store, self.versions())

    @cached_property
    def ids(self) -> Ids:
        """Where each record lies."""
        from ownwords.store.ids import Ids

        return Ids(self.workspace.store, self.keys.mac(b"ids"))

    def record(self, record_id: str) -> pl.LazyFrame:
        """The RECORDS row of that id, or none; found by the index, made again first where it is behind and nobody writes."""
        import polars as pl

        from ownwords.store import locks

        store = self.store()
        if self.ids.version() != store.versions.records:
            with locks.writing_if_free(self.workspace.root) as is_free:
                if is_free:
                    store = self.store()
                    self.ids.rebuild(store)
        numbers = self.ids.find(record_id) if self.ids.version() == store.versions.records else None
        rows = store.scan() if numbers is None else store.by_numbers(numbers)
        return rows.filter(pl.col("record_id") == record_id)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The writer's place; whatever a dead or failed writer left in the tables is rolled back first."""
        from ownwords.store import locks
        from ownwords.verbs._recovery import UNFINISHED, roll_back_tables

        marker = self.workspace.store / UNFINISHED
        with locks.writing(self.workspace.root):
            roll_back_tables(self)
            files.write_atomic(marker, "")
            yield
            marker.unlink()

    def commit(self, versions: Versions, **says: object) -> int:
        """Declare a state of the tables the one that counts; the ledger event is the commit."""
        files.fault_point("store.before-commit")
        seq = self.ledger.append("store", {**versions.to_json(), **says})
        files.fault_point("store.committed")
        return seq

    def policy(self) -> Policy:
        """The policy in force.

        raises   NotProven if its file is no longer what was adopted
        """
        event = self.ledger.last("policy")
        if event is None:
            raise NotFound("no policy was ever adopted in this workspace", "ownwords permit adopt opt-in")
        return self.adopted(event)

    def adopted(self, event: Event) -> Policy:
        """The policy that an event put in force; read again only where its files were touched.

        raises   NotProven if its file is no longer what was adopted
        """
        adopted = event.body or {}
        folder = self.workspace.policy / str(adopted["folder"])
        touched = tuple((path.name, path.stat().st_ino, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.glob("*")))
        policy = _loaded(folder / "policy.yaml", touched)
        if policy.hash != adopted["hash"]:
            raise NotProven(
                f"policy {policy.id} is not the one that was adopted: its file was changed", "restore it, or adopt it under a new version"
            )
        return policy

    def facts(self, store: Store | None = None, about: pl.DataFrame | None = None) -> Facts:
        """What the gate decides on, as of now; about the rows of `store`, where those were opened before.

        about   the RECORDS rows that are asked about, where they are few; None: all
        """
        from ownwords.verbs._facts import gather

        head = self.ledger.head()
        return gather(self, store or self.store(), self.policy(), head, about=about)

    def decided(self, records: pl.LazyFrame, purpose: str) -> pl.LazyFrame:
        """RECORDS rows with `allowed`, `rule` and `clause`, as of now."""
        from ownwords.policy import gate

        return gate.decide(records, self.facts(), Question(purpose, clock.now()))

    def decided_few(self, numbers: pl.Series, purpose: str) -> pl.LazyFrame:
        """Like `decided`, for the RECORDS rows of these numbers; where they are few, facts on nobody else are read."""
        from ownwords.policy import gate

        store = self.store()
        rows = store.by_numbers(numbers.to_list())
        if numbers.len() > _FEW:
            return gate.decide(rows, self.facts(store=store), Question(purpose, clock.now()))
        found = rows.collect()
        return gate.decide(found.lazy(), self.facts(store=store, about=found), Question(purpose, clock.now()))

    def is_named_in(self, label: str) -> bool:
        """Whether a name or label names somebody known here, by account id or handle; see `core.handles.naming`."""
        import polars as pl

        from ownwords.core.handles import naming

        inside = [pl.lit(label.lower()).str.contains(pl.col(name).str.to_lowercase(), literal=True) for name in ("account_id", "handle")]
        people = self.store().accounts().filter(pl.any_horizontal(inside))
        return naming(people["account_id"].to_list(), people["handle"].drop_nulls().to_list()).search(label) is not None

    def account(self, person: str, *, told: bool = False) -> str:
        """The account id behind `network:id` or `network:@handle`.

        told     also a name of somebody who is not held here, but whom decisions in the ledger are about
        raises   NotFound if nothing is known of them, Usage if several accounts bear that handle (neither repeats the name)
        """
        import polars as pl

        network, _, name = person.partition(":")
        accounts = self.store().accounts()
        if name.startswith("@"):
            same = (pl.col("network") == network) & (pl.col("handle").str.to_lowercase() == name[1:].lower())
            found = accounts.filter(same)["account_id"]
        else:
            found = accounts.filter(pl.col("account_id") == person)["account_id"]
        if found.len() > 1:
            raise Usage(f"{found.len()} accounts bear that handle", "give the account id of the one you mean: network:id")
        if not found.len() and told:
            found = pl.Series([name for name in (person, person.lower()) if self.ledger.is_about(name)], dtype=pl.String).head(1)
        if not found.len():
            raise NotFound("nobody is known here by that account id or handle", "give it as network:id or network:@handle, e.g. x:@someone")
        return str(found[0])

    def holds(self, record: str, account: str) -> bool:
        """Whether `record` is a record of `account` here; looks at what is theirs alone, so that the time it takes tells of nobody else."""
        import polars as pl

        from ownwords.store.table import bucket_of

        store = self.store()
        theirs = (pl.col("bucket") == bucket_of(account)) & (pl.col("account_id") == account) & (pl.col("record_id") == record)
        rows = store.records.scan(store.versions.records).filter(theirs)
        return bool(rows.select(pl.len()).collect().item())

    def state_of(self, account: str) -> str:
        """The newest state of an account: the ledger's, else its source's, else active."""
        import polars as pl

        told = self.ledger.states().filter(pl.col("account_id") == account)["state"]
        if told.len():
            return str(told[0])
        found = self.store().accounts().filter(pl.col("account_id") == account)["state"].drop_nulls()
        return str(found[0]) if found.len() else "active"

    def is_minor(self, account: str) -> bool | None:
        """Whether the owner of an account is under age now; None where it is not known."""
        from ownwords.policy.numbers import is_minor

        born = self.store().accounts_of([account]).drop_nulls("born_on")
        return is_minor(born["born_on"][0], born["jurisdiction"][0], clock.now()) if born.height else None

    def adopt(self, policy: Policy, source: Path) -> None:
        """Put a policy in force: copy its file and text here, then say so in the ledger."""
        folder = self.workspace.policy / policy.hash[:16]
        if not folder.exists():
            draft = self.workspace.tmp / folder.name
            files.remove_tree(draft)
            draft.mkdir()
            (draft / policy.text).write_bytes(source.with_name(policy.text).read_bytes())
            (draft / "policy.yaml").write_bytes(source.read_bytes())
            files.fsync_tree(draft)
            files.rename(draft, folder)
        self.ledger.append("policy", {"id": policy.id, "version": str(policy.version), "hash": policy.hash, "folder": folder.name})


@lru_cache(maxsize=16)
def _loaded(path: Path, touched: tuple[tuple[str, int, int, int], ...]) -> Policy:
    """The policy at `path`, as its folder was: names, inodes, sizes and times of change."""
    from ownwords.policy.file import load

    return load(path)
