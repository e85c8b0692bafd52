"""The repair site in the format of Stack Exchange dumps: Posts.xml, Comments.xml and Users.xml."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ownwords.faces.demo.people import Person
    from ownwords.faces.demo.threads import Post


def _row(**values: object) -> str:
    attributes = " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items() if value is not None)
    return f"  <row {attributes} />"


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}"


def _body(post: Post) -> str:
    return f"<p>{html.escape(post.text, quote=False)}</p>\n"


def _post(post: Post, numbers: dict[int, int], users: dict[int, int]) -> str:
    """A question, or an answer straight below one."""
    number, is_question = numbers[post.native], post.parent is None
    return _row(
        Id=number,
        PostTypeId=1 if is_question else 2,
        ParentId=None if post.parent is None else numbers[post.parent.native],
        CreationDate=_time(post.at),
        Score=number % 9,
        ViewCount=number % 300 if is_question else None,
        Body=_body(post),
        OwnerUserId=users[post.author.native],
        LastActivityDate=_time(post.at),
        Title=post.text.split(". ")[0][:140] if is_question else None,
        Tags=f"<{post.topic}>" if is_question else None,
        CommentCount=0,
        ContentLicense="CC BY-SA 4.0",
    )


def _comment(post: Post, number: int, numbers: dict[int, int], users: dict[int, int]) -> str:
    """Whatever answers an answer stands below that answer as a comment."""
    above = post.parent
    while above is not None and above.native not in numbers:
        above = above.parent
    assert above is not None
    return _row(
        Id=number,
        PostId=numbers[above.native],
        Score=number % 4,
        Text=post.text,
        CreationDate=_time(post.at),
        UserId=users[post.author.native],
        ContentLicense="CC BY-SA 4.0",
    )


def _user(person: Person, number: int) -> str:
    return _row(
        Id=number,
        Reputation=1 + number % 900,
        CreationDate=_time(person.joined_at),
        DisplayName=person.name,
        LastAccessDate=_time(person.joined_at),
        Location=person.voice.home,
        AccountId=number * 13,
    )


def write(folder: Path, questions: list[list[Post]], left_out: frozenset[int]) -> tuple[int, int]:
    """The three files; returns how many posts and comments."""
    folder.mkdir(parents=True, exist_ok=True)
    everything = sorted((post for thread in questions for post in thread), key=lambda post: post.native)
    above = [post for post in everything if post.parent is None or post.parent.parent is None]
    below = [post for post in everything if post.parent is not None and post.parent.parent is not None]
    numbers = {post.native: place for place, post in enumerate(above, start=1)}
    people = sorted({post.author.native: post.author for post in everything}.values(), key=lambda person: person.native)
    users = {person.native: place for place, person in enumerate(people, start=1)}
    kept = [post for post in above if post.author.native not in left_out]
    said = [(place, post) for place, post in enumerate(below, start=1) if post.author.native not in left_out]
    _write(folder / "Posts.xml", "posts", [_post(post, numbers, users) for post in kept])
    _write(folder / "Comments.xml", "comments", [_comment(post, place, numbers, users) for place, post in said])
    _write(folder / "Users.xml", "users", [_user(person, users[person.native]) for person in people if person.native not in left_out])
    return len(kept), len(said)


def _write(path: Path, name: str, rows: list[str]) -> None:
    """As the real dumps are written: a byte order mark, then XML."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<{name}>", *rows, f"</{name}>", ""]
    path.write_text("\n".join(lines), encoding="utf-8-sig")
