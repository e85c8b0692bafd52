"""Make a dataset: run the steps, write Parquet, JSON lines and the card."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import polars as pl
from pyroaring import BitMap64

from ownwords.core import files, hashing
from ownwords.core.errors import Usage
from ownwords.core.product import Built
from ownwords.datasets import by_stable_chance
from ownwords.engine.run import run
from ownwords.products.dataset import Options
from ownwords.products.dataset.card import card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ownwords.core.dataset import Dataset, StepRecord
    from ownwords.core.product import Artifact, Opened
    from ownwords.core.schemas import Columns
    from ownwords.core.step import Param

SPLITS = ("train", "held_out")
_TURN = pl.Struct({"speaker": pl.Int32, "text": pl.String, "learn": pl.Boolean})
#: One row a dialogue; a flat dataset has dialogues of one turn. row_id is the record id of the first learnt turn.
ROWS: Columns = {
    "row_id": pl.String,
    "split": pl.String,
    "text": pl.String,
    "turns": pl.List(_TURN),
    "record_ids": pl.List(pl.String),
    "origins": pl.List(pl.Int64),
}


def build(inputs: Mapping[str, Opened], out: Path, options: object, previous: Artifact | None) -> Built:
    """Write train and held_out as Parquet and JSON lines, and card.md, into `out`.

    inputs     rows: permitted RECORDS
    previous   not needed: the steps are quick
    returns    the hash of every value but record numbers, the record numbers, steps and counts
    raises     Usage for an option out of its range
    """
    chosen = _checked(cast("Options", options))
    if inputs["rows"].dataset.rows.select(pl.col("account_id").n_unique()).collect().item() < 2:
        chosen = replace(chosen, held_out=0.0)  # one person cannot be on both sides: all of it is learnt from
    scratch = out / "scratch"
    made = run(inputs["rows"].dataset, plan(chosen), scratch)
    found = made.rows.collect(engine="streaming")
    rows = _chosen_rows(found, chosen)
    metrics = _metrics(made, found, rows)
    files.remove_tree(scratch)
    hashes = dict[str, str]()
    for split in SPLITS:
        part = rows.filter(pl.col("split") == split).select(pl.col(name).cast(dtype) for name, dtype in ROWS.items()).rechunk()
        part.write_parquet(out / f"{split}.parquet", compression="zstd", statistics=False, row_group_size=65_536)
        messages(part, chosen.form).write_ndjson(out / f"{split}.jsonl")
        hashes[split] = hashing.content_hash(part.drop("origins"), ["row_id"])
    text = card(chosen, made.permit, made.steps, metrics)
    (out / "card.md").write_text(text, encoding="utf-8")
    hashes["card"] = hashing.sha256_json(text)
    origins = BitMap64(rows["origins"].explode().drop_nulls().unique().to_list())
    return Built(hashing.combine(hashes), origins, made.steps, metrics)


def plan(options: Options) -> list[tuple[str, dict[str, Param]]]:
    """The steps and their parameters for these options."""
    is_flat = options.form == "flat"
    turns: dict[str, Param] = {"max_turns": 1, "max_context": 0}
    if not is_flat:
        turns = {"max_turns": options.max_turns, "max_context": options.max_context}
    steps: list[tuple[str, dict[str, Param]]] = [
        ("clean", {}),
        ("pii", {}),
        ("threads", turns),
        ("split", {"held_out": options.held_out, "seed": options.seed}),
        ("exact", {}),
    ]
    return [*steps, ("near", {"similarity": options.near})] if options.near else steps


def messages(rows: pl.DataFrame, form: str) -> pl.DataFrame:
    """What goes into the JSON lines, in the order of `rows`.

    conversations   messages (role user or assistant, content), record_ids; the last speaker is the assistant, everyone
                    else the user, and neighbouring turns of one role are one message
    flat            text, record_id
    """
    if form == "flat":
        return rows.select("text", pl.col("record_ids").list.last().alias("record_id"))
    turns = rows.select("row_id", pl.col("turns").list.last().struct.field("speaker").alias("last"), "turns").explode("turns")
    role = pl.when(pl.col("turns").struct.field("speaker") == pl.col("last")).then(pl.lit("assistant")).otherwise(pl.lit("user"))
    spoken = turns.select("row_id", role.alias("role"), pl.col("turns").struct.field("text").alias("content"))
    begins = (pl.col("row_id") != pl.col("row_id").shift(1)) | (pl.col("role") != pl.col("role").shift(1))
    merged = (
        spoken.with_columns(begins.fill_null(True).cum_sum().alias("message"))
        .group_by("row_id", "message", "role", maintain_order=True)
        .agg(pl.col("content").str.join("\n"))
        .group_by("row_id", maintain_order=True)
        .agg(pl.struct("role", "content").alias("messages"))
    )
    return rows.select("row_id", "record_ids").join(merged, on="row_id", maintain_order="left").select("messages", "record_ids")


def _checked(options: Options) -> Options:
    ranges = {
        "held_out": (0, 0.9),
        "max_turns": (1, 1000),
        "max_context": (0, 100),
        "sample": (0, 1 << 60),
        "seed": (0, 1 << 60),
        "near": (0, 1),
    }
    for name, (low, high) in ranges.items():
        if not low <= getattr(options, name) <= high:
            raise Usage(
                f"dataset: {name} is {getattr(options, name)}, outside {low} to {high}", f"choose --{name.replace('_', '-')} within"
            )
    if options.form not in ("conversations", "flat"):
        raise Usage(f"dataset: form {options.form!r} does not exist", "choose --form conversations or --form flat")
    return options


def _chosen_rows(rows: pl.DataFrame, options: Options) -> pl.DataFrame:
    """All rows, or the `sample` whose ids come first by chance; sorted by row_id."""
    if options.sample:
        rows = by_stable_chance(rows, "row_id", options.seed).head(options.sample)
    return rows.sort("row_id")


def _metrics(made: Dataset, found: pl.DataFrame, rows: pl.DataFrame) -> dict[str, object]:
    """Counts that a rebuild without a forgotten person shares with a workspace that never held them.

    posts_in = posts + those of `dropped`; a dialogue dropped as a duplicate may hold several posts, and one of them may stand
    in another dialogue still, so `dialogues_dropped` counts something else.
    """
    split = dict(rows.group_by("split").len().iter_rows())
    n_posts, n_found = (table["record_ids"].explode().drop_nulls().n_unique() for table in (rows, found))
    threads = next(number for number, step in enumerate(made.steps) if step.name == "threads")
    dropped = _reasons(made.steps[:threads])
    n_in = made.steps[0].n_in
    dropped["in a duplicate dialogue"] = n_in - sum(dropped.values()) - n_found
    dropped["not in the sample"] = n_found - n_posts
    return {
        "posts_in": n_in,
        "posts": n_posts,
        "people": rows["people"].explode().drop_nulls().n_unique(),
        "dialogues": rows.height,
        "split": {name: split.get(name, 0) for name in SPLITS},
        "turns": int(rows["turns"].list.len().sum()),
        "dropped": {reason: n for reason, n in sorted(dropped.items()) if n},
        "dialogues_dropped": _reasons([step for step in made.steps if step.name in ("exact", "near")]),
    }


def _reasons(steps: Sequence[StepRecord]) -> dict[str, int]:
    """What these steps dropped, by reason."""
    total: Counter[str] = Counter()
    for step in steps:
        total.update(dict(step.dropped))
    return dict(sorted(total.items()))
