"""From raw rows to batches: rows in = records + rejects + private ones counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.errors import BadInput
from ownwords.core.schemas import PARSED, PRIVATE, REJECTS, Batch, conform, one_row_each
from ownwords.sources._json import AT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ownwords.core.source import ReadOptions
    from ownwords.sources._lines import Chunk, Lost

#: Column in which a source says why a row that could be read is still no record; null keeps it.
REFUSE = "_refuse"
#: So many rejects without one record, and the file is of another format.
_HOPELESS = 10_000
#: Revision of a deletion: no edit comes after it.
DELETED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Turned:
    """What a source made of one chunk.

    rows       PARSED columns, `_at`, and perhaps `_refuse`
    accounts   any of the ACCOUNTS columns
    """

    rows: pl.DataFrame
    accounts: pl.DataFrame


def batch(chunk: Chunk, refused: list[tuple[int, str]], turned: Turned, place: str) -> Batch:
    """One chunk's batch.

    place   what stands before the row's number in a reject's position, e.g. `tweets.js:`
    """
    rows = turned.rows
    if REFUSE in rows.columns:
        bad = rows.filter(pl.col(REFUSE).is_not_null())
        refused = sorted([*refused, *bad.select(AT, REFUSE).rows()])
        rows = rows.filter(pl.col(REFUSE).is_null())
    told = conform(rows, PARSED).with_columns(created_at=_not_after(pl.col("created_at")))
    return Batch(told, one_row_each(turned.accounts), rejects(chunk.lose(refused), place))


def _not_after(instant: pl.Expr) -> pl.Expr:
    """Nothing is made after it was seen: such an instant is unknown. A day is left for clocks and zones that are wrong."""
    return pl.when((instant > pl.col("observed_at") + pl.duration(days=1)).fill_null(value=False)).then(None).otherwise(instant)


def rejects(lost: Iterable[Lost], place: str) -> pl.DataFrame:
    """The REJECTS table of some lost rows."""
    rows = [(f"{place}{one.number}", one.reason, one.sha256) for one in lost]
    return pl.DataFrame(rows, schema=REJECTS, orient="row")


def settle(batches: Iterable[Batch], options: ReadOptions, name: str, what: str) -> Iterator[Batch]:
    """Batches of a useful size without what is private, and nothing at all of a file that is wholly of another format.

    options   small batches are joined until they have `batch_rows`; `keep_private` leaves private rows in
    name      the file
    what      what it was said to be, e.g. "Reddit comments or submissions, one JSON object a line"
    raises    BadInput if no row could be read, or if there was none
    """
    held: list[Batch] = []
    n_rejects = n_kept = n_held = 0
    for each in batches:
        one = each if options.keep_private else _counted(each)
        held.append(one)
        n_rejects += one.rejects.height
        n_kept += one.records.height + one.private_counted + one.accounts.height
        n_held += one.records.height + one.rejects.height + one.private.height
        if n_kept == 0 and n_rejects > _HOPELESS:
            break
        if n_kept and n_held >= options.batch_rows:
            yield _join(held)
            held, n_held = [], 0
    if n_kept == 0:
        why = f"the first: {next(one.rejects['reason'][0] for one in held if one.rejects.height)}" if n_rejects else "it holds none"
        raise BadInput(f"{name} is not {what}: no row of it could be read ({why})", "name the source it really is, or try auto")
    if held:
        yield _join(held)


def _counted(one: Batch) -> Batch:
    """`one` with private rows (messages, and whatever was for some people only) counted instead of yielded."""
    told = pl.col("visibility").is_in(sorted(PRIVATE)).fill_null(value=False)
    is_private = told | (pl.col("category") == "message").fill_null(value=False)
    kept, private = one.records.filter(~is_private), one.records.filter(is_private)
    private = private.with_columns(visibility=pl.when(told).then("visibility").otherwise(pl.lit("private")))
    counted = one.private_counted + private.height
    return replace(one, records=kept, private_counted=counted, private=pl.concat([one.private, private]))


def _join(held: list[Batch]) -> Batch:
    if len(held) == 1:
        return held[0]
    return Batch(
        pl.concat([one.records for one in held]),
        one_row_each(pl.concat([one.accounts for one in held])),
        pl.concat([one.rejects for one in held]),
        sum(one.private_counted for one in held),
        pl.concat([one.private for one in held]),
    )
