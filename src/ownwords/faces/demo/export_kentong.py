"""Kentong's own dump: NDJSON of what people wrote and of their accounts, with the mapping files that say what the columns mean."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from ownwords.faces.demo.people import NETWORK

if TYPE_CHECKING:
    from ownwords.faces.demo.network import Network
    from ownwords.faces.demo.people import Person
    from ownwords.faces.demo.threads import Post

MAPPINGS = Path(__file__).parent / "mappings"
#: Lines that a copying job cut or garbled; nobody's words are in them.
BROKEN = (b'{"id": 1, "kind": "post", "user_i', b"", b'{"id": 2 "kind": "post"}', b"\xff\xfe not a line of this file")
N_REJECTS = len(BROKEN) - 1  # an empty line is no row


def row(post: Post, said_no: frozenset[int]) -> dict[str, object]:
    """One line of the dump, as it stands now; it carries its author's setting on training, as Kentong's own rows do."""
    parent, root, about = post.parent, post.root, post.about
    return {
        "id": post.native,
        "kind": "post" if post.kind == "quote" else post.kind,
        "version": 1 if post.edited_at else 0,
        "user_id": post.author.native,
        "created_at": post.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "edited_at": post.edited_at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if post.edited_at else None,
        "status": post.state,
        "visibility": post.visibility,
        "to_user_ids": [person.native for person in post.audience],
        "body": post.text,
        "lang": post.language,
        "reply_to_id": parent.native if parent else None,
        "thread_id": root.native if root else post.native,
        "quote_of_id": about.native if about and post.kind == "quote" else None,
        "repost_of_id": about.native if about and post.kind == "repost" else None,
        "mentioned_user_ids": [person.native for person in post.mentions],
        "ai_training": "no" if post.author.native in said_no else None,
    }


def _lines(posts: list[Post], said_no: frozenset[int]) -> list[bytes]:
    lines = []
    for post in posts:
        now = row(post, said_no)
        if post.edited_at:
            lines.append(orjson.dumps({**now, "version": 0, "edited_at": None, "body": post.before_edit}))
        lines.append(orjson.dumps(now))
    return lines


def account(person: Person) -> dict[str, object]:
    """One line of the accounts file."""
    return {
        "profile_id": f"profile-{person.native}",
        "user_id": person.native,
        "handle": person.handle,
        "bio": f"{person.voice.home}, {', '.join(person.voice.topics[:2])}",
        "state": person.state,
        "born_on": person.born_on.isoformat() if person.born_on else None,
        "country": person.place or None,
        "joined_at": person.joined_at.isoformat().replace("+00:00", "Z"),
    }


def write(folder: Path, network: Network, left_out: frozenset[int]) -> None:
    """`posts.ndjson` (with private messages and broken lines), `accounts.ndjson`, and a mapping file for each.

    left_out   numbers of accounts whose every row is left out; other people's rows stay as they are
    """
    folder.mkdir(parents=True, exist_ok=True)
    posts = sorted(network.posts + network.messages, key=lambda post: post.native)
    said_no = frozenset(int(made.account_id.removeprefix(f"{NETWORK}:")) for made in network.decisions if made.says_no)
    lines = _lines([post for post in posts if post.author.native not in left_out], said_no)
    people = [person for person in network.people if person.native not in left_out]
    (folder / "posts.ndjson").write_bytes(b"\n".join([*BROKEN[:2], *lines, *BROKEN[2:]]) + b"\n")
    (folder / "accounts.ndjson").write_bytes(b"".join(orjson.dumps(account(person)) + b"\n" for person in people))
    for name in ("posts", "accounts"):
        shutil.copyfile(MAPPINGS / f"{name}.toml", folder / f"{name}.toml")
