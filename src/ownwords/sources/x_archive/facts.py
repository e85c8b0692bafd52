"""Likes as references, and the owner's profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.sources._batches import REFUSE, Turned, batch
from ownwords.sources._columns import json_of
from ownwords.sources._json import AT
from ownwords.sources.x_archive import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ownwords.core.schemas import Batch, Columns
    from ownwords.sources.x_archive.files import Archive
    from ownwords.sources.x_archive.owner import Owner

_LIKE: Columns = {"like": pl.Struct({"tweetId": pl.String}), "tweetId": pl.String}
_PROFILE: Columns = {
    "profile": pl.Struct({"description": pl.Struct({"bio": pl.String, "website": pl.String, "location": pl.String})}),
}


def likes(archive: Archive, owner: Owner, max_rows: int) -> Iterator[Batch]:
    """One reaction a like: which post, never its words, which are its author's; X does not tell when."""
    for part in archive.of("like"):
        for chunk in items.chunks(part, "like", max_rows):
            frame, bad = items.table(chunk, _LIKE)
            liked = pl.coalesce(pl.col("like").struct.field("tweetId"), "tweetId")
            is_id = liked.str.contains(r"^[1-9][0-9]{0,19}$").fill_null(value=False)
            rows = frame.select(
                AT,
                pl.when(~is_id).then(pl.lit("no id that X could have given")).alias(REFUSE),
                pl.concat_str(pl.lit(f"{owner.account_id}/like/"), liked).alias("record_id"),
                pl.lit("reaction").alias("category"),
                (pl.lit("x:") + liked).alias("reply_to"),
                pl.lit('{"reaction":"like"}').alias("attributes"),
                *_common(owner),
            )
            yield batch(chunk, bad, Turned(rows, pl.DataFrame()), f"{part.name}:")


def profile(archive: Archive, owner: Owner) -> Iterator[Batch]:
    """The owner's account, and what they say of themself."""
    for part in archive.of("profile"):
        for chunk in items.chunks(part, "profile", 1_000):
            frame, bad = items.table(chunk, _PROFILE)
            about = pl.col("profile").struct.field("description")
            rows = frame.select(
                AT,
                pl.when(pl.col("profile").is_null()).then(pl.lit("not a profile")).alias(REFUSE),
                pl.lit(f"{owner.account_id}/profile").alias("record_id"),
                pl.lit("profile").alias("category"),
                about.struct.field("bio").alias("text"),
                json_of(website=about.struct.field("website"), location=about.struct.field("location")).alias("attributes"),
                *_common(owner),
            )
            yield batch(chunk, bad, Turned(rows, pl.DataFrame()), f"{part.name}:")


def _common(owner: Owner) -> list[pl.Expr]:
    told = {"account_id": owner.account_id, "network": "x", "state": "live", "visibility": "unknown", "terms": "own-export"}
    return [
        pl.lit(0).alias("revision"),
        pl.lit(owner.observed_at).alias("observed_at"),
        *(pl.lit(value).alias(name) for name, value in told.items()),
    ]
