"""Make a dataset: run the steps, write the rows, then what tells people and machines about them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from ownwords.core import files, hashing
from ownwords.core.errors import Usage
from ownwords.core.product import Built
from ownwords.engine.run import run
from ownwords.products.dataset import Options, card, croissant, examples, forms, report, shards, training_content, write
from ownwords.products.dataset.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ownwords.core.dataset import Dataset, StepRecord
    from ownwords.core.product import Artifact, Opened
    from ownwords.core.step import Param
    from ownwords.products.dataset.figures import Figures

SPLITS = forms.SPLITS
_FROM_TURNS_ON = ("threads", "split", "pairs")


def build(inputs: Mapping[str, Opened], out: Path, options: object, previous: Artifact | None, engine: str = "polars") -> Built:
    """Write the rows of train and held_out as Parquet and JSON lines, and the documents about them, into `out`.

    README.md            the card
    report.html          funnel, charts, sample posts
    croissant.json       for machines
    training_content.*   draft of the public summary of training content, .md and .json
    dataset_info.json    for LLaMA-Factory
    tokens/              packed tokens, with a tokenizer

    inputs     rows: permitted RECORDS
    previous   not needed: the steps are quick
    engine     what carries out the steps
    returns    the hash of every value but record numbers, file hashes and dates; the record numbers, steps and counts
    raises     Usage for an option out of its range
    """
    chosen = _checked(cast("Options", options))
    permitted = inputs["rows"].dataset
    if permitted.rows.select(pl.col("account_id").n_unique()).collect(engine="streaming").item() < 2:
        chosen = replace(chosen, held_out=0.0)  # one person cannot be on both sides: all of it is learnt from
    scratch = out / "scratch"
    return finished(run(permitted, plan(chosen), scratch, engine), permitted.rows, chosen, out, scratch)


def finished(made: Dataset, posts: pl.LazyFrame, chosen: Options, out: Path, scratch: Path) -> Built:
    """What is left to do after the steps; takes `scratch` away.

    made      forms.DIALOGUES
    posts     the permitted RECORDS they were made from
    scratch   where the steps ran
    """
    rows = _sampled(made.rows, chosen)
    written = write.write(rows, chosen.form, out, scratch / "writing")
    n_found = len(written.figures.origins) if rows is made.rows else _n_records(made.rows)
    metrics = _metrics(made, n_found, written.figures)
    shown = examples.collect(posts, made.steps, written.figures.chosen, scratch)
    hashes = dict(written.hashes)
    tokens: dict[str, Any] = {}
    if chosen.tokenizer:
        hashes["tokens"], tokens = shards.write(out, chosen.tokenizer, chosen.context)
        metrics["tokens"] = tokens["n_tokens"]
    rows_hash = hashing.combine(written.hashes)
    facts = Facts(chosen, made.permit, made.steps, metrics, written.figures, rows_hash, shown, tokens)
    hashes |= _documents(facts, out)
    files.remove_tree(scratch)
    resources = {"tokenizer": {"name": str(tokens["tokenizer"]), "sha256": str(tokens["tokenizer_sha256"])}} if tokens else {}
    return Built(hashing.combine(hashes), written.figures.origins | shown.origins, made.steps, metrics, resources)


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


def _documents(facts: Facts, out: Path) -> dict[str, str]:
    """Write them; returns the hash of each, without what equal content need not share."""
    sha256 = {split: files.sha256_file(out / f"{split}.parquet") for split in SPLITS}
    summary = training_content.summary(facts)
    texts = {
        "README.md": card.card(facts),
        "report.html": report.report(facts),
        "training_content.md": training_content.markdown(summary),
        "training_content.json": _json(summary),
        "dataset_info.json": _json(card.llama_factory(facts.options.form)),
        "croissant.json": _json(croissant.croissant(facts, sha256)),
    }
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    told = texts | {"croissant.json": _json(croissant.croissant(facts, {}))}
    return {name: hashing.sha256_json(text) for name, text in told.items()}


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _checked(options: Options) -> Options:
    ranges = {
        "held_out": (0, 0.9),
        "max_turns": (1, 1000),
        "max_context": (0, 100),
        "sample": (0, 1 << 60),
        "seed": (0, 1 << 60),
        "near": (0, 1),
        "context": (2, 1 << 20),
    }
    for name, (low, high) in ranges.items():
        if not low <= getattr(options, name) <= high:
            raise Usage(
                f"dataset: {name} is {getattr(options, name)}, outside {low} to {high}", f"choose --{name.replace('_', '-')} within"
            )
    if options.form not in forms.FORMS:
        raise Usage(f"dataset: form {options.form!r} does not exist", f"choose --form {', '.join(forms.FORMS)}")
    return options


def _sampled(rows: pl.LazyFrame, options: Options) -> pl.LazyFrame:
    """All rows, or the `sample` whose ids come first by chance."""
    if not options.sample:
        return rows
    by_chance = rows.select("row_id", examples.chance("row_id", options.seed).alias("chance"))
    ids = by_chance.bottom_k(options.sample, by=["chance", "row_id"]).select("row_id").collect(engine="streaming")
    return rows.join(ids.lazy(), on="row_id", how="semi")


def _n_records(rows: pl.LazyFrame) -> int:
    """How many records the rows are made of."""
    numbers = rows.select(pl.col("origins").explode(empty_as_null=False)).collect(engine="streaming")["origins"]
    return numbers.n_unique()


def _metrics(made: Dataset, n_found: int, figures: Figures) -> dict[str, Any]:
    """Counts that a rebuild without a forgotten person shares with a workspace that never held them.

    posts_in = posts + those of `dropped`. What a step drops from `threads` on are turns or dialogues (`turns_dropped`); a post may
    stand in another dialogue still.

    n_found   records in the rows that the steps left, before a sample was taken
    """
    names = [step.name for step in made.steps]
    first = next((place for place, name in enumerate(names) if name in _FROM_TURNS_ON), len(names))
    dropped = _reasons(made.steps[:first])
    n_in, n_posts = made.steps[0].n_in, len(figures.origins)
    dropped["in no dialogue"] = n_in - sum(dropped.values()) - n_found
    dropped["not in the sample"] = dropped.get("not in the sample", 0) + n_found - n_posts
    return {
        "posts_in": n_in,
        "posts": n_posts,
        "people": figures.people.height,
        "dialogues": figures.n_rows,
        "split": {name: figures.split[name] for name in SPLITS},
        "turns": figures.n_turns,
        "learnt_turns": figures.n_learnt,
        "withheld_turns": figures.n_withheld,
        "characters": figures.n_characters,
        "dropped": {reason: n for reason, n in sorted(dropped.items()) if n},
        "turns_dropped": _reasons(made.steps[first:]),
    }


def _reasons(steps: Sequence[StepRecord]) -> dict[str, int]:
    """What these steps dropped, by reason."""
    total: Counter[str] = Counter()
    for step in steps:
        total.update(dict(step.dropped))
    return dict(sorted(total.items()))
