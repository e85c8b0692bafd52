"""Reddit: comments and submissions as NDJSON, plain or .zst (Pushshift dumps), and thread listings of the API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson
import polars as pl

from ownwords.core.schemas import MEDIA, SIGNALS, Batch
from ownwords.sources import _listing
from ownwords.sources._batches import DELETED, REFUSE, Turned, batch, settle
from ownwords.sources._bytes import head
from ownwords.sources._columns import edit_number, json_of, not_before, one_of, since_epoch, unescaped
from ownwords.sources._json import AT, parse
from ownwords.sources._lines import lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ownwords.core.schemas import Columns
    from ownwords.core.source import ReadOptions

TERMS = "reddit-data-api"
_WHAT = "Reddit comments or submissions, one JSON object a line"
_GONE = ("[deleted]", "[removed]", "[ Removed by Reddit ]", "[deleted by user]")
_IDS = ("id", "name", "author", "author_fullname", "link_id", "parent_id", "crosspost_parent", "subreddit")
_WORDS = ("body", "title", "selftext", "url", "post_hint", "removed_by_category", "distinguished", "subreddit_type")
_FACTS = ("created_utc", "edited", "retrieved_on", "over_18", "is_self", "score", "is_robot_indexable", "quarantine")
RAW: Columns = {**dict.fromkeys((*_IDS, *_WORDS, *_FACTS), pl.String), "_meta": pl.Struct({"was_deleted_later": pl.String})}


def sniff(path: Path) -> float:
    """1 for a file whose first object is a comment or submission, .95 for a listing of them, else 0."""
    if not path.is_file():
        return 0.0
    start = head(path, 1 << 20).removeprefix(b"\xef\xbb\xbf").lstrip()
    if _listing.is_listing(start):
        return 0.95
    for line in start.split(b"\n")[:20]:
        try:
            value = orjson.loads(line)
        except ValueError:
            continue
        return float(isinstance(value, dict) and _is_ours(value))
    return float(bool(re.match(rb'\{.*"subreddit"\s*:', start[:20_000], re.DOTALL)) and b'"created_utc"' in start)


def _is_ours(value: dict[str, object]) -> bool:
    return "subreddit" in value and "created_utc" in value and ("body" in value or "title" in value)


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Comments are replies, submissions posts; what is [deleted] or [removed] keeps its place in the thread and no words.

    path     NDJSON (.gz, .zst), or one API listing
    yields   Batch; positions are `line N`, or `item N` of a listing
    raises   BadInput if it is none of these, or broken
    source   record ids `reddit:t1_...`, `reddit:t3_...`; accounts `reddit:t2_...`, or `reddit:name` in small letters where the
             dump has no t2 id
    """
    return settle(_batches(path, options), options, path.name, _WHAT)


def _batches(path: Path, options: ReadOptions) -> Iterator[Batch]:
    if _listing.is_listing(head(path, 1 << 20).lstrip()):
        chunks, place = _listing.items(path, options.batch_rows), "item "
    else:
        chunks, place = lines(path, options.batch_rows), "line "
    for chunk in chunks:
        frame, refused = parse(chunk.rows, RAW)
        yield batch(chunk, refused, _turn(frame, options), place)


def _turn(frame: pl.DataFrame, options: ReadOptions) -> Turned:
    named = frame.with_columns(
        unescaped(pl.col("body", "selftext", "title")),
        created_at=not_before(since_epoch(pl.col("created_utc")), 2005),
        edited_at=not_before(since_epoch(pl.col("edited")), 2005),
        observed_at=not_before(since_epoch(pl.col("retrieved_on")), 2005).fill_null(options.observed_at),
        is_comment=pl.coalesce(pl.col("name").str.starts_with("t1_"), pl.col("body").is_not_null() | pl.col("parent_id").is_not_null()),
        is_gone=_is_gone(),
        account_id=_account_id(),
    ).with_columns(record_id=_record_id())
    rows = named.select(
        AT,
        _refuse().alias(REFUSE),
        "record_id",
        _revision().alias("revision"),
        "edited_at",
        pl.when("is_gone").then(pl.lit("deleted")).otherwise(pl.lit("live")).alias("state"),
        "account_id",
        pl.lit("reddit").alias("network"),
        pl.when("is_comment").then(pl.lit("reply")).otherwise(pl.lit("post")).alias("category"),
        _visibility().alias("visibility"),
        "created_at",
        "observed_at",
        pl.when(~pl.col("is_gone")).then(_text()).alias("text"),
        pl.when("is_comment").then(_reference("parent_id")).alias("reply_to"),
        pl.when("is_comment").then(_reference("link_id")).otherwise("record_id").alias("conversation"),
        _reference("crosspost_parent").alias("quotes"),
        _attributes().alias("attributes"),
        _media().alias("media"),
        pl.lit(TERMS).alias("terms"),
        _signals().alias("signals"),
    )
    people = named.filter(rows[REFUSE].is_null()).select("account_id", pl.lit("reddit").alias("network"), handle="author")
    return Turned(rows, people)


