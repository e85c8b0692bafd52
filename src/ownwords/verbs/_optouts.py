"""Opt-out lists: millions of refusals at once, and never a consent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core import clock, progress
from ownwords.core.errors import BadInput, NotFound

if TYPE_CHECKING:
    import polars as pl

    from ownwords.verbs._house import House

_ROWS_AT_A_TIME = 100_000
#: Names a column of ids goes by; a file of one column needs none.
_COLUMNS = ("account_id", "account", "person", "handle", "id")
_DENIES = ("refuse", "withdraw", "object", "opt-out", "optout", "no", "deny")
_SHAPE = r"^[a-z0-9_.-]{1,64}:\S{1,256}$"


def take_in(house: House, path: Path, purpose: str) -> dict[str, object]:
    """Write a refusal of `purpose` for each account of a list, by import; rows = refused + already + forgotten + rejects.

    path     text with one account id or network:@handle a line, or CSV or Parquet with such a column; a column `effect` may
             stand beside it, and rows that do not deny are rejected: nobody can opt others in
    raises   NotFound, BadInput
    """
    import polars as pl

    from ownwords.core.files import sha256_file
    from ownwords.ledger.decisions import decision_body

    if not path.is_file():
        raise NotFound("the list is no file", "give a text file with one account id a line, or CSV or Parquet")
    source = f"list:{sha256_file(path)[:16]}"
    rows, n_rejects = _rows(path)
    people = _resolved(house, rows)
    told = house.ledger.decisions().filter((pl.col("source") == source) & (pl.col("purpose") == purpose))["account_id"]
    is_handle = people.str.contains(":@", literal=True)
    gone = house.ledger.tombstoned(people) | house.ledger.tombstoned(people.set(~is_handle, None), "handle")
    fresh = people.filter(~gone & ~people.is_in(told.implode())).to_list()
    body = decision_body(purpose, effective_at=clock.now(), by="import", source=source)
    for start in range(0, len(fresh), _ROWS_AT_A_TIME):
        part = fresh[start : start + _ROWS_AT_A_TIME]
        house.ledger.append_many("consent.refuse", part, [body] * len(part))
        progress.tell("refusals", start + len(part), len(fresh))
    n_gone = int(gone.sum())
    return {
        "list": source,
        "purpose": purpose,
        "rows": rows.len() + n_rejects,
        "refused": len(fresh),
        "already": rows.len() - len(fresh) - n_gone,
        "forgotten": n_gone,
        "rejects": n_rejects,
    }


def _rows(path: Path) -> tuple[pl.Series, int]:
    """The ids of a list, and how many rows are none or do not deny."""
    import polars as pl

    table = _table(path)
    column = next((name for name in _COLUMNS if name in table.columns), table.columns[0] if table.width == 1 else None)
    if column is None:
        raise BadInput("the list has no column of accounts", f"name it one of: {', '.join(_COLUMNS)}")
    ids = pl.col(column).cast(pl.String).str.strip_chars()
    good = ids.str.contains(_SHAPE).fill_null(False)
    if "effect" in table.columns:
        good &= pl.col("effect").cast(pl.String).str.to_lowercase().is_in(list(_DENIES)).fill_null(False)
    kept = table.select(pl.when(good).then(ids)).to_series()
    return kept.drop_nulls(), kept.null_count()


def _table(path: Path) -> pl.DataFrame:
    import polars as pl

    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        with path.open("rb") as handle:
            first = handle.readline(1 << 16).decode("utf-8-sig").strip().lower()
        columns = first.replace('"', "").split(",")
        if set(columns) & set(_COLUMNS):
            return pl.read_csv(path, infer_schema=False).rename(str.lower)
        return pl.read_csv(path, has_header=False, infer_schema=False, separator="\x1f", quote_char=None, new_columns=["id"])
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise BadInput("the list is no UTF-8 text, CSV or Parquet", "one account id or network:@handle a line") from error


def _resolved(house: House, rows: pl.Series) -> pl.Series:
    """Each id once; a handle becomes its account's id where it is known, else stays, and counts for whoever comes in under it."""
    import polars as pl

    ids = rows.unique(maintain_order=True).to_frame("id").with_columns(key=pl.col("id").str.to_lowercase())
    known = (
        house.store().accounts().drop_nulls("handle").select("account_id", key=pl.format("{}:@{}", "network", "handle").str.to_lowercase())
    )
    found = ids.join(known, on="key", how="left", maintain_order="left")
    is_handle = pl.col("id").str.contains(":@", literal=True)
    return found.select(pl.coalesce("account_id", pl.when(is_handle).then("key").otherwise("id"))).to_series().unique(maintain_order=True)
