"""Other names of an account: the handle that lists of refusals use, and on some networks an account id made of the name.

Accounts join one person by that person's proof alone, never by inference. So a handle is never taken for an id: only where a network gives
a name to nobody a second time, and its dumps know authors by name (`core.handles.NAME_IDS`), are the two ids one account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.handles import NAME_IDS
from ownwords.core.schemas import ACCOUNTS, DECISIONS, one_row_each

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ownwords.ledger.events import Body
    from ownwords.store.store import Store
    from ownwords.verbs._house import House

_SAYS = [name for name in DECISIONS if name != "seq"]


def same_account(store: Store, account: str) -> list[str]:
    """`account`, and the ids under which its network knows the same account."""
    if account.partition(":")[0] not in NAME_IDS:
        return [account]
    pairs = _twins(store.accounts())
    return [account, *pairs.filter(pl.col("account_id") == account)["name"].unique().sort()]


def bind_refusals(house: House, people: pl.DataFrame) -> int:
    """Write what was refused under a name to each account that is now first told to bear it; how many decisions.

    So a refusal stays with the account when its handle changes, and when somebody else of that name is forgotten. Only denials: a grant
    holds for the very account alone.

    people   ACCOUNTS as read, in order; nobody who was forgotten
    """
    store = house.store()
    told = _lower(one_row_each(people).drop_nulls("handle"))
    held = _lower(store.accounts_of(told["account_id"].to_list()).drop_nulls("handle"))
    fresh = told.join(held, on=["account_id", "handle"], how="anti")
    if fresh.is_empty():
        return 0
    pairs = fresh.select("account_id", name=pl.format("{}:@{}", "network", "handle"))
    if fresh["network"].is_in(list(NAME_IDS)).any():
        met = pl.col("account_id").is_in(fresh["account_id"].implode()) | pl.col("name").is_in(fresh["account_id"].implode())
        pairs = pl.concat([pairs, _twins(pl.concat([store.accounts(), told.select(list(ACCOUNTS))])).filter(met)])
    said = house.ledger.decisions(accounts=pairs["name"].unique().to_list()).rename({"account_id": "name"})
    denials = said.filter(~pl.col("effect").is_in(["give", "renew", "expire"])).join(pairs.unique(), on="name").sort("seq")
    if denials.is_empty():
        return 0
    known = house.ledger.decisions(accounts=denials["account_id"].unique().to_list())
    new = denials.join(known, on=_SAYS, how="anti", nulls_equal=True, maintain_order="left")
    for (effect,), rows in new.group_by("effect", maintain_order=True):
        house.ledger.append_many(f"consent.{effect}", rows["account_id"].to_list(), list(_bodies(rows.iter_rows(named=True))))
    return new.height


def _lower(accounts: pl.DataFrame) -> pl.DataFrame:
    return accounts.with_columns(pl.col("handle").str.to_lowercase())


def _twins(accounts: pl.DataFrame) -> pl.DataFrame:
    """table[account_id, name]: account ids of one account, both ways; `name` is an id too."""
    known = _lower(accounts.filter(pl.col("network").is_in(list(NAME_IDS))).drop_nulls("handle"))
    by_name = pl.format("{}:{}", "network", "handle")
    ids = known.select("account_id", name=by_name).filter(
        (pl.col("account_id") != pl.col("name")) & ~pl.col("name").str.contains(r"^\w+:t\d_")
    )
    there = ids.join(known.select(name="account_id"), on="name", how="semi")
    return pl.concat([there, there.select(account_id="name", name="account_id")]).unique()


def _bodies(decisions: Iterable[dict[str, object]]) -> Iterable[Body]:
    """DECISIONS rows as bodies of events."""
    from ownwords.ledger.decisions import decision_body

    names = ("category", "since", "until", "record_id", "by", "source", "is_lifetime")
    for row in decisions:
        yield decision_body(row["purpose"], effective_at=row["effective_at"], **{name: row[name] for name in names})  # type: ignore[arg-type]
