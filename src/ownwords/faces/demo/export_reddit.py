"""The village forum in the format of Reddit dumps: submissions and comments as NDJSON, compressed with zstd."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import zstandard

if TYPE_CHECKING:
    from pathlib import Path

    from ownwords.faces.demo.people import Person
    from ownwords.faces.demo.threads import Post

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
#: As large as in real dumps: a reader with the default limit refuses it.
_WINDOW_LOG = 27


def base36(number: int) -> str:
    """`number` as Reddit writes ids."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def author(person: Person) -> str:
    """The forum name, which is no handle of Kentong."""
    return person.handle.replace("_", "-").capitalize()


def _shared(post: Post, native: str, prefix: str) -> dict[str, object]:
    seconds = int(post.at.timestamp())
    forum = f"village_{post.topic}"
    return {
        "author": author(post.author),
        "author_fullname": f"t2_{base36(post.author.native >> 20)}",
        "created_utc": seconds,
        "distinguished": None,
        "edited": False,
        "id": native,
        "name": f"{prefix}_{native}",
        "retrieved_on": seconds + 15,
        "score": post.native % 40,
        "stickied": False,
        "subreddit": forum,
        "subreddit_id": f"t5_{base36(20_000_000 + sum(forum.encode()))}",
        "subreddit_type": "public",
    }


def _words(post: Post) -> str:
    return post.text.replace("@", "u/").replace("_", "-")


def submission(post: Post, number: int) -> dict[str, object]:
    """The first post of a conversation: its first sentence is the title."""
    title, mark, rest = _words(post).partition("? " if "? " in post.text else ". ")
    return {
        **_shared(post, base36(number), "t3"),
        "title": title + mark.strip(),
        "selftext": rest,
        "is_self": True,
        "is_robot_indexable": True,
        "over_18": False,
        "num_comments": 0,
        "url": f"https://www.reddit.com/r/village_{post.topic}/comments/{base36(number)}/",
        "domain": f"self.village_{post.topic}",
    }


def comment(post: Post, number: int, numbers: dict[int, int]) -> dict[str, object]:
    """An answer below a submission or another comment; `numbers` maps a post's number to the forum's."""
    assert post.parent is not None
    assert post.root is not None
    root, parent = base36(numbers[post.root.native]), base36(numbers[post.parent.native])
    return {
        **_shared(post, base36(number), "t1"),
        "body": _words(post),
        "controversiality": 0,
        "link_id": f"t3_{root}",
        "parent_id": f"{'t3' if post.parent is post.root else 't1'}_{parent}",
        "permalink": f"/r/village_{post.topic}/comments/{root}/x/{base36(number)}/",
    }


def write(folder: Path, forum: list[list[Post]], left_out: frozenset[int]) -> tuple[int, int]:
    """`RS_village.zst` and `RC_village.zst`; returns how many submissions and comments."""
    folder.mkdir(parents=True, exist_ok=True)
    posts = [post for thread in forum for post in thread]
    numbers = {post.native: 1_500_000_000 + place * 7 for place, post in enumerate(sorted(posts, key=lambda one: one.native))}
    posts = [post for post in posts if post.author.native not in left_out]
    submissions = [submission(post, numbers[post.native]) for post in posts if post.parent is None]
    comments = [comment(post, numbers[post.native], numbers) for post in posts if post.parent is not None]
    for name, rows in (("RS_village.zst", submissions), ("RC_village.zst", comments)):
        (folder / name).write_bytes(compress(b"".join(orjson.dumps(row) + b"\n" for row in rows)))
    return len(submissions), len(comments)


def compress(content: bytes) -> bytes:
    """One zstd frame with the window of real dumps and without a content size, as a stream has."""
    settings = zstandard.ZstdCompressionParameters.from_level(3, window_log=_WINDOW_LOG)
    stream = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    return stream.compress(content) + stream.flush()
