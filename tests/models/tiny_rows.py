"""Tiny rows and plans for the tests of models."""

from itertools import product

import polars as pl

from ownwords.models import decoder, pipeline, train

SCHEMA = {
    "row_id": pl.String,
    "text": pl.String,
    "turns": pl.List(pl.Struct({"speaker": pl.Int32, "text": pl.String, "learn": pl.Boolean})),
}
_WHO = ("the baker", "my aunt", "a sailor", "our teacher", "the cat", "nobody", "the mayor")
_DOES = ("carries", "paints", "forgets", "sells", "counts")
_WHAT = ("seven lamps", "the red boat", "an old song", "warm bread", "every stone", "two letters")


def posts(n: int, prefix: str = "p", skip: int = 0) -> pl.DataFrame:
    """`n` different short posts of a small grammar, as rows of a flat dataset."""
    said = [f"{who} {does} {what} at {hour} o'clock" for who, does, what, hour in product(_WHO, _DOES, _WHAT, range(1, 13))]
    stride = 611  # coprime to the number of sentences, so that neighbours differ in every place
    texts = [said[(skip + k) * stride % len(said)] for k in range(n)]
    return pl.DataFrame({"row_id": [f"{prefix}{k:05d}" for k in range(n)], "text": texts, "turns": [None] * n}, schema=SCHEMA)


def dialogues(n: int) -> pl.DataFrame:
    """`n` dialogues of three turns; the first is context alone."""
    turns = [
        [
            {"speaker": 0, "text": f"who has {k % 9} lamps", "learn": False},
            {"speaker": 1, "text": f"the baker has {k % 9}", "learn": True},
            {"speaker": 1, "text": "ask her", "learn": True},
        ]
        for k in range(n)
    ]
    return pl.DataFrame({"row_id": [f"d{k:05d}" for k in range(n)], "text": [""] * n, "turns": turns}, schema=SCHEMA)


def plan(**changes: object) -> pipeline.Plan:
    """A plan that takes a second or less."""
    steps = {"steps": 12, "batch": 4, "learning_rate": 3e-3, "seed": 0, "threads": 1, "checkpoint_every": 4}
    recipe = train.Recipe(**(steps | {name: value for name, value in changes.items() if name in steps}))
    return pipeline.Plan(recipe, decoder.Shape(32, 1, 32), 300, str(changes.get("base", "")), 2)
