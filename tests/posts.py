"""Rows for tests of steps and of what is made from them: short to write, whole in every column."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from ownwords.core import _mint
from ownwords.core.dataset import Dataset
from ownwords.core.permit import Permit
from ownwords.core.schemas import RECORDS, TIME
from ownwords.datasets.clean import KEPT

WORDS = ["river", "lantern", "market", "bicycle", "mango", "teacher", "window", "garden", "bridge", "kettle", "pepper", "ladder"]
WORDS += ["button", "violin", "harbour", "pillow", "ticket", "carpet"]
DAY = datetime(2024, 1, 1, tzinfo=UTC)
TURN = pl.Struct({"speaker": pl.Int32, "text": pl.String, "learn": pl.Boolean})
TURNS = {
    "record_id": pl.String,
    "record_no": pl.Int64,
    "account_id": pl.String,
    "network": pl.String,
    "category": pl.String,
    "terms": pl.String,
    "created_at": TIME,
    "language": pl.String,
    "reply_to": pl.String,
    "score": pl.Int64,
    "text": pl.String,
    "dialogue": pl.Int64,
    "place": pl.Int32,
    "learn": pl.Boolean,
}
DIALOGUES = {
    "row_id": pl.String,
    "split": pl.String,
    "created_at": TIME,
    "text": pl.String,
    "turns": pl.List(TURN),
    "record_ids": pl.List(pl.String),
    "people": pl.List(pl.String),
    "origins": pl.List(pl.Int64),
}


def _when(value: object, n: int) -> datetime | None:
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return DAY + timedelta(minutes=n) if value is ... else value


def records(rows: list[dict]) -> pl.DataFrame:
    """RECORDS; what is left out: a post by test:a, one a minute."""
    whole = []
    for n, row in enumerate(rows):
        base = dict.fromkeys(RECORDS) | {"record_id": f"test:{n}", "record_no": n, "account_id": "test:a", "category": "post"}
        whole.append(base | row | {"created_at": _when(row.get("created_at", ...), n)})
    return pl.DataFrame(whole, schema=RECORDS)


def kept(rows: list[dict]) -> pl.DataFrame:
    """What `clean` hands on: records with a score, if any; `repeats` where a row has it."""
    whole = records([{name: value for name, value in row.items() if name in RECORDS} for row in rows])
    more = {"score": pl.Int64} | ({"repeats": pl.String} if any("repeats" in row for row in rows) else {})
    added = [pl.Series(name, [row.get(name) for row in rows], dtype=dtype) for name, dtype in more.items()]
    return whole.with_columns(added).select(*KEPT, *[name for name in more if name not in KEPT])


def turns(rows: list[dict]) -> pl.DataFrame:
    """What `threads` hands on; what is left out: unknown."""
    whole = [
        dict.fromkeys(TURNS) | {"record_no": n, "learn": True} | row | {"created_at": _when(row.get("created_at", ...), n)}
        for n, row in enumerate(rows)
    ]
    return pl.DataFrame(whole, schema=TURNS)


def dialogues(rows: list[dict]) -> pl.DataFrame:
    """What `split` hands on; without `turns`, the text is one turn."""
    whole = []
    for n, row in enumerate(rows):
        base = {"row_id": f"test:{n}", "split": "train", "record_ids": [f"test:{n}"], "people": ["test:a"], "origins": [n]}
        said = row.get("turns") or [{"speaker": 0, "text": row["text"], "learn": True}]
        text = "\n".join(turn["text"] for turn in said)
        whole.append(base | row | {"turns": said, "text": text, "created_at": _when(row.get("created_at", ...), n)})
    return pl.DataFrame(whole, schema=DIALOGUES)


def permitted(rows: pl.DataFrame) -> Dataset:
    """The rows as if the gate had let them all through."""
    permit = Permit("train_ai", DAY, "opt-in", "0" * 64, 1, "0" * 64, 1, rows.height, rows.height, ())
    return _mint.dataset(rows.lazy(), permit)