def _is_gone() -> pl.Expr:
    """Deleted by its author, removed by others, or known to be deleted after the dump was made."""
    return (
        pl.col("author").is_null()
        | one_of(pl.col("author"), *_GONE)
        | one_of(pl.col("body").str.strip_chars(), *_GONE)
        | one_of(pl.col("selftext").str.strip_chars(), *_GONE)
        | pl.col("removed_by_category").is_not_null()
        | one_of(pl.col("_meta").struct.field("was_deleted_later"), "true")
    )


def _account_id() -> pl.Expr:
    name = pl.when(~one_of(pl.col("author"), *_GONE) & pl.col("author").str.contains(r"^[\w-]+$")).then(pl.col("author"))
    native = pl.when(pl.col("author_fullname").str.contains(r"^t2_[0-9a-z]+$")).then("author_fullname")
    return pl.when(name.is_not_null()).then(pl.lit("reddit:") + pl.coalesce(native, name.str.to_lowercase()))


def _record_id() -> pl.Expr:
    kind = pl.when("is_comment").then(pl.lit("t1_")).otherwise(pl.lit("t3_"))
    native = pl.coalesce("id", pl.col("name").str.slice(3))
    return pl.when(native.str.contains(r"^[0-9a-z]+$")).then(pl.concat_str(pl.lit("reddit:"), kind, native))


def _refuse() -> pl.Expr:
    return (
        pl.when(pl.all_horizontal(pl.col("body", "parent_id", "title", "selftext").is_null()))
        .then(pl.lit("neither a comment nor a submission"))
        .when(pl.col("record_id").is_null())
        .then(pl.lit("no id that Reddit could have given"))
    )


def _revision() -> pl.Expr:
    """Old dumps say only that it was edited, not when."""
    edited = pl.when(one_of(pl.col("edited"), "true")).then(1).otherwise(edit_number(pl.col("created_at"), pl.col("edited_at")))
    return pl.when("is_gone").then(DELETED).otherwise(edited)


def _visibility() -> pl.Expr:
    kind = pl.col("subreddit_type")
    return (
        pl.when(one_of(kind, "public", "restricted", "archived", "user"))
        .then(pl.lit("public"))
        .when(one_of(kind, "private", "employees_only", "gold_only", "gold_restricted"))
        .then(pl.lit("group"))
        .otherwise(pl.lit("unknown"))
    )


def _text() -> pl.Expr:
    """A submission's words are its title, an empty line and its text."""
    rest = pl.when(pl.col("selftext") != "").then("selftext")
    return pl.when("is_comment").then("body").otherwise(pl.concat_str("title", rest, separator="\n\n", ignore_nulls=True))


def _reference(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.contains(r"^t[13]_[0-9a-z]+$")).then(pl.lit("reddit:") + pl.col(column))


def _attributes() -> pl.Expr:
    is_link = pl.col("is_self").eq("false") & ~pl.col("is_gone")
    return json_of(
        subreddit=pl.col("subreddit"),
        score=pl.col("score").cast(pl.Int64, strict=False),
        over_18=pl.when(one_of(pl.col("over_18"), "true")).then(pl.lit(value=True)),
        quarantine=pl.when(one_of(pl.col("quarantine"), "true")).then(pl.lit(value=True)),
        url=pl.when(is_link).then("url"),
        title_length=pl.when(~pl.col("is_comment") & ~pl.col("is_gone")).then(pl.col("title").str.len_chars()),
        distinguished=pl.col("distinguished"),
        removed_by=pl.col("removed_by_category"),
    )


def _media() -> pl.Expr:
    kind = pl.col("post_hint").replace_strict({"image": "image", "hosted:video": "video"}, default=None, return_dtype=pl.String)
    one = pl.struct(uri="url", kind=kind, sha256=pl.lit(None, pl.String))
    return pl.when(kind.is_not_null() & ~pl.col("is_gone")).then(pl.concat_list(one)).cast(MEDIA)


def _signals() -> pl.Expr:
    one = pl.struct(name=pl.lit("indexable"), value=pl.col("is_robot_indexable"), set_by=pl.lit("reddit"), at=pl.col("observed_at"))
    return pl.when(pl.col("is_robot_indexable").is_not_null()).then(pl.concat_list(one)).cast(SIGNALS)
