"""What the gate decides on, gathered: accounts, their states, what people decided, and where quoted words can be looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.handles import SHARED_NAMES
from ownwords.core.schemas import CITES
from ownwords.policy.gate import Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ownwords.ledger.log import Head
    from ownwords.policy.file import Policy
    from ownwords.store.store import Store
    from ownwords.verbs._house import House

#: So many records are looked up by the index one by one; more by one scan.
_FEW = 50


def gather(house: House, store: Store, policy: Policy, head: Head, *, about: pl.DataFrame | None = None, upto: int | None = None) -> Facts:
    """The facts at one version of the store and one head of the ledger.

    about   RECORDS rows: facts are read on their authors and on those whose words they quote or repost; None: on everybody
    upto    the last event that counts; None: all
    """
    referred, people = (store.scan(), None) if about is None else _quoted(house, store, about)
    accounts = store.accounts() if people is None else store.accounts_of(people)
    names = None if people is None else [*people, *accounts.select(_names()).to_series().explode().drop_nulls()]
    return Facts(
        policy=policy,
        accounts=accounts,
        states=house.ledger.states(people, upto),
        decisions=_bound(house.ledger.decisions(accounts=names, upto=upto), accounts),
        ledger_seq=head.seq,
        ledger_root=head.root,
        store_version=store.versions.records,
        referred=referred,
    )


def accounts_called(store: Store, names: Sequence[str]) -> list[str]:
    """`names`, and the accounts that any of them is a name of: what is decided under a name is decided about whoever bears it."""
    if not any(":" in name for name in names):
        return list(names)
    known = store.accounts().with_columns(_names().alias("name")).explode("name")
    return sorted({*names, *known.filter(pl.col("name").is_in(list(names)))["account_id"]})


def same_person(store: Store, account: str) -> list[str]:
    """`account`, and whatever account its network knows by its name alone, or by whose name it is known."""
    network = account.partition(":")[0]
    if network in SHARED_NAMES:
        return [account]
    known = store.accounts().filter(pl.col("network") == network).drop_nulls("handle").with_columns(by_name=_names().list.last())
    own = known.filter(pl.col("account_id") == account)["by_name"].to_list()
    same = pl.col("account_id").is_in([account, *own]) | (pl.col("by_name") == account)
    return [account, *known.filter(same & (pl.col("account_id") != account))["account_id"].unique().sort()]


def _names() -> pl.Expr:
    """list[str] over ACCOUNTS: under which names else decisions on an account may stand in the ledger.

    `network:@handle` from lists of refusals, and `network:handle`, the account id in dumps that know authors by name alone.
    """
    return pl.concat_list(
        pl.when(pl.col("handle").is_not_null()).then(pl.format(form, "network", pl.col("handle").str.to_lowercase()))
        for form in ("{}:@{}", "{}:{}")
    ).list.drop_nulls()


def _bound(decisions: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """DECISIONS, and what was refused under another name of an account as its own; a grant holds for the very account alone."""
    denials = decisions.filter(~pl.col("effect").is_in(["give", "renew"]))
    if denials.is_empty() or accounts.is_empty():
        return decisions
    named = (
        accounts.drop_nulls("handle")
        .select("account_id", _names().alias("name"))
        .explode("name")
        .filter(pl.col("name") != pl.col("account_id"))
    )
    there = named.join(accounts.select(name="account_id"), on="name", how="semi").rename({"account_id": "name", "name": "account_id"})
    pairs = pl.concat([named, there.select("account_id", "name")])
    also = denials.rename({"account_id": "name"}).join(pairs, on="name", how="inner").select(decisions.columns)
    return pl.concat([decisions, also]) if also.height else decisions


def _quoted(house: House, store: Store, about: pl.DataFrame) -> tuple[pl.LazyFrame | None, list[str]]:
    """The records that `about` quotes or reposts, and everybody who wrote one or the other."""
    inside = pl.concat([about[name] for name in CITES]).drop_nulls().unique()
    authors = about["account_id"].drop_nulls()
    if inside.is_empty():
        return None, authors.unique().to_list()
    if inside.len() <= _FEW:
        quoted = pl.concat([house.record(name).select(about.columns).collect() for name in inside])
    else:
        quoted = store.scan().select(about.columns).join(inside.to_frame("record_id").lazy(), on="record_id", how="semi").collect()
    return quoted.lazy(), pl.concat([authors, quoted["account_id"].drop_nulls()]).unique().to_list()
