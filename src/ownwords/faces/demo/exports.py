"""Kentong as a folder of real export formats, and the truth about what was put into it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ownwords.faces.demo import export_kentong, export_reddit, export_stackexchange, export_x
from ownwords.faces.demo.network import Network, invent_network
from ownwords.faces.demo.people import NETWORK, Decision, Person
from ownwords.faces.demo.planted import PlantedDuplicate, PlantedPii
from ownwords.faces.demo.threads import ENDING, PROMPT

if TYPE_CHECKING:
    from pathlib import Path

    from ownwords.faces.demo.threads import Post


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three people whom the story follows.

    record_id   something they said in public on Kentong, and that still stands
    """

    account_id: str
    handle: str
    n_posts: int
    record_id: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What was written, counted by its maker and not by any importer.

    counts       posts (all networks together, without private messages and former versions), and what they are made of
    parts        role (withdrawer, memorialised, minor) -> the person; only those who were not left out
    prompt       how the line begins that the withdrawer alone wrote, and `ending` how it goes on
    n_endings    posts that hold it
    decisions    what people had decided, oldest first
    """

    counts: dict[str, int]
    parts: dict[str, Part]
    prompt: str
    ending: str
    n_endings: int
    decisions: tuple[Decision, ...]
    pii: tuple[PlantedPii, ...]
    duplicates: tuple[PlantedDuplicate, ...]


def write_network(folder: Path, seed: int = 7, n_people: int = 2000, n_posts: int = 50_000, without: frozenset[str] = frozenset()) -> Truth:
    """Write the network into `folder`: `kentong/`, `forum/` (Reddit), `repair/` (Stack Exchange) and `archives/` (X).

    n_posts   posts, replies, quotes and reposts on all networks together; private messages come on top
    without   account ids (`kentong:NUMBER`) or handles whose rows are left out; every other row is the same byte for byte
    """
    network = invent_network(seed, n_people, n_posts)
    left_out = frozenset(person.native for person in _everybody(network) if {person.account_id, person.handle} & without)
    export_kentong.write(folder / "kentong", network, left_out)
    n_submissions, n_comments = export_reddit.write(folder / "forum", network.forum, left_out)
    n_asked, n_remarks = export_stackexchange.write(folder / "repair", network.questions, left_out)
    archives = export_x.write(folder / "archives", network.archives, left_out)
    elsewhere = {
        "reddit_submissions": n_submissions,
        "reddit_comments": n_comments,
        "stackexchange_posts": n_asked,
        "stackexchange_comments": n_remarks,
        "x_archives": len(archives),
        "x_tweets": sum(len(archive.tweets) for archive in archives),
        "x_messages": sum(len(archive.messages) for archive in archives),
        "x_likes": sum(len(archive.likes) for archive in archives),
    }
    return _truth(network, left_out, elsewhere)


def _everybody(network: Network) -> list[Person]:
    elsewhere = (post.author for threads in (network.forum, network.questions) for thread in threads for post in thread)
    return [*network.people, *elsewhere, *(archive.owner for archive in network.archives)]


def _public_word(person: Person, posts: list[Post]) -> str:
    return next(
        f"{NETWORK}:{post.native}"
        for post in reversed(posts)
        if post.author is person and post.kind == "post" and post.visibility == "public" and post.state == "live"
    )


def _truth(network: Network, left_out: frozenset[int], elsewhere: dict[str, int]) -> Truth:
    posts = [post for post in network.posts if post.author.native not in left_out]
    people = [person for person in network.people if person.native not in left_out]
    messages = sum(post.author.native not in left_out for post in network.messages)
    kinds = Counter(post.kind for post in posts)
    counts = {
        "people": len(people),
        "kentong_posts": len(posts),
        "kentong_versions": sum(post.edited_at is not None for post in posts),
        "kentong_messages": messages,
        "kentong_rejects": export_kentong.N_REJECTS,
        **{f"kentong_{kind}": kinds[kind] for kind in ("post", "reply", "quote", "repost")},
        **{f"accounts_{state}": n for state, n in sorted(Counter(person.state for person in people).items())},
        **elsewhere,
    }
    counts["posts"] = len(posts) + sum(
        elsewhere[name] for name in ("reddit_submissions", "reddit_comments", "stackexchange_posts", "stackexchange_comments", "x_tweets")
    )
    written = Counter(post.author.role for post in posts)
    return Truth(
        counts=counts,
        parts={
            person.role: Part(person.account_id, person.handle, written[person.role], _public_word(person, posts))
            for person in people
            if person.role
        },
        prompt=PROMPT,
        ending=ENDING,
        n_endings=sum(ENDING in post.text for post in posts),
        decisions=tuple(made for made in network.decisions if int(made.account_id.partition(":")[2]) not in left_out),
        pii=tuple(
            replace(planted, record_id=f"{NETWORK}:{post.native}") for post, planted in network.pii if post.author.native not in left_out
        ),
        duplicates=tuple(
            PlantedDuplicate(f"{NETWORK}:{copy.native}", f"{NETWORK}:{original.native}", kind)
            for copy, original, kind in network.copies
            if not {copy.author.native, original.author.native} & left_out
        ),
    )
