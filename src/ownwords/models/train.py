"""Training for a fixed number of steps; stopped and resumed it gives the same weights."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import transformers
from torch.nn import functional

from ownwords.core import files, progress
from ownwords.core.errors import Fault
from ownwords.core.hashing import sha256_json
from ownwords.models import checkpoint
from ownwords.models.packing import IGNORED

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers import PreTrainedModel

_TELL_EVERY = 5
_FINAL_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train.

    steps              batches, each followed by one update
    batch              windows a step
    learning_rate      at its peak, after `warmup` steps; then a half cosine down to a tenth
    threads            torch threads; part of the result, since sums depend on it
    checkpoint_every   steps between checkpoints
    """

    steps: int
    batch: int
    learning_rate: float
    seed: int
    threads: int
    warmup: int = 40
    weight_decay: float = 0.1
    clip: float = 1.0
    checkpoint_every: int = 50


def fit(
    model: PreTrainedModel,
    windows: tuple[torch.Tensor, torch.Tensor],
    recipe: Recipe,
    folder: Path,
    key: str,
    begin: Callable[[], None],
) -> tuple[float, ...]:
    """Train the trainable weights in place. Call it within `steady.steady(recipe.threads)`.

    windows   inputs and targets, each int64[W, context]; target IGNORED is not learned. No window: nothing happens.
    folder    where checkpoints lie; the caller clears it when the artifact is complete
    key       of `key_of`: a checkpoint is resumed only if it is of the same key
    begin     called before the first step, not when a checkpoint is resumed
    returns   nats per token of every step
    raises    Fault if the loss is no number any more
    """
    inputs, targets = windows
    if len(inputs) == 0:
        return ()
    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    optimiser = _optimiser(weights, recipe)
    done = checkpoint.load(folder, key, weights, optimiser)
    if done.step == 0:
        begin()
    losses = list(done.losses)
    model.train()
    for step in range(done.step, recipe.steps):
        files.fault_point("train.step")
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, recipe)
        picked = batch_of(step, len(inputs), recipe)
        loss = _loss(model, inputs[picked], targets[picked])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), recipe.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(_finite(loss.item(), step))
        if (step + 1) % _TELL_EVERY == 0 or step + 1 == recipe.steps:
            progress.tell("train", step + 1, recipe.steps, f"loss {final_loss(losses):.2f}")
        if (step + 1) % recipe.checkpoint_every == 0 and step + 1 < recipe.steps:
            checkpoint.save(folder, key, checkpoint.Progress(step + 1, tuple(losses)), weights, optimiser)
    model.eval()
    return tuple(losses)


def batch_of(step: int, n_windows: int, recipe: Recipe) -> torch.Tensor:
    """Which windows step `step` sees, int64[batch]: every window once an epoch, in an order that only seed and epoch decide."""
    wanted = torch.arange(step * recipe.batch, (step + 1) * recipe.batch)
    epochs = wanted // n_windows
    orders = {
        epoch: torch.randperm(n_windows, generator=torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch + 1))
        for epoch in range(int(epochs[0]), int(epochs[-1]) + 1)
    }
    return torch.stack([orders[int(epoch)][place] for epoch, place in zip(epochs, wanted % n_windows, strict=True)])


def learning_rate(step: int, recipe: Recipe) -> float:
    """Linear warm-up, then a half cosine down to a tenth of the peak."""
    warmup = min(recipe.warmup, max(recipe.steps // 5, 1))
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    share = (step - warmup) / max(recipe.steps - warmup, 1)
    return recipe.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * share)))


def final_loss(losses: list[float] | tuple[float, ...]) -> float:
    """Mean of the last tenth of the steps, 50 at most: one step alone is noise."""
    tail = losses[-max(1, min(50, int(len(losses) * _FINAL_SHARE))) :]
    return sum(tail) / len(tail)


def key_of(content: str, recipe: Recipe, **more: object) -> str:
    """What a checkpoint belongs to: hash of the input's content, the options, this code and the libraries under it."""
    here = Path(__file__).parent
    code = {path.name: files.sha256_file(path) for path in sorted(here.glob("*.py"))}
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    return sha256_json({"content": content, "recipe": asdict(recipe), "code": code, "versions": versions, **more})


def content_of(inputs: torch.Tensor, targets: torch.Tensor) -> str:
    """Hex sha256 of everything the training will see."""
    digest = hashlib.sha256(str(tuple(inputs.shape)).encode())
    for tensor in (inputs, targets):
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _optimiser(weights: dict[str, torch.nn.Parameter], recipe: Recipe) -> torch.optim.AdamW:
    """AdamW; weights that scale or bias (one dimension) do not decay."""
    decayed = [weight for weight in weights.values() if weight.dim() > 1]
    kept = [weight for weight in weights.values() if weight.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": kept, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98), fused=True)


def _loss(model: PreTrainedModel, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean nats per learned token of one batch; 0 where nothing is to be learned."""
    logits = model(input_ids=inputs, use_cache=False).logits  # [batch, context, vocab]
    total = functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (targets != IGNORED).sum().clamp(min=1)


def _finite(loss: float, step: int) -> float:
    if not math.isfinite(loss):
        raise Fault(f"training diverged at step {step + 1}: the loss is no number", "build again with another --seed")
    return loss
