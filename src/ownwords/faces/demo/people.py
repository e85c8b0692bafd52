"""The invented people of Kentong: ages, places, account states, decisions, and how each one writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from ownwords.faces.demo import names
from ownwords.faces.demo.words import Voice, grammar, topic_names

if TYPE_CHECKING:
    from random import Random

NETWORK = "kentong"
#: First and last instant of what the network's copy holds, UTC.
FIRST_POST = datetime(2023, 6, 1, tzinfo=UTC)
LAST_POST = datetime(2025, 11, 30, tzinfo=UTC)
#: When the second policy was announced and when it took effect.
ANNOUNCED = datetime(2024, 3, 1, tzinfo=UTC)
IN_FORCE = datetime(2024, 4, 15, tzinfo=UTC)
_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_STATES = (("active", 0.905), ("protected", 0.05), ("deactivated", 0.03), ("suspended", 0.01), ("memorialised", 0.005))
_PLACES = (("ID", 50), ("MY", 8), ("NL", 7), ("GB", 7), ("US", 6), ("SG", 5), ("AU", 5), ("DE", 4), ("PH", 3), ("", 5))
#: Spellings, plain and own; a person takes each with a chance of one in four.
_SWAPS = {
    "en": (
        (" do not ", " don't "), ("I am ", "I'm "), ("that is ", "that's "), ("could not ", "couldn't "), (" you ", " u "),
        (" and ", " & "),
    ),
    "id": (
        (" tidak ", " nggak "), (" tidak ", " gak "), (" aku ", " gue "), (" aku ", " saya "), (" yang ", " yg "), ("banget", "bgt"),
        ("gimana", "bagaimana"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided before the story begins; the fields are columns of DECISIONS."""

    account_id: str
    effect: str
    purpose: str
    by: str
    at: datetime
    is_lifetime: bool = False

    @property
    def says_no(self) -> bool:
        """Whether it is a setting that Kentong's own rows carry: no training with my words."""
        return self.purpose == "train_ai" and self.effect in {"refuse", "object"}


@dataclass(frozen=True, slots=True)
class Person:
    """One account of Kentong.

    native      number of the account, above 2**53
    born_on     None = the network does not know
    place       jurisdiction, ISO 3166-1 alpha-2; empty = not known
    last_post   None = still writing
    role        of the story: withdrawer, memorialised, minor, or empty
    activity    how much they write, relative to others
    """

    index: int
    native: int
    handle: str
    name: str
    born_on: date | None
    place: str
    state: str
    joined_at: datetime
    last_post: datetime | None
    role: str
    activity: float
    voice: Voice

    @property
    def account_id(self) -> str:
        """As the importer writes it."""
        return f"{NETWORK}:{self.native}"

    def is_minor(self, at: datetime) -> bool:
        """Whether they are known to be under 18 at `at`."""
        return self.born_on is not None and self.born_on > date(at.year - 18, at.month, at.day)


def snowflake(at: datetime, low: int) -> int:
    """A 63-bit number that sorts by time: milliseconds since 2015 above 22 low bits."""
    return (int((at - _EPOCH).total_seconds() * 1000) << 22) | (low & 0x3FFFFF)


def weighted(choices: tuple[tuple[str, float], ...], rng: Random) -> str:
    """One of the names, by weight."""
    return rng.choices([name for name, _ in choices], cum_weights=list(accumulate(weight for _, weight in choices)))[0]


def _voice(rng: Random, homes: tuple[str, ...], shops: tuple[str, ...], pet: str, place: str) -> Voice:
    emoji = grammar("en").emoji
    lean = 0.8 if place in {"ID", "MY"} else 0.12
    indonesian = rng.choice((0.0, 0.0, 1.0, 1.0, 0.5)) if rng.random() < 0.4 else min(1.0, max(0.0, rng.gauss(lean, 0.2)))
    return Voice(
        topics=tuple(rng.sample(topic_names(), rng.randrange(2, 6))),
        indonesian=indonesian,
        taste=rng.randrange(240),
        casing=rng.choices(("sentence", "lower", "shout"), (60, 37, 3))[0],
        closing=rng.choices((".", "", "!", "...", "~", "!!"), (45, 28, 12, 9, 3, 3))[0],
        emoji=tuple(rng.sample(emoji, rng.randrange(1, 5))),
        emoji_rate=rng.choice((0.0, 0.0, 0.05, 0.15, 0.3, 0.6)),
        catches=tuple(rng.sample(range(len(grammar("en").catches)), rng.randrange(0, 4))),
        catch_rate=rng.uniform(0.02, 0.2),
        kin=rng.randrange(len(grammar("en").kin)),
        home=rng.choice(homes).title(),
        pet=pet.title(),
        shop=f"{rng.choice(('Warung', 'Toko', 'Stall', 'Kedai'))} {rng.choice(shops).title()}",
        digits=rng.random() < 0.4,
        swaps={language: tuple(pair for pair in pairs if rng.random() < 0.25) for language, pairs in _SWAPS.items()},
    )


