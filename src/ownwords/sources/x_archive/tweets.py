"""Tweets, replies and retweets of an archive as records; deleted ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.schemas import MEDIA, TIME
from ownwords.sources._batches import DELETED, REFUSE, Turned
from ownwords.sources._columns import json_of, not_before, one_of, unescaped
from ownwords.sources._json import AT
from ownwords.sources.x_archive import notes

if TYPE_CHECKING:
    from ownwords.core.schemas import Columns
    from ownwords.sources.x_archive.notes import Notes
    from ownwords.sources.x_archive.owner import Owner

TERMS = "own-export"
_URL = pl.Struct({"url": pl.String, "expanded_url": pl.String})
_MENTION = pl.Struct({"id_str": pl.String, "id": pl.String, "screen_name": pl.String})
_MEDIUM = pl.Struct({"media_url_https": pl.String, "media_url": pl.String, "type": pl.String, "source_status_id_str": pl.String})
_ENTITIES = pl.Struct(
    {
        "urls": pl.List(_URL),
        "user_mentions": pl.List(_MENTION),
        "hashtags": pl.List(pl.Struct({"text": pl.String})),
        "media": pl.List(_MEDIUM),
    }
)
_EDITS = pl.Struct({"editTweetIds": pl.List(pl.String)})
_FIELDS: Columns = {
    **dict.fromkeys(("id_str", "id", "created_at", "full_text", "text", "lang", "source", "deleted_at", "tweet_id"), pl.String),
    **dict.fromkeys(("in_reply_to_status_id_str", "in_reply_to_user_id_str", "in_reply_to_screen_name"), pl.String),
    **dict.fromkeys(("conversation_id_str", "quoted_status_id_str", "favorite_count", "retweet_count", "possibly_sensitive"), pl.String),
    "entities": _ENTITIES,
    "extended_entities": pl.Struct({"media": pl.List(_MEDIUM)}),
    "edit_info": pl.Struct(
        {"initial": _EDITS, "edit": pl.Struct({"initialTweetId": pl.String, "editControlInitial": _EDITS})},
    ),
    "retweeted_status": pl.Struct({"id_str": pl.String}),
}
#: An item is `{"tweet": {...}}`; before 2019 it was the tweet itself.
RAW: Columns = {"tweet": pl.Struct(dict(_FIELDS)), **_FIELDS}
# X's codes for "no language" (und, zxx, art, q..) say that it is unknown; three are older than BCP 47's.
_LANGUAGES = {"in": "id", "iw": "he", "ji": "yi"}
_STATUS = r"^https?://(?:mobile\.|www\.)?(?:twitter|x)\.com/(?:i/web|\w+)/status/(\d+)(?:\?.*)?$"


def turn(frame: pl.DataFrame, kind: str, owner: Owner, long_posts: Notes) -> Turned:
    """Records of one chunk.

    frame       RAW and `_at`
    kind        tweets, deleted, circle or community: the part they stood in
    long_posts  what was said at length; a note that completes a tweet is taken from it
    """
    plain = frame.select(AT, *(pl.coalesce(pl.col("tweet").struct.field(name), pl.col(name)).alias(name) for name in _FIELDS))
    named = plain.with_columns(
        native=pl.coalesce("id_str", "id", "tweet_id"),
        said=unescaped(pl.coalesce("full_text", "text")),
        at=when(pl.col("created_at")),
        deleted_at=when(pl.col("deleted_at")),
        entities_media=pl.coalesce(pl.col("extended_entities").struct.field("media"), pl.col("entities").struct.field("media")),
        people=pl.col("entities").struct.field("user_mentions"),
        first_version=pl.col("edit_info").struct.field("edit").struct.field("initialTweetId"),
        versions=_versions(),
    ).with_columns(
        is_repost=pl.col("said").str.contains(r"^RT @\w{1,20}: ").fill_null(value=False) | pl.col("retweeted_status").is_not_null(),
        is_reply=pl.any_horizontal(pl.col("^in_reply_to_.*$").is_not_null()),
        record_id=_id(pl.coalesce("first_version", "native")),
    )
    whole = notes.complete(named, long_posts)
    return Turned(_records(whole, kind, owner), _accounts(whole, owner))


def when(text: pl.Expr) -> pl.Expr:
    """Instant in any of the forms X has used; null if it is none, or older than Twitter."""
    forms = [
        text.str.to_datetime(form, time_unit="us", strict=False)
        for form in ("%a %b %d %H:%M:%S %z %Y", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%.fZ")
    ]
    return not_before(pl.coalesce(*(form.cast(TIME) if k < 2 else form.dt.replace_time_zone("UTC") for k, form in enumerate(forms))), 2006)


def _records(tweets: pl.DataFrame, kind: str, owner: Owner) -> pl.DataFrame:
    is_deleted = kind == "deleted"
    is_edit = pl.col("first_version").is_not_null()
    return tweets.select(
        AT,
        pl.when(pl.col("record_id").is_null()).then(pl.lit("no id that X could have given")).alias(REFUSE),
        "record_id",
        (pl.lit(DELETED) if is_deleted else _revision()).alias("revision"),
        pl.when(is_edit).then("at").alias("edited_at"),
        pl.lit("deleted" if is_deleted else "live").alias("state"),
        pl.lit(owner.account_id).alias("account_id"),
        pl.lit("x").alias("network"),
        pl.when("is_repost").then(pl.lit("repost")).when("is_reply").then(pl.lit("reply")).otherwise(pl.lit("post")).alias("category"),
        (pl.lit("group") if kind == "circle" else owner.visibility(pl.col("at"))).alias("visibility"),
        pl.col("at").alias("created_at"),
        pl.lit(owner.observed_at).alias("observed_at"),
        pl.when(~pl.col("is_repost")).then("said").alias("text"),
        _language().alias("language"),
        _id(pl.col("in_reply_to_status_id_str")).alias("reply_to"),
        _conversation().alias("conversation"),
        pl.when(~pl.col("is_repost")).then(_quoted()).alias("quotes"),
        pl.when("is_repost").then(_reposted()).alias("repost_of"),
        _mentions().alias("mentions"),
        _attributes().alias("attributes"),
        pl.when(~pl.col("is_repost")).then(_media()).cast(MEDIA).alias("media"),
        pl.lit(TERMS).alias("terms"),
    )


def _id(native: pl.Expr) -> pl.Expr:
    return pl.when(native.str.contains(r"^[1-9][0-9]{0,19}$")).then(pl.lit("x:") + native)


def _versions() -> pl.Expr:
    edit = pl.col("edit_info").struct.field("edit").struct.field("editControlInitial").struct.field("editTweetIds")
    return pl.coalesce(edit, pl.col("edit_info").struct.field("initial").struct.field("editTweetIds"))


def _revision() -> pl.Expr:
    """How many versions stand before this one in the list of versions; each version has an id of its own."""
    listed = pl.concat_str(pl.lit(","), pl.col("versions").list.join(","), pl.lit(","))
    before = listed.str.split(pl.concat_str(pl.lit(","), "native", pl.lit(","))).list.first()
    is_known = pl.col("versions").list.contains(pl.col("native"))
    edit = pl.when(is_known).then(before.str.count_matches(",", literal=True)).otherwise(1)
    return pl.when(pl.col("first_version").is_not_null()).then(edit).otherwise(0).cast(pl.Int32)


def _language() -> pl.Expr:
    code = pl.col("lang").replace(_LANGUAGES)
    return pl.when(~one_of(code, "und", "zxx", "art") & ~code.str.starts_with("q") & (code != "")).then(code)


def _conversation() -> pl.Expr:
    """The archive names no thread: only what answers nothing is known to be a root."""
    own_root = pl.when(~pl.col("is_reply")).then("record_id")
    return pl.coalesce(_id(pl.col("conversation_id_str")), own_root)


def _quoted() -> pl.Expr:
    links = pl.col("entities").struct.field("urls").list.eval(pl.element().struct.field("expanded_url").str.extract(_STATUS).drop_nulls())
    return _id(pl.coalesce("quoted_status_id_str", links.list.last()))


def _reposted() -> pl.Expr:
    """A retweet carries the id of what it repeats only with a picture, or in old archives."""
    shown = pl.col("entities_media").list.eval(pl.element().struct.field("source_status_id_str").drop_nulls()).list.first()
    return _id(pl.coalesce(pl.col("retweeted_status").struct.field("id_str"), shown))


def _person() -> pl.Expr:
    """Account id of a mention; `x:@handle` where X no longer knows the number."""
    number = pl.coalesce(pl.element().struct.field("id_str"), pl.element().struct.field("id"))
    handle = pl.lit("x:@") + pl.element().struct.field("screen_name")
    return pl.when(number.str.contains(r"^[1-9][0-9]{0,19}$")).then(pl.lit("x:") + number).otherwise(handle)


def _mentions() -> pl.Expr:
    """Of a retweet only the first: whom it repeats. The others were that person's to mention."""
    people = pl.col("people").list.eval(_person().drop_nulls())
    return pl.when("is_repost").then(people.list.head(1)).otherwise(people)


