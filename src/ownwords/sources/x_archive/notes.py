"""Long posts: their whole text lies in `note-tweet.js`, while the tweet ends in an ellipsis; the two share no id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.schemas import PARSED, TIME, Batch, conform
from ownwords.sources._batches import DELETED, REFUSE, Turned, batch
from ownwords.sources._columns import iso, json_of, not_before
from ownwords.sources._json import AT
from ownwords.sources.x_archive import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ownwords.core.schemas import Columns
    from ownwords.sources.x_archive.files import Archive
    from ownwords.sources.x_archive.owner import Owner

_FIELDS: Columns = {
    **dict.fromkeys(("noteTweetId", "createdAt", "updatedAt"), pl.String),
    "core": pl.Struct({"text": pl.String}),
}
RAW: Columns = {"noteTweet": pl.Struct(dict(_FIELDS)), **_FIELDS}
_TABLE: Columns = {"note_id": pl.String, "note_text": pl.String, "note_at": TIME}
# Seconds by which the tweet of a note may be earlier (-) or later than it; in the archives seen it is 0.
_SHIFTS = (-2, -1, 0, 1, 2)


@dataclass(slots=True)
class Notes:
    """The notes no tweet has claimed yet: note_id, note_text, note_at."""

    table: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_TABLE))


def gather(archive: Archive, max_rows: int) -> tuple[Notes, list[Batch]]:
    """All notes of an archive, and batches with the rejects among them."""
    found = [pl.DataFrame(schema=_TABLE)]
    refused = []
    for part in archive.of("note"):
        for chunk in items.chunks(part, "noteTweet", max_rows):
            frame, bad = items.table(chunk, RAW)
            notes = _named(frame)
            found.append(notes.filter(pl.col(REFUSE).is_null()).select(list(_TABLE)))
            only_bad = notes.filter(pl.col(REFUSE).is_not_null()).select(AT, REFUSE)
            refused.append(batch(chunk, bad, Turned(only_bad, pl.DataFrame()), f"{part.name}:"))
    return Notes(pl.concat(found)), refused


def complete(tweets: pl.DataFrame, notes: Notes) -> pl.DataFrame:
    """`tweets` with `note_id`, and `said` replaced by the note of the same second that begins with the tweet's words.

    tweets   table with _at, at (instant), said; its mentions at the front and links at the end are the tweet's alone
    notes    those claimed are taken out
    """
    if notes.table.is_empty():
        return tweets.with_columns(note_id=pl.lit(None, pl.String))
    nearby = notes.table.join(pl.DataFrame({"shift": list(_SHIFTS)}), how="cross").select(
        "note_id", "note_text", second=(pl.col("note_at") + pl.duration(seconds="shift")).dt.truncate("1s")
    )
    pairs = (
        tweets.filter(~pl.col("is_repost"))
        .select(AT, second=pl.col("at").dt.truncate("1s"), stem=_stem(pl.col("said")))
        .filter(pl.col("stem").str.len_chars() > 0)
        .join(nearby, on="second")
        .filter(pl.col("note_text").str.starts_with(pl.col("stem")))
        .sort(pl.col("stem").str.len_chars(), descending=True, maintain_order=True)
        .unique(AT, keep="first", maintain_order=True)
        .unique("note_id", keep="first", maintain_order=True)
    )
    notes.table = notes.table.join(pairs, on="note_id", how="anti")
    claimed = tweets.join(pairs.select(AT, "note_id", "note_text"), on=AT, how="left", maintain_order="left")
    return claimed.with_columns(said=pl.coalesce("note_text", "said")).drop("note_text")


def unclaimed(notes: Notes, owner: Owner) -> Batch:
    """The notes without a tweet, as records of their own: whether they answered something is not known."""
    return Batch(_records(notes.table, owner, is_deleted=False))


def deleted(archive: Archive, owner: Owner, max_rows: int) -> Iterator[Batch]:
    """`deleted-note-tweet.js` as deleted records."""
    for part in archive.of("deleted_note"):
        for chunk in items.chunks(part, "noteTweet", max_rows):
            frame, bad = items.table(chunk, RAW)
            notes = _named(frame)
            rows = _records(notes, owner, is_deleted=True).with_columns(notes[AT], notes[REFUSE])
            yield batch(chunk, bad, Turned(rows, pl.DataFrame()), f"{part.name}:")


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    plain = frame.select(AT, *(pl.coalesce(pl.col("noteTweet").struct.field(name), pl.col(name)).alias(name) for name in _FIELDS))
    is_id = pl.col("noteTweetId").str.contains(r"^[1-9][0-9]{0,19}$").fill_null(value=False)
    return plain.select(
        AT,
        pl.when(~is_id).then(pl.lit("no id that X could have given")).alias(REFUSE),
        note_id="noteTweetId",
        note_text=pl.col("core").struct.field("text"),
        note_at=not_before(iso(pl.col("createdAt")), 2006),
    )


def _stem(said: pl.Expr) -> pl.Expr:
    """What note and tweet have in common: the tweet's words up to its first link or its ellipsis."""
    return (
        said.str.replace(r"^(?:@\w+\s+)+", "")
        .str.replace(r"(?s)https://t\.co/.*$", "")
        .str.replace(r"(?s)\s*…\s*$", "")
        .str.strip_chars_end()
    )


def _records(notes: pl.DataFrame, owner: Owner, *, is_deleted: bool) -> pl.DataFrame:
    return conform(
        notes.select(
            record_id=pl.lit("x:note-") + pl.col("note_id"),
            revision=pl.lit(DELETED if is_deleted else 0),
            state=pl.lit("deleted" if is_deleted else "live"),
            account_id=pl.lit(owner.account_id),
            network=pl.lit("x"),
            category=pl.lit("post"),
            visibility=owner.visibility(pl.col("note_at")),
            created_at="note_at",
            observed_at=pl.lit(owner.observed_at),
            text="note_text",
            attributes=json_of(note_id=pl.col("note_id")),
            terms=pl.lit("own-export"),
        ),
        PARSED,
    )
