"""Small made-up networks for tests: people, posts, replies, mentions and duplicates, all invented here."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import ownwords
from ownwords.core import clock
from ownwords.ledger.decisions import decision_body
from ownwords.verbs._house import House

WORDS = [
    *("river", "lantern", "market", "bicycle", "mango", "teacher", "window", "garden", "bridge", "kettle", "pepper", "ladder"),
    *("button", "violin", "harbour", "pillow", "ticket", "carpet", "monsoon", "orchard", "pencil", "rooster", "saddle", "temple"),
    *("umbrella", "village", "whistle", "yellow", "zigzag", "anchor", "basket", "candle", "drum", "engine", "feather"),
]


@dataclass
class Person:
    """Somebody invented; `handle` has a digit, so that it is no ordinary word."""

    number: int

    @property
    def account(self) -> str:
        return f"test:{7000 + self.number}"

    @property
    def handle(self) -> str:
        return f"{WORDS[self.number % len(WORDS)]}_{self.number}"


@dataclass
class World:
    """What a network's export holds."""

    rows: list[dict] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)

    def without(self, person: Person) -> World:
        """The same network, had that person never been there; others may still speak of them."""
        return World([row for row in self.rows if row["author"] != person.account], [one for one in self.people if one is not person])

    def write(self, path: Path) -> Path:
        """As JSON lines with plain column names."""
        path.write_text("".join(json.dumps(row) + "\n" for row in self.rows))
        return path


def random_world(seed: int, n_people: int = 5, n_posts: int = 40) -> World:
    """People who post, answer one another, mention one another and repeat themselves and others."""
    rng = random.Random(seed)
    world = World(people=[Person(n) for n in range(n_people)])
    for n in range(n_posts):
        who = rng.choice(world.people)
        text = " ".join(rng.choices(WORDS, k=rng.randint(4, 14)))
        kind = rng.random()
        row = {"id": f"test:{900000 + n}", "author": who.account, "handle": who.handle, "network": "test", "visibility": "public"}
        row["created_at"] = f"2024-01-{1 + n % 28:02}T10:{n % 60:02}:00Z"
        if kind < 0.3 and world.rows:
            row["reply_to"] = rng.choice(world.rows)["id"]
        elif kind < 0.45 and world.rows:
            text = rng.choice(world.rows)["text"]  # an exact copy of somebody's words
        elif kind < 0.6:
            text = f"@{rng.choice(world.people).handle} {text}"
        elif kind < 0.7:
            text += f" write to {who.handle}@mail.example or call 0812 3456 78{n:02}"
        world.rows.append(row | {"text": text})
    return world


def settle(world: World, root: Path, policy: str = "opt-in") -> Path:
    """A workspace at `root` that holds the world, everybody in it having said yes to training."""
    ownwords.init(root, policy=policy)
    ownwords.ingest(root, "jsonl", (str(world.write(root.parent / f"{root.name}.jsonl")),))
    agree(root, world.people)
    return root


def agree(root: Path, people: list[Person]) -> None:
    """Everybody says yes to training."""
    house = House.open(root)
    held = set(house.store().accounts()["account_id"])
    accounts = [person.account for person in people if person.account in held]
    body = decision_body("train_ai", effective_at=clock.now())
    house.ledger.append_many("consent.give", accounts, [body] * len(accounts))
