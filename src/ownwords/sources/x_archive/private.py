"""Direct and group messages: counted, and left where they are unless their owner asks to keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.schemas import MEDIA, PARSED, Batch, conform
from ownwords.sources._batches import rejects
from ownwords.sources._columns import iso, not_before
from ownwords.sources._json import AT
from ownwords.sources.x_archive import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ownwords.core.schemas import Columns
    from ownwords.sources.x_archive.files import Archive
    from ownwords.sources.x_archive.owner import Owner

_CREATE = pl.Struct(
    {
        **dict.fromkeys(("id", "senderId", "recipientId", "text", "createdAt"), pl.String),
        "mediaUrls": pl.List(pl.String),
    }
)
_TALK: Columns = {
    "dmConversation": pl.Struct({"conversationId": pl.String, "messages": pl.List(pl.Struct({"messageCreate": _CREATE}))}),
}
_NUMBER = r"^[1-9][0-9]{0,19}$"


def messages(archive: Archive, owner: Owner, max_rows: int, *, keep: bool) -> Iterator[Batch]:
    """Every entry of every conversation (messages, reactions, people joining), counted.

    keep     yield messages as records instead; other entries are still only counted
    """
    for part in archive.of("direct", "group"):
        for chunk in items.chunks(part, "dmConversation", max_rows):
            frame, bad = items.table(chunk, _TALK)
            talks = frame.with_columns(messages=pl.col("dmConversation").struct.field("messages"))
            bad += [(at, "not a conversation") for at in talks.filter(pl.col("messages").is_null())[AT]]
            lost = rejects(chunk.lose(bad), f"{part.name}:")
            kept = _records(frame, part.kind, owner) if keep else pl.DataFrame(schema=PARSED)
            yield Batch(kept, rejects=lost, private_counted=int(talks["messages"].list.len().sum()) - kept.height)


def _records(talks: pl.DataFrame, kind: str, owner: Owner) -> pl.DataFrame:
    entries = talks.select("dmConversation").filter(pl.col("dmConversation").is_not_null()).unnest("dmConversation")
    entries = entries.explode("messages").filter(pl.col("messages").is_not_null())
    said = entries.unnest("messages").filter(pl.col("messageCreate").is_not_null()).unnest("messageCreate")
    medium = pl.struct(uri=pl.element(), kind=pl.lit("photo"), sha256=pl.lit(None, pl.String))
    sender, recipient = (
        pl.when(pl.col(name).str.contains(_NUMBER)).then(pl.lit("x:") + pl.col(name)) for name in ("senderId", "recipientId")
    )
    return conform(
        said.select(
            record_id=pl.when(pl.col("id").str.contains(_NUMBER)).then(pl.lit("x:dm-") + pl.col("id")),
            revision=pl.lit(0),
            state=pl.lit("live"),
            account_id=sender,
            network=pl.lit("x"),
            category=pl.lit("message"),
            visibility=pl.lit("direct" if kind == "direct" else "group"),
            audience=pl.when(recipient.is_not_null()).then(pl.concat_list(recipient)),
            created_at=not_before(iso(pl.col("createdAt")), 2006),
            observed_at=pl.lit(owner.observed_at),
            text="text",
            conversation=pl.lit("x:dm-conversation-") + pl.col("conversationId"),
            media=pl.when(pl.col("mediaUrls").list.len() > 0).then(pl.col("mediaUrls").list.eval(medium)).cast(MEDIA),
            terms=pl.lit("own-export"),
        ),
        PARSED,
    )
