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
#: Widest first: of two that are told of one record the narrower counts. `unknown` says nothing.
VISIBILITY_ORDER = ("public", "unlisted", "followers", "group", "direct", "private")
#: A scope of decisions, not a category of records: what carries the signal `special-category` (health, religion, ...).
SPECIAL = "special"
VISIBILITIES = frozenset({*VISIBILITY_ORDER, "unknown"})
PRIVATE = frozenset({"direct", "group", "private"})
#: Columns that name a record whose words stand in this one.
CITES = ("quotes", "repost_of")
RECORD_STATES = frozenset({"live", "deleted", "withheld"})
#: Widest first: of two that are told of one account the stricter counts. A memorial is stricter than an account that its owner could
#: open again, or the news that it was closed would undo it. `disputed`: somebody speaks as the person of a memorial.
STATE_ORDER = ("active", "historical", "protected", "suspended", "deactivated", "memorialised", "disputed", "deleted")
ACCOUNT_STATES = frozenset(STATE_ORDER)

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
    "effect": pl.String,  # give refuse withdraw object renew expire
    "purpose": pl.String,
    "category": pl.String,  # null = every category; or SPECIAL
    "since": TIME,  # posted at or after; null = open
    "until": TIME,  # posted before; null = open
    "record_id": pl.String,  # null = every record
    "by": pl.String,  # self guardian legacy_contact court import
    "source": pl.String,  # self for the person's own word, else who told it
    "effective_at": TIME,
    "is_lifetime": pl.Boolean,  # made for after death
    "expires_at": TIME,  # a grant ends; null = never
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
    private           PARSED, those of them that were read whole: never stored, but heard where the same record is held as less private
    """

    records: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PARSED))
    accounts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ACCOUNTS))
    rejects: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS))
    private_counted: int = 0
    private: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PARSED))


def conform(frame: pl.DataFrame, schema: Columns) -> pl.DataFrame:
    """`frame` with exactly the columns and types of `schema`; absent columns become null."""
    have = frame.columns
    if not any(name in have for name in schema):  # a select of literals alone would have one row, whatever the height
        return pl.DataFrame(schema=schema).clear(frame.height)
    return frame.select((pl.col(name) if name in have else pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema.items())


def rank(column: pl.Expr, order: tuple[str, ...]) -> pl.Expr:
    """int8: the place of each word in `order`, 0 first; past the end for a word that is not in it, null for null."""
    places = {word: place for place, word in enumerate(order)}
    return pl.when(column.is_not_null()).then(column.replace_strict(places, default=len(order), return_dtype=pl.Int8))


def one_row_each(accounts: pl.DataFrame) -> pl.DataFrame:
    """ACCOUNTS with one row an account, from rows in the order in which they were told; what is told later may only narrow.

    The strictest state, the latest birth date and the earliest joining count; the newest handle; of network, person and jurisdiction
    the first that was told stays. Null says nothing; rows of nobody are left out.
    """
    known = conform(accounts, ACCOUNTS).filter(pl.col("account_id").is_not_null())
    if not known["account_id"].is_duplicated().any():
        return known
    first = [pl.col(name).drop_nulls().first() for name in ("network", "person_id", "jurisdiction")]
    strictest = pl.col("state").sort_by(rank(pl.col("state"), STATE_ORDER), nulls_last=False).last()
    folded = known.group_by("account_id", maintain_order=True).agg(
        *first, strictest, pl.col("handle").drop_nulls().last(), pl.col("born_on").max(), pl.col("joined_at").min()
    )
    return folded.select(list(ACCOUNTS))
