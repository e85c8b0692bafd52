"""Rows as the steps hand them to the product dataset, made up: short to write, whole in every column."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import polars as pl

from ownwords.products.dataset.forms import DIALOGUES
from posts import WORDS

DAY = datetime(2024, 1, 1, tzinfo=UTC)
#: The other answer of a preference.
REJECTED = pl.Struct({"text": pl.String, "record_id": pl.String})


def dialogue(*turns: tuple[str | None, str], split: str = "train", **more: object) -> dict:
    """One dialogue of (who, text); nobody: a turn that was withheld. Only the last turn is learnt if `learnt=1`."""
    people = list(dict.fromkeys(who for who, _ in turns))
    learnt = more.pop("learnt", len(turns))
    said = [
        {"speaker": people.index(who), "text": text, "learn": who is not None and place >= len(turns) - learnt, "who": who}
        for place, (who, text) in enumerate(turns)
    ]
    return {"split": split, "network": "test", "terms": "own-export", "language": "en", "said": said} | more


def table(rows: list[dict], rejected: str | None = None) -> pl.DataFrame:
    """DIALOGUES; records are numbered as they come, and dialogues are named after their first learnt turn."""
    made, number = [], 0
    for n, row in enumerate(rows):
        turns, origins = [], []
        for turn in row["said"]:
            is_held = turn["who"] is not None
            record_id = f"test:{number}" if is_held else None
            turns.append({"speaker": turn["speaker"], "text": turn["text"], "learn": turn["learn"], "record_id": record_id})
            origins += [number] if is_held else []
            number += is_held
        learnt = [turn["record_id"] for turn in turns if turn["learn"]]
        people = [f"test:{turn['who']}" for turn in row["said"] if turn["who"] is not None]
        base = {"row_id": learnt[0], "created_at": DAY + timedelta(days=n), "turns": turns, "people": people, "origins": origins}
        made.append(base | {name: row[name] for name in row if name != "said"})
    frame = pl.DataFrame(made, schema=DIALOGUES)
    if rejected is None:
        return frame
    return frame.with_columns(pl.lit({"text": rejected, "record_id": "test:rejected"}, REJECTED).alias("rejected"))


def talk(n: int, seed: int = 0, held_out: float = 0.2) -> pl.DataFrame:
    """DIALOGUES of `n` random dialogues in no order."""
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        people = rng.sample("abcdefghij", k=rng.choice([1, 2, 2, 3]))
        turns = [(rng.choice(people), " ".join(rng.choices(WORDS, k=rng.randint(1, 12)))) for _ in range(rng.choice([1, 1, 2, 3, 5]))]
        more = {"language": rng.choice(["en", "id", None]), "created_at": DAY + timedelta(hours=rng.randrange(20_000))}
        rows.append(dialogue(*turns, split="held_out" if rng.random() < held_out else "train") | more)
    rng.shuffle(rows)
    return table(rows).sample(fraction=1, shuffle=True, seed=seed)
