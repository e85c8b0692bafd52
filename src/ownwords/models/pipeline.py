"""From rows to a saved, tested model: tokenizer, packing, training, score, files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ownwords.core import files, progress
from ownwords.core.hashing import combine
from ownwords.models import adapt, checkpoint, decoder, head_start, layout, packing, score, tokenizer, train
from ownwords.models.quiet import quiet
from ownwords.models.steady import steady

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from ownwords.models.adapt import Base
    from ownwords.models.packing import Stream
    from ownwords.models.score import Score

_CHECKPOINT = "checkpoint"
#: Held-out windows scored at most; their documents are in a seeded order, so the first ones are a sample.
_SCORED_WINDOWS = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make of the rows.

    base    folder or hub id to adapt; empty: a decoder of `shape` from scratch, with a tokenizer of `vocab` pieces
    rank    of the adapter, with a base
    """

    recipe: train.Recipe
    shape: decoder.Shape
    vocab: int
    base: str
    rank: int


@dataclass(frozen=True, slots=True)
class Trained:
    """What came out; the files are in the folder.

    content_hash    over weights, architecture, tokenizer and chat template
    n_tokens        tokens of the training rows, context turns included
    n_dialogues     training rows of more than one turn
    """

    losses: tuple[float, ...]
    score: Score
    content_hash: str
    base: Base | None
    n_parameters: int
    n_rows: int
    n_held_out: int
    n_tokens: int
    n_dialogues: int

    @property
    def final_loss(self) -> float | None:
        """Nats per token at the end of training; None without a step."""
        return train.final_loss(self.losses) if self.losses else None


@dataclass(frozen=True, slots=True)
class _Start:
    """An untrained model with its tokenizer, and how both write."""

    model: PreTrainedModel
    words: PreTrainedTokenizerFast
    base: Base | None
    context: int


def run(rows: pl.DataFrame, held_out: pl.DataFrame, out: Path, plan: Plan) -> Trained:
    """Train on `rows`, score on `held_out`, save into `out`; a checkpoint of the same work in `out` is resumed.

    rows, held_out    table[R]: row_id, text, turns; order of arrival does not matter
    raises            what `decoder.fresh`, `adapt.find` and `train.fit` raise
    """
    _clear_all_but_checkpoint(out)
    turns = packing.turns_of(rows)
    n_dialogues = turns.filter(turns["n_turns"] > 1)["doc"].n_unique()
    with steady(plan.recipe.threads), quiet():
        start = _start(turns, n_dialogues > 0, plan)
        around = layout.of(start.words)
        stream = packing.tokenise(turns, start.words, around, plan.recipe.seed)
        losses = _fitted(start, stream, out, plan)
        model, content_hash = _saved(start, out)
        progress.tell("score", 0)
        unseen = packing.tokenise(packing.turns_of(held_out), start.words, around, plan.recipe.seed)
        unseen = unseen.first(_SCORED_WINDOWS * start.context)
        cut = packing.windows(unseen, start.context, start.words.pad_token_id or 0)
        result = score.score(model, unseen, stream, cut, model.config.vocab_size)
    return Trained(
        losses=losses,
        score=result,
        content_hash=content_hash,
        base=start.base,
        n_parameters=decoder.n_parameters(model),
        n_rows=rows.height,
        n_held_out=held_out.height,
        n_tokens=len(stream.ids),
        n_dialogues=n_dialogues,
    )


def finish(out: Path) -> None:
    """Remove the checkpoint; called when everything else of the artifact is written."""
    checkpoint.clear(out / _CHECKPOINT)


def _clear_all_but_checkpoint(out: Path) -> None:
    """An interrupted build with other options may have left files that are not of this one."""
    for path in out.iterdir():
        if path.name != _CHECKPOINT:
            files.remove_tree(path)


def _start(turns: pl.DataFrame, has_dialogues: bool, plan: Plan) -> _Start:
    if plan.base:
        base = adapt.find(plan.base)
        model, words = adapt.prepare(base, plan.rank, has_dialogues, plan.recipe.seed)
        limit = getattr(model.config, "max_position_embeddings", plan.shape.context)
        return _Start(model, words, base, min(plan.shape.context, int(limit)))
    progress.tell("tokenizer", 0)
    texts = turns.filter(turns["learn"])["text"].to_list()
    words = tokenizer.train(texts, plan.vocab, plan.shape.context, has_dialogues)
    return _Start(decoder.fresh(words, plan.shape, plan.recipe.seed), words, None, plan.shape.context)


def _fitted(start: _Start, stream: Stream, out: Path, plan: Plan) -> tuple[float, ...]:
    windows = packing.windows(stream, start.context, start.words.pad_token_id or 0)
    about = {"shape": asdict(plan.shape), "rank": plan.rank, "base": start.base.sha256 if start.base else ""}
    key = train.key_of(train.content_of(*windows), plan.recipe, words=tokenizer.fingerprint(start.words), **about)

    def begin() -> None:
        if start.base is None:
            head_start.give(start.model, stream, plan.recipe.seed)

    return train.fit(start.model, windows, plan.recipe, out / _CHECKPOINT, key, begin)


def _saved(start: _Start, out: Path) -> tuple[PreTrainedModel, str]:
    """The whole model in memory, its files in `out`, and the content hash."""
    if start.base:
        model = adapt.save(start.model, start.base, out)
    else:
        model = start.model
        model.save_pretrained(out)
    start.words.save_pretrained(out)
    return model, combine({"weights": decoder.fingerprint(model), "tokenizer": tokenizer.fingerprint(start.words)})
