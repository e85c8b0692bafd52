"""Stack Exchange data dumps: a folder with Posts.xml, Comments.xml and Users.xml, plain, .gz or .zst."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.errors import BadInput, from_os_error
from ownwords.core.files import check_plain
from ownwords.sources import _xml
from ownwords.sources._batches import DELETED, REFUSE, Turned, batch, settle
from ownwords.sources._columns import edit_number, in_range, json_of, not_before
from ownwords.sources._json import AT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ownwords.core.schemas import Batch, Columns
    from ownwords.core.source import ReadOptions

_WHAT = "a Stack Exchange dump (Posts.xml, Comments.xml, Users.xml)"
_POST_TYPES = {"1": "question", "2": "answer", "3": "wiki", "4": "tag wiki excerpt", "5": "tag wiki", "6": "moderator nomination"}
_POST_IDS = ("Id", "PostTypeId", "ParentId", "OwnerUserId", "AcceptedAnswerId")
_POST_DAYS = ("CreationDate", "DeletionDate", "LastEditDate", "ClosedDate")
_POSTS: Columns = dict.fromkeys((*_POST_IDS, *_POST_DAYS, "Title", "Body", "Tags", "Score", "ContentLicense"), pl.String)
_COMMENTS: Columns = dict.fromkeys(("Id", "PostId", "Score", "Text", "CreationDate", "UserId", "ContentLicense"), pl.String)
_USERS: Columns = dict.fromkeys(("Id", "CreationDate", "DisplayName", "Location", "AboutMe", "WebsiteUrl"), pl.String)
#: Users first: accounts are known before their words come.
_ORDER = ("users", "posts", "comments")
_NAME = re.compile(r"(users|posts|comments)\.xml(\.gz|\.zst)?", re.IGNORECASE)


def sniff(path: Path) -> float:
    """1 for a folder with one of the three files, or one of them alone, else 0."""
    try:
        found = _documents(path)
    except (BadInput, OSError):
        return 0.0
    return float(all(_xml.root(file) == name for name, file in found.items()))


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Questions are posts; answers and comments replies; each user one profile. Bodies stay HTML, comments Markdown.

    path     the folder, whose name becomes the site's, or one file of it
    yields   Batch; positions are `Posts.xml:17`, the 17th row
    raises   BadInput if there is none of the three files, or one is broken or another document
    source   record ids `stackexchange:SITE/post-1`, `.../comment-1`, `.../user-1/profile`; accounts `stackexchange:SITE/user-1`
    """
    try:
        documents = _documents(path)
    except OSError as error:
        raise from_os_error(error) from error
    for name, file in documents.items():
        rows = _batches(name, file, _site(path, file), options, has_users="users" in documents)
        yield from settle(rows, options, file.name, _WHAT)


def _documents(path: Path) -> dict[str, Path]:
    if not path.is_dir():
        name = _xml.root(path)
        if name not in _ORDER:
            check_plain(path)
            with path.open("rb") as handle:
                is_7z = handle.read(4) == b"7z\xbc\xaf"
            raise BadInput(f"{path.name} is not {_WHAT}", "unpack it with 7z, then give the folder" if is_7z else "name the folder")
        return {name: path}
    found: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        known = _NAME.fullmatch(file.name)
        if known and known.group(1).lower() in found:
            raise BadInput(f"{path.name} holds {known.group(1)}.xml twice", "keep one of the two")
        if known:
            found[known.group(1).lower()] = file
    if not found:
        raise BadInput(f"{path.name} is not {_WHAT}", "name the folder that holds them")
    return {name: found[name] for name in _ORDER if name in found}


def _site(path: Path, file: Path) -> str:
    folder = path if path.is_dir() else file.absolute().parent
    return re.sub(r"[^a-z0-9.-]+", "-", folder.resolve().name.lower()).strip("-") or "site"


def _batches(name: str, file: Path, site: str, options: ReadOptions, *, has_users: bool) -> Iterator[Batch]:
    """Posts and comments know their authors' numbers alone: where Users.xml is at hand, the accounts come from there."""
    schema, turn = _TURN[name]
    for chunk in _xml.rows(file, name, options.batch_rows):
        frame, refused = _xml.parse(chunk.rows, schema)
        turned = turn(frame, f"stackexchange:{site}/")
        seen = turned.rows.with_columns(pl.lit(options.observed_at).alias("observed_at"))
        accounts = turned.accounts if name == "users" or not has_users else pl.DataFrame()
        yield batch(chunk, refused, Turned(seen, accounts), f"{name.capitalize()}.xml:")


