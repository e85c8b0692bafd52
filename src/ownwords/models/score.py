"""How well a model tells what held-out people write, beside a bigram table that read the same words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from ownwords.core import progress
from ownwords.models import bigram
from ownwords.models.packing import IGNORED

if TYPE_CHECKING:
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
    baseline = bigram.nats(bigram.count(trained_on, vocab), held_out)
    per_byte = total / math.log(2) / held_out.n_bytes if held_out.n_bytes else None
    return Score(total / n_tokens, baseline / n_tokens, per_byte, n_tokens)


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
