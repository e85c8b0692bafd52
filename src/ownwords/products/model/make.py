"""Building a model: tokenizer, training, held-out score, card."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import polars as pl
from pyroaring import BitMap64

from ownwords.core import files, progress
from ownwords.core.dataset import StepRecord
from ownwords.core.errors import Fault, Usage
from ownwords.core.product import Built
from ownwords.models import card, extra
from ownwords.products.model import Options, curve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ownwords.core.product import Artifact, Opened
    from ownwords.models import pipeline

#: Peak learning rates: the first found by trial (docs/notebook.md), the second what is usual for LoRA.
_SCRATCH_RATE, _ADAPTER_RATE = 3e-3, 5e-4
#: Those of them that a form of dataset has.
_COLUMNS = ("row_id", "split", "text", "turns", "prompt", "completion", "chosen", "origins")


def build(inputs: Mapping[str, Opened], out: Path, options: object, previous: Artifact | None, engine: str = "polars") -> Built:
    """Train on the rows of split `train`, test on those of `held_out`, write model, tokenizer, card and loss curve into `out`.

    inputs     `data`: a dataset's rows; none at all give an untrained model
    out        may hold the checkpoint of an interrupted build, which is then resumed
    options    Options
    previous   not used: weights that once learned from a person keep a trace of them, so every build starts anew
    raises     MissingExtra without the packages to train, Usage for another engine
    """
    if engine != "polars":
        raise Usage(f"--engine {engine} carries out the steps of a dataset; a model is trained here", "leave --engine out")
    extra.require("building a model")
    from ownwords.models import pipeline

    if not isinstance(options, Options):
        raise Fault("a model is built with its own Options", "pass products.model.Options")
    opened = inputs["data"]
    progress.tell("read", 0, None)
    have = opened.dataset.rows.collect_schema().names()
    rows = opened.dataset.rows.select(name for name in _COLUMNS if name in have).sort("row_id").collect(engine="streaming")
    train, held_out = (rows.filter(pl.col("split") == split) for split in ("train", "held_out"))
    trained = pipeline.run(train, held_out, out, _plan(options))
    files.write_atomic(out / "loss.svg", curve.svg(trained.losses, trained.score.model, trained.score.bigram))
    metrics = _metrics(trained)
    files.write_atomic(out / "README.md", card.write(_facts(opened, trained, metrics, options)))
    pipeline.finish(out)
    return Built(
        content_hash=trained.content_hash,
        origins=BitMap64(rows["origins"].explode().drop_nulls().to_list()),
        steps=(_step(trained, options),),
        metrics=metrics,
        resources={"base": trained.base.to_resource()} if trained.base else {},
    )


def _plan(options: Options) -> pipeline.Plan:
    """The options in the words of `models`."""
    from ownwords.models import decoder, pipeline, train

    rate = options.rate or (_ADAPTER_RATE if options.base else _SCRATCH_RATE)
    recipe = train.Recipe(
        steps=options.steps,
        batch=options.batch,
        learning_rate=rate,
        seed=options.seed,
        threads=options.threads,
        checkpoint_every=options.checkpoint_every,
    )
    shape = decoder.Shape(options.width, options.layers, options.context)
    return pipeline.Plan(recipe, shape, options.vocab, options.base, options.rank)


def _metrics(trained: pipeline.Trained) -> dict[str, object]:
    """For the manifest; nothing that depends on the time a build took."""
    return {
        "n": trained.n_rows,
        "n_held_out": trained.n_held_out,
        "dialogues": trained.n_dialogues,
        "tokens": trained.n_tokens,
        "parameters": trained.n_parameters,
        "steps": len(trained.losses),
        "loss": trained.final_loss,
        "held_out": trained.score.model,
        "bigram": trained.score.bigram,
        "bits_per_byte": trained.score.bits_per_byte,
        "held_out_tokens": trained.score.n_tokens,
        "beats_bigram": trained.score.beats_bigram,
    }


def _facts(opened: Opened, trained: pipeline.Trained, metrics: Mapping[str, object], options: Options) -> card.Facts:
    permit, artifact = opened.dataset.permit, opened.artifact
    return card.Facts(
        data=artifact.name if artifact else "rows straight from the gate",
        data_hash=artifact.manifest.content_hash if artifact else "",
        purpose=permit.purpose,
        policy=permit.policy_id,
        policy_hash=permit.policy_hash,
        base=trained.base.name if trained.base else "",
        counts={"rows trained on": trained.n_rows, "of them dialogues": trained.n_dialogues, "tokens": trained.n_tokens},
        metrics=metrics,
        options=asdict(options),
    )


def _step(trained: pipeline.Trained, options: Options) -> StepRecord:
    params = tuple((name, value) for name, value in asdict(options).items() if name != "base")
    return StepRecord("train", params, trained.n_rows, trained.n_rows)
