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
#: The column of what stands beside the ids of a list without header.
_BESIDES = "\x1fbesides"
#: Names a column of ids goes by; a file of one column needs none.
_COLUMNS = ("account_id", "account", "person", "handle", "id", "user_id", "user")
_DENIES = (
    *("refuse", "refused", "withdraw", "withdrawn", "object", "objected", "opt-out", "optout", "opt out", "opted-out", "opted out"),
    *("no", "deny", "denied"),
)
_SEPARATORS = (",", ";", "\t")
#: What editors and spreadsheets leave around a cell: spaces of every kind, marks without width, control characters, quotes.
_AROUND = r"^[\s\p{Cc}\p{Cf}\"']+|[\s\p{Cc}\p{Cf}\"']+$"
#: network:native-id or network:@handle; no link (`https://`), no @ too many.
_SHAPE = r"^[a-z][a-z0-9_.-]{0,63}:[@/]?[\w.+-][\w.@/+-]{0,126}$"
_UNSEEN = r"[\p{Cc}\p{Cf}]"
#: What may stand beside an id in a list without header: nothing, a day, or a word that denies.
_BESIDE = r"^(?:\d{4}-\d\d-\d\d.*)?$"


def take_in(house: House, path: Path, purpose: str) -> dict[str, object]:
    """Write a refusal of `purpose` for each account of a list, by import; rows = refused + already + forgotten + rejects.

    path     text with one account id or network:@handle a line, or CSV (comma, semicolon or tab) or Parquet with such a column; a
             column `effect` may stand beside it, and rows that do not deny are rejected: nobody can opt others in
    returns  not_here_yet of the refused are of nobody known here; they count when somebody of that id or handle comes in
    raises   NotFound, BadInput
    """
    import polars as pl

    from ownwords.core.files import sha256_file
    from ownwords.ledger.decisions import decision_body

    if not path.is_file():
        raise NotFound("the list is no file", "give a text file with one account id a line, or CSV or Parquet")
    source = f"list:{sha256_file(path)[:16]}"
    accounts = house.store().accounts()
    rows, n_rejects = _rows(path, accounts["account_id"])
    if rows.is_empty() and n_rejects:
        raise BadInput(f"none of the {n_rejects} rows of the list names anybody", "write network:id or network:@handle, e.g. x:@someone")
    people = _resolved(accounts, rows)
    told = house.ledger.decisions().filter((pl.col("source") == source) & (pl.col("purpose") == purpose))["account_id"]
    is_handle = people.str.contains(":@", literal=True)
    gone = house.ledger.tombstoned(people) | house.ledger.tombstoned(people.set(~is_handle, None), "handle")
    unsaid = people.filter(~gone & ~people.is_in(told.implode()))
    fresh, here = unsaid.to_list(), unsaid.is_in(accounts["account_id"].implode())
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
        "not_here_yet": len(fresh) - int(here.sum()),
        "already": rows.len() - len(fresh) - n_gone,
        "forgotten": n_gone,
        "rejects": n_rejects,
    }


def _rows(path: Path, known: pl.Series) -> tuple[pl.Series, int]:
    """The ids of a list, and how many rows are none or do not deny.

    known   ids of accounts held here: whatever their shape, they are ids
    """
    import polars as pl

    table = _table(path)
    column = next((name for name in _COLUMNS if name in table.columns), table.columns[0] if table.width == 1 else None)
    if column is None:
        raise BadInput("the list has no column of accounts", f"name it one of: {', '.join(_COLUMNS)}")
    ids = _id(pl.col(column))
    good = (ids.str.contains(_SHAPE) & ~ids.str.contains(_UNSEEN)) | ids.is_in(known.implode())
    if "effect" in table.columns:
        good &= _cell(pl.col("effect")).str.to_lowercase().is_in(list(_DENIES))
    if _BESIDES in table.columns:
        beside = pl.col(_BESIDES).list.eval(pl.element().str.contains(_BESIDE) | pl.element().str.to_lowercase().is_in(list(_DENIES)))
        good &= beside.list.all()
    kept = table.select(pl.when(good.fill_null(value=False)).then(ids)).to_series()
    return kept.drop_nulls(), kept.null_count()


def _cell(column: pl.Expr) -> pl.Expr:
    """What a cell says, without what stands around it."""
    import polars as pl

    return column.cast(pl.String).str.replace_all(_AROUND, "")


def _id(column: pl.Expr) -> pl.Expr:
    """An id as the store writes it: the network small, and on reddit, whose ids of accounts are their names, all of it."""
    import polars as pl

    cell = _cell(column)
    network = cell.str.extract(r"^([^:]*):", 1).str.to_lowercase()
    return pl.when(network == "reddit").then(cell.str.to_lowercase()).otherwise(network + cell.str.extract(r"^[^:]*(:(?s:.*))$", 1))


def _table(path: Path) -> pl.DataFrame:
    """The list's columns, their names without spaces and in small letters; a list without header has `id`, and the cells beside it."""
    import polars as pl

    try:
        if path.suffix == ".parquet":
            return _named(pl.read_parquet(path))
        with path.open("rb") as handle:
            first = handle.readline(1 << 16).decode("utf-8-sig")
        lines = pl.read_csv(path, has_header=False, infer_schema=False, separator="\x1f", quote_char=None, new_columns=["line"])
        for separator in _SEPARATORS:
            if set(_names(first.split(separator))) & set(_COLUMNS):
                return _with_header(path, separator, lines.height - 1)
        cells = lines["line"].str.replace_all("[,;\t]", "\t").str.split("\t")
        besides = cells.list.slice(1).list.eval(_cell(pl.element()))
        return pl.DataFrame({"id": cells.list.first(), _BESIDES: besides})
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise BadInput("the list is no UTF-8 text, CSV or Parquet", "one account id or network:@handle a line") from error


def _with_header(path: Path, separator: str, n_rows: int) -> pl.DataFrame:
    """A list whose first line names its columns; a quote that is never closed must not swallow the lines after it.

    n_rows   how many lines follow the first
    """
    import polars as pl

    def read(quote: str | None) -> pl.DataFrame:
        return pl.read_csv(path, infer_schema=False, separator=separator, truncate_ragged_lines=True, quote_char=quote)

    try:
        table = read('"')
    except pl.exceptions.PolarsError:
        return _named(read(None))
    return _named(table if table.height == n_rows else read(None))


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """The table, its columns called without spaces around them and in small letters.

    raises   PolarsError if two are called the same then
    """
    table.columns = _names(table.columns)
    return table


def _names(cells: list[str]) -> list[str]:
    import polars as pl

    return pl.Series(cells, dtype=pl.String).to_frame("name").select(_cell(pl.col("name")).str.to_lowercase()).to_series().to_list()


def _resolved(accounts: pl.DataFrame, rows: pl.Series) -> pl.Series:
    """Each id once; a handle becomes its account's id where it is known, else stays, and counts for whoever comes in under it."""
    import polars as pl

    ids = rows.unique(maintain_order=True).to_frame("id").with_columns(key=pl.col("id").str.to_lowercase())
    known = accounts.drop_nulls("handle").select("account_id", key=pl.format("{}:@{}", "network", "handle").str.to_lowercase())
    found = ids.join(known, on="key", how="left", maintain_order="left")
    is_handle = pl.col("id").str.contains(":@", literal=True)
    return found.select(pl.coalesce("account_id", pl.when(is_handle).then("key").otherwise("id"))).to_series().unique(maintain_order=True)
