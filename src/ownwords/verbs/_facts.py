"""What the gate decides on, gathered: accounts, their states, what people decided, and where quoted words can be looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.schemas import CITES
from ownwords.policy.gate import Facts

if TYPE_CHECKING:
    from ownwords.ledger.log import Head
    from ownwords.policy.file import Policy
    from ownwords.store.store import Store
    from ownwords.verbs._house import House

#: So many records are looked up by the index one by one; more by one scan.
_FEW = 50


def gather(
    house: House,
    store: Store,
    policy: Policy,
    head: Head,
    *,
    about: pl.DataFrame | None = None,
    upto: int | None = None,
    past: pl.LazyFrame | None = None,
) -> Facts:
    """The facts at one version of the store and one head of the ledger.

    about   RECORDS rows: facts are read on their authors and on those whose words they quote or repost; None: on everybody
    upto    the last event that counts; None: all
    past    RECORDS as they were then, where what is quoted is looked up; None: as they are in `store`
    """
    rows = store.scan() if past is None else past
    referred, people = (rows, None) if about is None else _quoted(house, rows, about, is_past=past is not None)
    return Facts(
        policy=policy,
        accounts=store.accounts() if people is None else store.accounts_of(people),
        states=house.ledger.states(people, upto),
        decisions=house.ledger.decisions(accounts=people, upto=upto),
        ledger_seq=head.seq,
        ledger_root=head.root,
        store_version=store.versions.records,
        referred=referred,
    )


def _quoted(house: House, rows: pl.LazyFrame, about: pl.DataFrame, *, is_past: bool) -> tuple[pl.LazyFrame | None, list[str]]:
    """The records that `about` quotes or reposts, and everybody who wrote one or the other."""
    inside = pl.concat([about[name] for name in CITES]).drop_nulls().unique()
    authors = about["account_id"].drop_nulls()
    if inside.is_empty():
        return None, authors.unique().to_list()
    if inside.len() <= _FEW and not is_past:
        quoted = pl.concat([house.record(name).select(about.columns).collect() for name in inside])
    else:
        quoted = rows.select(about.columns).join(inside.to_frame("record_id").lazy(), on="record_id", how="semi").collect()
    return quoted.lazy(), pl.concat([authors, quoted["account_id"].drop_nulls()]).unique().to_list()
