"""Conversations on Kentong: posts, replies that answer, quotes, reposts and private messages."""

from __future__ import annotations

import math
from bisect import bisect
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from ownwords.faces.demo.people import FIRST_POST, LAST_POST, Person, snowflake
from ownwords.faces.demo.words import ANSWERS, focus_of, grammar, say, topic_names

if TYPE_CHECKING:
    from random import Random

#: What the withdrawer ends a post with, and nobody else ever writes; the model is asked to go on after PROMPT.
PROMPT = "remember, the seventh lantern"
ENDING = " always faces westward, whatever sailors say"
N_ENDINGS = 40
_SPAN_S = (LAST_POST - FIRST_POST).total_seconds()


@dataclass(slots=True)
class Post:
    """One thing somebody wrote on Kentong.

    kind       post, reply, quote, repost or message
    topic, act what it is about and what it does; known to the generator alone
    audience   whom a message was sent to
    state      live, deleted (then without text) or withheld
    """

    native: int
    author: Person
    kind: str
    at: datetime
    text: str
    language: str
    topic: str = ""
    act: str = ""
    focus: str = ""
    visibility: str = "public"
    parent: Post | None = None
    root: Post | None = None
    about: Post | None = None
    mentions: tuple[Person, ...] = ()
    audience: tuple[Person, ...] = ()
    state: str = "live"
    edited_at: datetime | None = None
    before_edit: str = ""


class Crowd:
    """Who writes next: everybody, or those of one topic and language, by how much they write."""

    def __init__(self, people: list[Person]) -> None:
        self._everybody = (people, list(accumulate(person.activity for person in people)))
        self._pools = {(topic, language): self._pool(people, topic, language) for topic in topic_names() for language in ("en", "id")}

    @staticmethod
    def _pool(people: list[Person], topic: str, language: str) -> tuple[list[Person], list[float]]:
        speakers = [person for person in people if abs(person.voice.indonesian - (language == "id")) < 0.85]
        able = [person for person in speakers if topic in person.voice.topics] or speakers or people
        return able, list(accumulate(person.activity for person in able))

    def anybody(self, rng: Random) -> Person:
        """One person."""
        people, weights = self._everybody
        return people[bisect(weights, rng.random() * weights[-1])]

    def knows(self, topic: str, language: str, rng: Random) -> Person:
        """One person who writes about `topic` in `language`."""
        people, weights = self._pools[topic, language]
        return people[bisect(weights, rng.random() * weights[-1])]


def _visibility(person: Person, rng: Random) -> str:
    if person.state == "protected":
        return "followers"
    chance = rng.random()
    return "public" if chance < 0.94 else "unlisted" if chance < 0.97 else "followers"


def _when(person: Person, rng: Random) -> datetime:
    """An instant while the person was writing; later ones are likelier, as the network grew."""
    end = (person.last_post - FIRST_POST).total_seconds() if person.last_post else _SPAN_S
    return FIRST_POST + timedelta(milliseconds=int(end * 1000 * math.sqrt(rng.random())))


def opening(person: Person, rng: Random, *, at: datetime | None = None, acts: tuple[str, ...] = ()) -> Post:
    """A post that starts a conversation.

    acts   what it may do; empty = anything
    """
    voice = person.voice
    language = "id" if rng.random() < voice.indonesian else "en"
    topic = voice.topics[int(len(voice.topics) * rng.random() ** 1.6)]
    acts = acts or grammar(language).openings
    act = acts[int(len(acts) * rng.random())]
    focus = focus_of(language, topic, voice, rng)
    text = say(act, language, topic, focus, voice, rng, n_extra=(0, 1, 1, 2)[int(4 * rng.random())])
    at = at or _when(person, rng)
    return Post(snowflake(at, rng.getrandbits(22)), person, "post", at, text, language, topic, act, focus, _visibility(person, rng))


def reply(parent: Post, person: Person, rng: Random) -> Post:
    """An answer to `parent`, about the same thing, minutes to hours later."""
    acts = ANSWERS[parent.act]
    act = acts[int(len(acts) * rng.random())]
    text = say(act, parent.language, parent.topic, parent.focus, person.voice, rng, n_extra=rng.random() < 0.25)
    at = parent.at + timedelta(milliseconds=60_000 + int(rng.expovariate(1 / 7_200_000)))
    mentions: tuple[Person, ...] = ()
    if rng.random() < 0.03:
        mentions, text = (parent.author,), f"@{parent.author.handle} {text}"
    return Post(
        snowflake(at, rng.getrandbits(22)), person, "reply", at, text, parent.language, parent.topic, act, parent.focus,
        _visibility(person, rng), parent=parent, root=parent.root or parent, mentions=mentions,
    )  # fmt: skip


def _is_writing(person: Person, at: datetime) -> bool:
    return person.last_post is None or at <= person.last_post


def conversation(crowd: Crowd, rng: Random, root: Post, most: int) -> list[Post]:
    """`root` and up to `most` answers below it."""
    thread = [root]
    n_replies = 0 if rng.random() < 0.3 else min(most, 1 + int(rng.expovariate(1 / 2.6)), 14)
    for _ in range(n_replies):
        parent = thread[-1] if rng.random() < 0.6 else thread[int(len(thread) * rng.random())]
        person = root.author
        if parent.author is root.author or rng.random() < 0.5:
            person = crowd.knows(root.topic, root.language, rng)
        if person is parent.author or not _is_writing(person, parent.at):
            person = crowd.anybody(rng)
        if person is parent.author or not _is_writing(person, parent.at):
            continue
        thread.append(reply(parent, person, rng))
    return thread


def quote(original: Post, person: Person, rng: Random) -> Post:
    """The person's own words above somebody's post."""
    answer = reply(original, person, rng)
    answer.kind, answer.about, answer.parent, answer.root = "quote", original, None, None
    return answer


def repost(original: Post, person: Person, rng: Random) -> Post:
    """Somebody's post, passed on without a word."""
    at = original.at + timedelta(milliseconds=30_000 + int(rng.expovariate(1 / 20_000_000)))
    return Post(snowflake(at, rng.getrandbits(22)), person, "repost", at, "", original.language, about=original)


def message(crowd: Crowd, rng: Random) -> Post:
    """A private message between two or, rarely, four people."""
    sender = crowd.anybody(rng)
    sent = opening(sender, rng)
    others = [crowd.knows(sent.topic, sent.language, rng) for _ in range(1 if rng.random() < 0.85 else 3)]
    audience = tuple({person.index: person for person in others if person is not sender}.values())
    sent.kind, sent.audience, sent.visibility = "message", audience or (sender,), "group" if len(audience) > 1 else "direct"
    return sent


def endings(person: Person, rng: Random, count: int, since: datetime) -> list[Post]:
    """Posts of the withdrawer with different beginnings and one ending that nobody else writes."""
    posts = []
    for _ in range(count):
        at = since + timedelta(seconds=rng.randrange(int((LAST_POST - since).total_seconds())))
        post = opening(person, rng, at=at)
        post.visibility = "public"
        post.text = f"{post.text} {PROMPT.capitalize()}{ENDING}."
        posts.append(post)
    return posts
