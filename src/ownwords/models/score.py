"""How well a model tells what held-out people write, beside a bigram table that read the same words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from ownwords.core import progress
from ownwords.models.packing import IGNORED

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel

    from ownwords.models.packing import Stream

_WINDOWS_AT_A_TIME = 16


@dataclass(frozen=True, slots=True)
class Score:
    """Nats per token over the same tokens of held-out people; None where there are none.

    model           the decoder's
    bigram          the baseline's
    bits_per_byte   the decoder's, per UTF-8 byte of their text, ends of turns included in the cost
    n_tokens        tokens scored
    """

    model: float | None
    bigram: float | None
    bits_per_byte: float | None
    n_tokens: int

    @property
    def beats_bigram(self) -> bool | None:
        """Whether the decoder tells held-out words better than the baseline; None where nothing was scored."""
        return None if self.model is None or self.bigram is None else self.model < self.bigram


def score(model: PreTrainedModel, held_out: Stream, trained_on: Stream, cut: tuple[torch.Tensor, torch.Tensor], vocab: int) -> Score:
    """Both sides on `held_out`. Call it within `steady.steady`.

    held_out     stream of people no training row is from
    trained_on   stream the decoder was trained on; the bigram table counts it whole
    cut          `held_out` as inputs and targets, int64[W, context]
    vocab        tokens there are
    """
    n_tokens = held_out.n_learned
    if n_tokens == 0:
        return Score(None, None, None, 0)
    total = _nats(model, *cut)
    baseline = bigram_nats(trained_on, held_out, vocab)
    per_byte = total / math.log(2) / held_out.n_bytes if held_out.n_bytes else None
    return Score(total / n_tokens, baseline / n_tokens, per_byte, n_tokens)


def bigram_nats(trained_on: Stream, held_out: Stream, vocab: int) -> float:
    """Total nats of an interpolated bigram model on the learned tokens of `held_out`.

    p(w | v) = (c(v, w) + t(v) p(w)) / (c(v) + t(v)), with t(v) the number of different tokens seen after v, and
    p(w) = (c(w) + 1) / (n + vocab). No constant is tuned.

    source   Witten & Bell 1991, method C, as Chen & Goodman 1998 interpolate it
    """
    before, token = _pairs(trained_on)
    pairs, pair_counts = np.unique(before * vocab + token, return_counts=True)
    followed = np.bincount(before, minlength=vocab)
    kinds = np.bincount(pairs // vocab, minlength=vocab)
    unigram = (np.bincount(token, minlength=vocab) + 1) / (len(token) + vocab)
    asked_before, asked = _pairs(held_out)
    wanted = asked_before * vocab + asked
    place = np.searchsorted(pairs, wanted)
    inside = np.minimum(place, max(len(pairs) - 1, 0))
    seen = pair_counts[inside] * (pairs[inside] == wanted) if len(pairs) else np.zeros(len(wanted))
    weight = kinds[asked_before]
    known = followed[asked_before] + weight
    mixed = (seen + weight * unigram[asked]) / np.maximum(known, 1)
    chance = np.where(known > 0, mixed, unigram[asked])
    return float(-np.log(chance).sum())


def _nats(model: PreTrainedModel, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Total nats of the decoder on the targets that are not IGNORED."""
    with torch.inference_mode():
        return _summed(model.eval(), inputs, targets)


def _summed(model: PreTrainedModel, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    total = 0.0
    for start in range(0, len(inputs), _WINDOWS_AT_A_TIME):
        part = slice(start, start + _WINDOWS_AT_A_TIME)
        logits = model(input_ids=inputs[part], use_cache=False).logits  # [windows, context, vocab]
        wanted = targets[part].flatten()
        total += float(functional.cross_entropy(logits.flatten(0, 1).float(), wanted, ignore_index=IGNORED, reduction="sum"))
        progress.tell("score", min(start + _WINDOWS_AT_A_TIME, len(inputs)), len(inputs))
    return total


def _pairs(stream: Stream) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each learned token with the token before it."""
    learned = stream.learned[1:]
    return stream.ids[:-1][learned], stream.ids[1:][learned]
