"""Make a dataset: run the steps, write the rows, then what tells people and machines about them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from pyroaring import BitMap64

from ownwords.core import files, hashing, plugins
from ownwords.core.product import Built
from ownwords.engine.run import dropped, run
from ownwords.products.dataset import Options, card, croissant, examples, forms, report, shards, training_content, write
from ownwords.products.dataset.facts import Facts
from ownwords.products.dataset.plan import check, plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ownwords.core.dataset import Dataset, StepRecord
    from ownwords.core.product import Artifact, Opened
    from ownwords.core.step import Param
    from ownwords.products.dataset.figures import Figures

SPLITS = forms.SPLITS
#: Steps that drop turns or dialogues, not posts.
_FROM_TURNS_ON = ("split", "pairs")


def build(inputs: Mapping[str, Opened], out: Path, options: object, previous: Artifact | None, engine: str = "polars") -> Built:
    """Write the rows of train and held_out as Parquet and JSON lines, and the documents about them, into `out`.

    README.md            the card
    report.html          funnel, charts, sample posts
    croissant.json       for machines
    training_content.*   draft of the public summary of training content, .md and .json
    dataset_info.json    for LLaMA-Factory
    tokens/              packed tokens, with a tokenizer
    dropped/             which records went, at which step and why, with the option `dropped`

    inputs     rows: permitted RECORDS
    previous   not needed: the steps are quick
    engine     what carries out the steps
    returns    the hash of every value but record numbers, file hashes and dates; the record numbers, steps and counts
    raises     Usage for an option out of its range
    """
    chosen = cast("Options", options)
    check(chosen)
    if chosen.tokenizer:
        shards.check(chosen.tokenizer)
    permitted = inputs["rows"].dataset
    if chosen.split == "person" and _is_one_person(permitted.rows):
        chosen = replace(chosen, held_out=0.0)  # one person cannot be on both sides: all of it is learnt from
    scratch = out / "scratch"
    planned = plan(chosen, permitted.permit.n_allowed)
    made = run(permitted, planned, scratch, engine)
    return finished(made, permitted.rows, chosen, out, scratch, resources_of(planned))


def resources_of(planned: Sequence[tuple[str, Mapping[str, Param]]]) -> dict[str, dict[str, str]]:
    """What the steps read beside the posts: see `resources` in `core.step.Step`."""
    found: dict[str, dict[str, str]] = {}
    for name, given in planned:
        told = getattr(plugins.load("step", name), "resources", None)
        if told is not None:
            found |= told(plugins.step_parameters(name, given))
    return found


def finished(
    made: Dataset, posts: pl.LazyFrame, chosen: Options, out: Path, scratch: Path, resources: Mapping[str, dict[str, str]]
) -> Built:
    """What is left to do after the steps; takes `scratch` away, and whatever else an earlier build has left in `out`.

    What an interrupted build wrote may be words of people who have withdrawn since.

    made       forms.DIALOGUES
    posts      the permitted RECORDS they were made from
    scratch    where the steps ran
    resources  what else the steps read, for the manifest
    """
    for path in out.iterdir():
        if path != scratch:
            files.remove_tree(path)
    written = write.write(made.rows, chosen.form, out, scratch / "writing", made.steps[-1].n_out)
    metrics = _metrics(made, written.figures, _shown_elsewhere(dropped(scratch), written.figures.origins))
    shown = examples.collect(posts, made.steps, written.figures.chosen, scratch)
    made = _named(made, resources)
    hashes = dict(written.hashes)
    origins = written.figures.origins | shown.origins
    if chosen.dropped:
        hashes["dropped"], theirs = _write_dropped(dropped(scratch), out / "dropped")
        origins |= theirs
    tokens: dict[str, Any] = {}
    if chosen.tokenizer:
        hashes["tokens"], tokens = shards.write(out, chosen.tokenizer, chosen.context)
        metrics["tokens"] = tokens["n_tokens"]
    rows_hash = hashing.combine(written.hashes)
    facts = Facts(chosen, made.permit, made.steps, metrics, written.figures, rows_hash, shown, tokens)
    hashes |= _documents(facts, out)
    files.remove_tree(scratch)
    if tokens:
        resources = {**resources, "tokenizer": {"name": str(tokens["tokenizer"]), "sha256": str(tokens["tokenizer_sha256"])}}
    return Built(hashing.combine(hashes), origins, made.steps, metrics, resources)


def _write_dropped(records: pl.LazyFrame, folder: Path) -> tuple[str, BitMap64]:
    """Which records the steps dropped, as Parquet; its content hash, and their numbers: who withdraws is owed this list, too."""
    found = records.unique().sort("record_id", "position", "reason").collect(engine="streaming")
    told = found.select("record_id", "step", "reason")
    folder.mkdir()
    told.write_parquet(folder / "records.parquet", compression="zstd", statistics=False)
    return hashing.content_hash(found.select("record_id", "position", "step", "reason"), ["record_id", "position", "reason"]), BitMap64(
        found["record_no"]
    )


def _named(made: Dataset, resources: Mapping[str, dict[str, str]]) -> Dataset:
    """`made`, its records naming files by their names and not by where they lie."""
    benchmarks = ", ".join(found["name"] for key, found in resources.items() if key.startswith("benchmark:"))

    def named(key: str, value: Param) -> Param:
        if key == "recogniser" and value:
            return resources["recogniser"]["name"]
        return benchmarks if key == "against" else value

    return replace(
        made, steps=tuple(replace(step, params=tuple((key, named(key, value)) for key, value in step.params)) for step in made.steps)
    )


def _is_one_person(rows: pl.LazyFrame) -> bool:
    """Whether all rows are one account's, or there are none."""
    ends = rows.select(pl.col("account_id").min().alias("first"), pl.col("account_id").max().alias("last")).collect(engine="streaming")
    return bool((ends["first"] == ends["last"]).fill_null(value=True).item())


