"""The tables every part of the program speaks: records, accounts, decisions and rejects."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

Columns = dict[str, pl.DataType | type[pl.DataType]]
TIME = pl.Datetime("us", "UTC")
MEDIA = pl.List(pl.Struct({"uri": pl.String, "kind": pl.String, "sha256": pl.String}))
SIGNALS = pl.List(pl.Struct({"name": pl.String, "value": pl.String, "set_by": pl.String, "at": TIME}))

CATEGORIES = frozenset(
    {"post", "reply", "repost", "reaction", "message", "profile", "position", "education", "skill", "connection"}
    | {"face", "voice", "location"}
)
VISIBILITIES = frozenset({"public", "unlisted", "followers", "group", "direct", "private", "unknown"})
PRIVATE = frozenset({"direct", "group", "private"})
RECORD_STATES = frozenset({"live", "deleted", "withheld"})
ACCOUNT_STATES = frozenset(["active", "protected", "suspended", "deactivated", "deleted", "memorialised", "historical"])

#: What a source yields for one revision of a thing a person made. `None` is unknown, never a guess.
PARSED: Columns = {
    "record_id": pl.String,  # network:native-id; null where there is none (ingest makes one)
    "revision": pl.Int32,  # 0 first; the highest counts
    "edited_at": TIME,
    "state": pl.String,  # RECORD_STATES
    "account_id": pl.String,  # network:native-account-id; null = author unknown
    "network": pl.String,
    "category": pl.String,  # CATEGORIES
    "visibility": pl.String,  # VISIBILITIES
    "audience": pl.List(pl.String),
    "created_at": TIME,
    "observed_at": TIME,
    "text": pl.String,
    "language": pl.String,  # BCP 47
    "reply_to": pl.String,  # record id
    "conversation": pl.String,  # record id of the thread's root
    "quotes": pl.String,  # record id
    "repost_of": pl.String,  # record id
    "mentions": pl.List(pl.String),  # account ids; `network:@handle` where only that is known
    "attributes": pl.String,  # JSON
    "media": MEDIA,
    "terms": pl.String,
    "signals": SIGNALS,
}
#: PARSED plus what ingest adds.
RECORDS: Columns = {
    **PARSED,
    "record_no": pl.Int64,  # bucket << 48 | serial; never used again (Delta has no unsigned integers)
    "batch": pl.String,
    "bucket": pl.Int32,
}
ACCOUNTS: Columns = {
    "account_id": pl.String,
    "network": pl.String,
    "handle": pl.String,  # without @
    "person_id": pl.String,
    "state": pl.String,  # ACCOUNT_STATES, as the source told it
    "born_on": pl.Date,
    "jurisdiction": pl.String,  # ISO 3166-1 alpha-2
    "joined_at": TIME,
}
#: What people decided, one row a decision, as the ledger tells it.
DECISIONS: Columns = {
    "seq": pl.Int64,  # ledger event
    "account_id": pl.String,
    "effect": pl.String,  # give refuse withdraw object
    "purpose": pl.String,
    "category": pl.String,  # null = every category
    "since": TIME,  # posted at or after; null = open
    "until": TIME,  # posted before; null = open
    "record_id": pl.String,  # null = every record
    "by": pl.String,  # self guardian legacy_contact court import
    "source": pl.String,  # self for the person's own word, else who told it
    "effective_at": TIME,
    "is_lifetime": pl.Boolean,  # made for after death
}
REJECTS: Columns = {
    "position": pl.String,  # e.g. `tweets.js:17` counted from 1; never a path that names people
    "reason": pl.String,
    "sha256": pl.String,  # of the refused bytes
}


@dataclass(frozen=True, slots=True)
class Batch:
    """What a source yields at a time: rows in = records + rejects + private_counted.

    private_counted   private messages seen and left where they were
    """

    records: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PARSED))
    accounts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ACCOUNTS))
    rejects: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS))
    private_counted: int = 0


def conform(frame: pl.DataFrame, schema: Columns) -> pl.DataFrame:
    """`frame` with exactly the columns and types of `schema`; absent columns become null."""
    have = frame.columns
    if not any(name in have for name in schema):  # a select of literals alone would have one row, whatever the height
        return pl.DataFrame(schema=schema).clear(frame.height)
    return frame.select((pl.col(name) if name in have else pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema.items())
