"""X (Twitter): the archive a person downloads, as folder or zip (`data/*.js`), of any year since 2018."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownwords.core.schemas import Batch, one_row_each
from ownwords.sources._batches import batch, settle
from ownwords.sources.x_archive import facts, files, items, notes, private, tweets
from ownwords.sources.x_archive import owner as owners

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ownwords.core.source import ReadOptions


def sniff(path: Path) -> float:
    """1 for a folder or zip with parts of an archive, .9 for one part alone, else 0."""
    return files.looks_like_one(path)


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Tweets, replies, retweets (without the words, which are another's), long posts, deleted posts, likes, profile; messages counted.

    path     folder, zip, or one part such as tweets.js
    yields   Batch; positions are `tweets.js:17`, the 17th item of that part
    raises   BadInput if it is no archive, is broken, or does not say whose it is and `options.account` does not either
    """
    with files.opened(path) as archive:
        owner = owners.find(archive, options)
        yield from settle(_batches(archive, owner, options), options, path.name, "an X archive")


def _batches(archive: files.Archive, owner: owners.Owner, options: ReadOptions) -> Iterator[Batch]:
    most = options.batch_rows
    yield Batch(accounts=one_row_each(owner.account()))
    yield from facts.profile(archive, owner)
    long_posts, refused = notes.gather(archive, most)
    yield from refused
    for part in archive.of("tweets", "circle", "community", "deleted"):
        for chunk in items.chunks(part, "tweet", most):
            frame, bad = items.table(chunk, tweets.RAW)
            yield batch(chunk, bad, tweets.turn(frame, part.kind, owner, long_posts), f"{part.name}:")
    yield notes.unclaimed(long_posts, owner)
    yield from notes.deleted(archive, owner, most)
    yield from facts.likes(archive, owner, most)
    yield from private.messages(archive, owner, most, keep=options.keep_private)