def _posts(frame: pl.DataFrame, prefix: str) -> Turned:
    named = frame.with_columns(created_at=_when("CreationDate"), edited_at=_when("LastEditDate"))
    is_deleted = pl.col("DeletionDate").is_not_null()
    parent = _id(prefix + "post-", "ParentId")
    own = _id(prefix + "post-", "Id")
    edits = edit_number(pl.col("created_at"), pl.col("edited_at"))
    rows = named.select(
        AT,
        _refuse(own),
        own.alias("record_id"),
        pl.when(is_deleted).then(DELETED).otherwise(edits).alias("revision"),
        "edited_at",
        pl.when(is_deleted).then(pl.lit("deleted")).otherwise(pl.lit("live")).alias("state"),
        _id(prefix + "user-", "OwnerUserId").alias("account_id"),
        pl.when(parent.is_null()).then(pl.lit("post")).otherwise(pl.lit("reply")).alias("category"),
        "created_at",
        pl.when(~is_deleted).then("Body").alias("text"),
        parent.alias("reply_to"),
        pl.coalesce(parent, own).alias("conversation"),
        json_of(
            kind=pl.col("PostTypeId").replace_strict(_POST_TYPES, default=None, return_dtype=pl.String),
            markup=pl.lit("html"),
            title=pl.when(~is_deleted).then("Title"),
            tags=_tags(),
            score=pl.col("Score").cast(pl.Int64, strict=False),
            accepted_answer=_id(prefix + "post-", "AcceptedAnswerId"),
            closed_at=pl.col("ClosedDate"),
        ).alias("attributes"),
        _licence().alias("terms"),
        *_public(),
    )
    return Turned(rows, _authors(rows))


def _comments(frame: pl.DataFrame, prefix: str) -> Turned:
    own = _id(prefix + "comment-", "Id")
    rows = frame.with_columns(created_at=_when("CreationDate")).select(
        AT,
        _refuse(own),
        own.alias("record_id"),
        pl.lit(0).alias("revision"),
        pl.lit("live").alias("state"),
        _id(prefix + "user-", "UserId").alias("account_id"),
        pl.lit("reply").alias("category"),
        "created_at",
        pl.col("Text").alias("text"),
        _id(prefix + "post-", "PostId").alias("reply_to"),
        json_of(kind=pl.lit("comment"), markup=pl.lit("markdown"), score=pl.col("Score").cast(pl.Int64, strict=False)).alias("attributes"),
        _licence().alias("terms"),
        *_public(),
    )
    return Turned(rows, _authors(rows))


def _users(frame: pl.DataFrame, prefix: str) -> Turned:
    account = _id(prefix + "user-", "Id")
    named = frame.with_columns(created_at=_when("CreationDate"))
    rows = named.select(
        AT,
        _refuse(account),
        (account + "/profile").alias("record_id"),
        pl.lit(0).alias("revision"),
        pl.lit("live").alias("state"),
        account.alias("account_id"),
        pl.lit("profile").alias("category"),
        "created_at",
        pl.col("AboutMe").alias("text"),
        json_of(markup=pl.lit("html"), location=pl.col("Location"), website=pl.col("WebsiteUrl")).alias("attributes"),
        _licence(has_column=False).alias("terms"),
        *_public(),
    )
    people = named.select(account_id=account, network=pl.lit("stackexchange"), handle="DisplayName", joined_at="created_at")
    return Turned(rows, people)


_TURN: dict[str, tuple[Columns, Callable[[pl.DataFrame, str], Turned]]] = {
    "posts": (_POSTS, _posts),
    "comments": (_COMMENTS, _comments),
    "users": (_USERS, _users),
}


def _when(column: str) -> pl.Expr:
    found = pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", time_zone="UTC", strict=False)
    return not_before(in_range(found), 2008)


def _id(prefix: str, column: str) -> pl.Expr:
    """A negative number is one of the site's own, such as the Community user -1."""
    return pl.when(pl.col(column).str.contains(r"^-?[0-9]{1,19}$")).then(pl.lit(prefix) + pl.col(column))


def _refuse(own: pl.Expr) -> pl.Expr:
    return pl.when(own.is_null()).then(pl.lit("no id")).alias(REFUSE)


def _tags() -> pl.Expr:
    """`<a><b>` until 2023, `|a|b|` since."""
    tags = pl.col("Tags").str.extract_all(r"[^<>|]+")
    return pl.when(tags.list.len() > 0).then(tags)


def _licence(*, has_column: bool = True) -> pl.Expr:
    """As the row says, else by the day it was written: 2.5 before 2011-04-08, 3.0 before 2018-05-02, then 4.0."""
    day = pl.col("created_at").dt.date()
    by_day = (
        pl.when(day < pl.date(2011, 4, 8))
        .then(pl.lit("CC-BY-SA-2.5"))
        .when(day < pl.date(2018, 5, 2))
        .then(pl.lit("CC-BY-SA-3.0"))
        .when(day.is_not_null())
        .then(pl.lit("CC-BY-SA-4.0"))
    )
    if not has_column:
        return by_day
    return pl.coalesce(pl.col("ContentLicense").str.extract(r"^(CC BY-SA \d\.\d)$").str.replace_all(" ", "-"), by_day)


def _public() -> list[pl.Expr]:
    """The dumps hold only what anybody could read."""
    return [pl.lit("stackexchange").alias("network"), pl.lit("public").alias("visibility")]


def _authors(rows: pl.DataFrame) -> pl.DataFrame:
    """Accounts of authors, of whom only the number is known."""
    return rows.select("account_id", "network").unique("account_id", maintain_order=True)
