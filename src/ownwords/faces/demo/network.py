"""The whole of Kentong in memory: everything that is later written into export files, made from one seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from ownwords.faces.demo import planted, threads
from ownwords.faces.demo.people import IN_FORCE, LAST_POST, Decision, Person, decide, invent
from ownwords.faces.demo.threads import N_ENDINGS, Crowd, Post

#: Shares of the posts: what else than conversations on Kentong itself there is.
_FORUM, _QUESTIONS, _ARCHIVES = 0.08, 0.03, 0.02
_REPOSTS, _QUOTES, _EXACT, _NEAR = 0.03, 0.015, 0.006, 0.006
_MESSAGES, _PII, _EDITED, _DELETED = 0.06, 0.008, 0.008, 0.004
N_ARCHIVES = 6
#: Every 25th tweet is one of those long ones that X keeps as notes.
_NOTE_EVERY = 25


@dataclass(frozen=True, slots=True)
class Archive:
    """What one person takes away from X.

    tweets   posts, self-replies, replies and retweets, in order of time
    """

    owner: Person
    tweets: tuple[Post, ...]
    messages: tuple[Post, ...]
    likes: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """Everything there is.

    posts       on Kentong: posts, replies, quotes, reposts
    messages    private ones on Kentong
    forum       conversations, as a forum in Reddit's format has them
    questions   conversations that begin with a question, as a Stack Exchange site has them
    pii         (post, what was planted in it)
    copies      (copy, original, exact or near)
    """

    people: list[Person]
    decisions: list[Decision]
    posts: list[Post]
    messages: list[Post]
    forum: list[list[Post]]
    questions: list[list[Post]]
    archives: list[Archive]
    pii: list[tuple[Post, planted.PlantedPii]]
    copies: list[tuple[Post, Post, str]]

    def who(self, role: str) -> Person:
        """The one with this part in the story: withdrawer, memorialised or minor."""
        return next(person for person in self.people if person.role == role)


def invent_network(seed: int, n_people: int, n_posts: int) -> Network:
    """A network of `n_people` and `n_posts` public and other posts; private messages come on top.

    Each part has a generator of its own, so that one part's size does not change another's words.
    """
    people = invent(_rng(seed, "people"), n_people)
    crowd = Crowd(people)
    elsewhere = Crowd(invent(_rng(seed, "elsewhere"), max(12, n_people // 6)))
    n_forum, n_questions, n_archived = (int(n_posts * share) for share in (_FORUM, _QUESTIONS, _ARCHIVES))
    posts, pii, copies = _kentong(seed, people, crowd, n_posts - n_forum - n_questions - n_archived)
    rng = _rng(seed, "messages")
    return Network(
        people=people,
        decisions=decide(people, _rng(seed, "decisions")),
        posts=posts,
        messages=_in_order([threads.message(crowd, rng) for _ in range(int(n_posts * _MESSAGES))]),
        forum=_conversations(elsewhere, _rng(seed, "forum"), n_forum),
        questions=_conversations(elsewhere, _rng(seed, "questions"), n_questions, acts=("question", "problem")),
        archives=_archives(seed, n_archived),
        pii=pii,
        copies=copies,
    )


def _rng(seed: int, part: str) -> Random:
    return Random(f"{seed}:{part}")  # noqa: S311 - a play, not a secret


def _in_order(posts: list[Post]) -> list[Post]:
    return sorted(posts, key=lambda post: post.native)


def _kentong(
    seed: int, people: list[Person], crowd: Crowd, n_posts: int
) -> tuple[list[Post], list[tuple[Post, planted.PlantedPii]], list[tuple[Post, Post, str]]]:
    """Conversations, then what is planted in them, then what repeats them."""
    rng = _rng(seed, "kentong")
    withdrawer = next(person for person in people if person.role == "withdrawer")
    n_reposts, n_quotes, n_exact, n_near = (int(n_posts * share) for share in (_REPOSTS, _QUOTES, _EXACT, _NEAR))
    n_talk = n_posts - n_reposts - n_quotes - n_exact - n_near
    roots = threads.endings(withdrawer, rng, min(N_ENDINGS, n_talk // 4), IN_FORCE + timedelta(days=14))
    talk = [post for thread in _conversations(crowd, rng, n_talk, roots=roots) for post in thread]
    plain = [post for post in talk if not post.author.role and not post.mentions]
    pii = planted.plant_pii(plain, rng, int(n_posts * _PII))
    touched = {post.native for post, _ in pii}
    free = [post for post in plain if post.native not in touched]
    copies = planted.plant_duplicates([post for post in free if post.kind == "post"], crowd, rng, n_exact, n_near)
    originals = {original.native for _, original, _ in copies}
    _edit_and_delete([post for post in free if post.native not in originals], rng, int(n_posts * _EDITED), int(n_posts * _DELETED))
    public = [post for post in talk if post.visibility == "public" and post.state == "live" and post.at < LAST_POST - timedelta(days=20)]
    passed_on = [
        make(original, person, rng)
        for make, count in ((threads.repost, n_reposts), (threads.quote, n_quotes))
        for original, person in _passing(public, crowd, rng, count)
    ]
    return _in_order(talk + passed_on + [copy for copy, _, _ in copies]), pii, copies


def _conversations(
    crowd: Crowd, rng: Random, count: int, *, roots: list[Post] | None = None, acts: tuple[str, ...] = ()
) -> list[list[Post]]:
    """Conversations with `count` posts in all; those below `roots` come first."""
    made: list[list[Post]] = []
    waiting, n_made = list(roots or []), 0
    while n_made < count:
        root = waiting.pop() if waiting else threads.opening(crowd.anybody(rng), rng, acts=acts)
        thread = threads.conversation(crowd, rng, root, count - n_made - 1 - len(waiting))
        made.append(thread)
        n_made += len(thread)
    return made


def _passing(public: list[Post], crowd: Crowd, rng: Random, count: int) -> list[tuple[Post, Person]]:
    pairs: list[tuple[Post, Person]] = []
    while len(pairs) < count:
        original, person = public[int(len(public) * rng.random())], crowd.anybody(rng)
        if person is not original.author and (person.last_post is None or original.at < person.last_post):
            pairs.append((original, person))
    return pairs


def _edit_and_delete(posts: list[Post], rng: Random, n_edited: int, n_deleted: int) -> None:
    """Some posts were mended an hour later, and some are gone but for their place in the thread."""
    chosen = rng.sample(range(len(posts)), n_edited + n_deleted)
    for place in chosen[:n_edited]:
        post = posts[place]
        post.before_edit = post.text.replace("a", "q", 1)
        post.edited_at = post.at + timedelta(minutes=rng.randrange(2, 120))
    for place in chosen[n_edited:]:
        posts[place].text, posts[place].state = "", "deleted"


def _archives(seed: int, count: int) -> list[Archive]:
    """Six people's X archives, with `count` tweets together; they retweet and like one another."""
    rng = _rng(seed, "archives")
    able = [person for person in invent(rng, 40) if person.state == "active" and not person.role]
    owners = [replace(person, activity=1.0) for person in able[:N_ARCHIVES]]
    crowd = Crowd(owners)
    told = [threads.opening(owners[k % N_ARCHIVES], rng) for k in range(int(count * 0.7))]
    for post in told[::_NOTE_EVERY]:
        post.text = "\n\n".join([post.text, *(threads.opening(post.author, rng).text for _ in range(5))])
    told += [_answer(told, crowd, rng, is_own=k % 3 == 0) for k in range(int(count * 0.2))]
    told += [threads.repost(original, person, rng) for original, person in _passing(told, crowd, rng, count - len(told))]
    private = [threads.message(crowd, rng) for _ in range(max(6, count // 8))]
    liked = _passing([post for post in told if post.kind == "post"], crowd, rng, max(6, count // 4))

    def of(owner: Person, posts: list[Post]) -> tuple[Post, ...]:
        return tuple(_in_order([post for post in posts if post.author is owner]))

    return [
        Archive(
            owner,
            of(owner, told),
            tuple(_in_order([post for post in private if owner is post.author or owner in post.audience])),
            tuple(post for post, person in liked if person is owner),
        )
        for owner in owners
    ]


def _answer(told: list[Post], crowd: Crowd, rng: Random, *, is_own: bool) -> Post:
    """A reply to somebody else's tweet, or the next tweet of one's own thread."""
    parent = told[int(len(told) * rng.random())]
    author = parent.author if is_own else crowd.anybody(rng)
    return threads.reply(parent, author, rng)