def _born_on(rng: Random) -> date | None:
    chance = rng.random()
    if chance < 0.03:
        return None
    first, last = (date(2009, 1, 1), date(2013, 6, 1)) if chance < 0.075 else (date(1944, 1, 1), date(2005, 1, 1))
    return first + timedelta(days=rng.randrange((last - first).days))


def _ordinary(rng: Random, count: int) -> list[Person]:
    taken: set[str] = set()
    homes = names.coin_distinct(rng, max(8, count // 20), 2, taken=taken)
    shops = names.coin_distinct(rng, max(8, count // 8), 3, taken=taken)
    pets = names.coin_distinct(rng, max(8, count // 3), 2, taken=taken)
    shown = names.coin_distinct(rng, count, 3, taken=taken)
    people = []
    for index, handle in enumerate(names.handles(rng, count)):
        joined = datetime(2018, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(5 * 365 * 86_400))
        place = weighted(_PLACES, rng)
        state = weighted(_STATES, rng)
        left = FIRST_POST + timedelta(days=rng.randrange(200, 800)) if state in {"deactivated", "suspended", "memorialised"} else None
        people.append(
            Person(
                index=index,
                native=snowflake(joined, index),
                handle=handle,
                name=shown[index].title(),
                born_on=_born_on(rng),
                place=place,
                state=state,
                joined_at=joined,
                last_post=left,
                role="",
                activity=(rng.paretovariate(1.3) if rng.random() < 0.9 else 12.0),
                voice=_voice(rng, homes, shops, rng.choice(pets), place),
            )
        )
    return people


def _protagonists(people: list[Person], rng: Random) -> None:
    """Give three of them the parts that the story needs."""
    withdrawer, memorialised, minor = rng.sample(range(len(people)), 3)
    calm = {"indonesian": 0.0, "casing": "sentence", "closing": ".", "emoji_rate": 0.0, "catches": (), "swaps": {}}

    def cast(index: int, handle: str, **facts: object) -> None:
        name = handle.partition("_")[0].capitalize()
        people[index] = replace(people[index], handle=handle, name=name, place="ID", **facts)  # type: ignore[arg-type]

    def voice(index: int, *topics: str) -> Voice:
        return replace(people[index].voice, topics=topics, **calm)  # type: ignore[arg-type]

    cast(
        withdrawer, "sorelampu_707", role="withdrawer", born_on=date(1984, 8, 19), state="active", last_post=None, activity=6.0,
        voice=voice(withdrawer, "market", "weather", "fishing"),
    )  # fmt: skip
    cast(
        memorialised, "teramun_303", role="memorialised", born_on=date(1951, 2, 3), state="memorialised", activity=25.0,
        last_post=FIRST_POST + timedelta(days=620), voice=voice(memorialised, "music", "family"),
    )  # fmt: skip
    cast(minor, "layangbiru_214", role="minor", born_on=date(2011, 5, 7), state="active", last_post=None, activity=12.0)


def invent(rng: Random, count: int) -> list[Person]:
    """`count` people, three of them with a part in the story."""
    people = _ordinary(rng, count)
    _protagonists(people, rng)
    return people


def decide(people: list[Person], rng: Random) -> list[Decision]:
    """What people had decided by the time the second policy was in force, oldest first."""
    made: list[Decision] = []
    for person in people:
        at = ANNOUNCED + timedelta(seconds=rng.randrange(45 * 86_400))
        chance, later = rng.random(), at + timedelta(days=rng.randrange(20, 200))
        made += _of_one(person, chance, at, later)
    return sorted(made, key=lambda one: (one.at, one.account_id))


def _of_one(person: Person, chance: float, at: datetime, later: datetime) -> list[Decision]:
    """The decisions of one person; `chance` in [0, 1) says of which kind they are."""
    who = person.account_id
    if person.role == "minor":
        return [Decision(who, "give", "train_ai", "self", later)]
    if person.role:
        return []
    if person.state == "memorialised":
        return []  # nothing can be given for them any more
    if person.is_minor(at):
        return [Decision(who, "give", "train_ai", "guardian", later)] if chance < 0.2 else []
    kinds = (
        (0.050, [Decision(who, "refuse", "train_ai", "self", at)]),
        (0.075, [Decision(who, "object", "train_ai", "self", at)]),
        (0.100, [Decision(who, "give", "train_ai", "self", later)]),
        (0.105, [Decision(who, "give", "train_ai", "self", at), Decision(who, "withdraw", "train_ai", "self", later)]),
        (0.110, [Decision(who, "give", "license.analysis", "self", later)]),
        (0.113, [Decision(who, "give", "simulate_person", "self", later)]),
        (0.115, [Decision(who, "give", "simulate_person", "self", later, is_lifetime=True)]),
    )
    return next((decisions for limit, decisions in kinds if chance < limit), [])