def _documents(facts: Facts, out: Path) -> dict[str, str]:
    """Write them; returns the hash of each, without what equal content need not share."""
    sha256 = {split: files.sha256_file(out / f"{split}.parquet") for split in SPLITS}
    summary = training_content.summary(facts)
    texts = {
        "README.md": card.card(facts),
        "report.html": report.report(facts),
        "training_content.md": training_content.markdown(summary),
        "training_content.json": _json(summary),
        "dataset_info.json": _json(card.llama_factory(facts)),
        "croissant.json": _json(croissant.croissant(facts, sha256)),
    }
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    told = texts | {"croissant.json": _json(croissant.croissant(facts, {}))}
    return {name: hashing.sha256_json(text) for name, text in told.items()}


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _shown_elsewhere(records: pl.LazyFrame, origins: BitMap64) -> dict[str, int]:
    """Records that `threads` dropped from the place of their own and that are shown in another dialogue, by reason."""
    own = records.filter(pl.col("step") == "threads").select("record_no", "reason").collect(engine="streaming")
    both = BitMap64(own["record_no"]) & origins
    return dict(own.filter(pl.col("record_no").is_in(list(both))).group_by("reason").len().iter_rows())


def _metrics(made: Dataset, figures: Figures, shown: Mapping[str, int]) -> dict[str, Any]:
    """Counts that a rebuild without a forgotten person shares with a workspace that never held them.

    posts_in = posts + those of `dropped`. What a step drops from `split` on are turns or dialogues (`turns_dropped`); a post may
    stand in another dialogue still.

    shown   records that were dropped, and are in a dialogue all the same, by reason
    """
    names = [step.name for step in made.steps]
    first = next((place for place, name in enumerate(names) if name in _FROM_TURNS_ON), len(names))
    dropped = {reason: n - shown.get(reason, 0) for reason, n in _reasons(made.steps[:first]).items()}
    n_in, n_posts = made.steps[0].n_in, len(figures.origins)
    is_prompted = any(dict(step.params).get("prompted") for step in made.steps)
    left = "in no pair" if "pairs" in names else "no prompt" if is_prompted else "in no dialogue"
    dropped[left] = n_in - sum(dropped.values()) - n_posts
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
