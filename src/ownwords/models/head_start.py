"""The bigram table as a starting point: before a decoder learns to read, its embeddings know which token follows which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from ownwords.core import progress
from ownwords.models import bigram

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

    from ownwords.models.bigram import Table
    from ownwords.models.packing import Stream

_STEPS = 160
_ROWS = 512
_RATE = 0.02
_WARMUP = 10
_TELL_EVERY = 20


@dataclass(frozen=True, slots=True)
class _Targets:
    """Rows of the table to be learned.

    before   int64[R]: tokens that were followed by something
    weight   float32[R]: how often, as a share
    """

    before: torch.Tensor
    weight: torch.Tensor


def give(model: LlamaForCausalLM, stream: Stream, seed: int) -> None:
    """Train embeddings and head, in place, to tell the next token from the one before, as the smoothed bigram table of `stream` does.

    A block of a fresh decoder adds nothing yet (`decoder.fresh`), so what embeddings and head know is what the model knows.
    Each step covers up to 512 rows of the table whole, however often they occur (measured: docs/notebook.md).
    Call it within `steady.steady`.

    model    with untied embeddings
    stream   what it is going to be trained on; without learned tokens nothing happens
    """
    table = bigram.count(stream, model.config.vocab_size)
    before = np.flatnonzero(table.followed)
    if len(before) == 0:
        return
    share = table.followed[before] / table.followed.sum() * len(before)
    targets = _Targets(torch.from_numpy(before), torch.from_numpy(share.astype(np.float32)))
    weights = [model.get_input_embeddings().weight, model.get_output_embeddings().weight]
    optimiser = torch.optim.AdamW(weights, lr=_RATE, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    orders = torch.Generator().manual_seed(seed)
    waiting: list[torch.Tensor] = []
    for step in range(_STEPS):
        waiting = waiting or list(torch.randperm(len(before), generator=orders).split(_ROWS))
        optimiser.param_groups[0]["lr"] = _RATE * min(1.0, (step + 1) / _WARMUP) * (1 - 0.95 * step / _STEPS)
        loss = _loss(model, table, targets, waiting.pop())
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if (step + 1) % _TELL_EVERY == 0:
            progress.tell("head start", step + 1, _STEPS, f"loss {loss.item():.2f}")
    model.zero_grad(set_to_none=True)


def _loss(model: LlamaForCausalLM, table: Table, targets: _Targets, rows: torch.Tensor) -> torch.Tensor:
    """Mean nats of the model without its blocks against these rows of the table, weighted by how often they are used."""
    before = targets.before[rows]
    wanted = torch.from_numpy(table.chances(before.numpy()))  # [rows, vocab]
    hidden = model.model.norm(model.get_input_embeddings()(before))  # [rows, width]
    chances = torch.log_softmax(model.get_output_embeddings()(hidden), -1)  # [rows, vocab]
    return -((wanted * chances).sum(-1) * targets.weight[rows]).mean()
