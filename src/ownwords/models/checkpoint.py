"""Half-trained weights on disk, from which training goes on as if it had not stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import safetensors
import safetensors.torch
import torch

from ownwords.core import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAME = "state.safetensors"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far training got.

    step     steps done
    losses   nats per token of every step so far
    """

    step: int
    losses: tuple[float, ...]


def save(folder: Path, key: str, progress: Progress, weights: Mapping[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer) -> None:
    """One file, replaced as a whole: a crash leaves the checkpoint before this one.

    key       names content, options and code; a checkpoint of another key is never used
    weights   the trainable ones, by name, in the order the optimiser was given them
    """
    tensors = {f"weight/{name}": weight.detach() for name, weight in weights.items()}
    for name, weight in weights.items():
        tensors |= {f"optimiser/{slot}/{name}": value for slot, value in optimiser.state[weight].items()}
    about = {"key": key, "step": str(progress.step), "losses": json.dumps(progress.losses)}
    folder.mkdir(exist_ok=True)
    files.write_atomic(folder / _NAME, safetensors.torch.save({name: t.contiguous() for name, t in tensors.items()}, about))


def load(folder: Path, key: str, weights: Mapping[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer) -> Progress:
    """Put weights and optimiser back where the checkpoint of `key` left them; without one, nothing changes and 0 steps are done."""
    path = folder / _NAME
    try:
        with safetensors.safe_open(path, framework="pt") as stored:
            about = stored.metadata() or {}
            if about.get("key") != key:
                return Progress(0, ())
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a dict
    except (OSError, safetensors.SafetensorError):
        return Progress(0, ())
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(tensors[f"weight/{name}"])
        for path, tensor in tensors.items():
            kind, _, rest = path.partition("/")
            if kind == "optimiser":
                slot, _, name = rest.partition("/")
                optimiser.state[weights[name]][slot] = tensor
    return Progress(int(about["step"]), tuple(json.loads(about["losses"])))


def clear(folder: Path) -> None:
    """Remove the checkpoint: it holds what the finished weights no longer should."""
    files.remove_tree(folder)