def _attributes() -> pl.Expr:
    tags = pl.col("entities").struct.field("hashtags").list.eval(pl.element().struct.field("text").drop_nulls())
    links = pl.col("entities").struct.field("urls").list.eval(pl.element().struct.field("expanded_url").drop_nulls())
    own = ~pl.col("is_repost")
    return json_of(
        version_id=pl.when(pl.col("first_version").is_not_null()).then("native"),
        likes=pl.when(own).then(pl.col("favorite_count").cast(pl.Int64, strict=False)),
        reposts=pl.when(own).then(pl.col("retweet_count").cast(pl.Int64, strict=False)),
        hashtags=pl.when(own & (tags.list.len() > 0)).then(tags),
        links=pl.when(own & (links.list.len() > 0)).then(links),
        reply_to_account=pl.lit("x:") + pl.col("in_reply_to_user_id_str"),
        possibly_sensitive=pl.when(one_of(pl.col("possibly_sensitive"), "true")).then(pl.lit(value=True)),
        deleted_at=pl.col("deleted_at").dt.to_string("iso:strict"),
        note_id=pl.col("note_id"),
    )


def _media() -> pl.Expr:
    link = pl.coalesce(pl.element().struct.field("media_url_https"), pl.element().struct.field("media_url"))
    medium = pl.struct(uri=link, kind=pl.element().struct.field("type"), sha256=pl.lit(None, pl.String))
    found = pl.col("entities_media").list.eval(medium)
    return pl.when(found.list.len() > 0).then(found)


def _accounts(tweets: pl.DataFrame, owner: Owner) -> pl.DataFrame:
    people = tweets.select(pl.col("people").explode().drop_nulls()).unnest("people")
    number = pl.coalesce("id_str", "id")
    others = people.select(account_id=_id(number), network=pl.lit("x"), handle=pl.col("screen_name"))
    return others.filter(pl.col("account_id") != owner.account_id)
