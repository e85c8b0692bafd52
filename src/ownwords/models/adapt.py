"""Adapting somebody else's model with LoRA: a local Hugging Face directory, or a hub id."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from huggingface_hub import snapshot_download
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from ownwords.core import files
from ownwords.core.errors import BadInput, NotFound, Usage
from ownwords.core.hashing import sha256_json
from ownwords.models import tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel

_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
_ID = re.compile(r"[\w.-]+/[\w.-]+|[\w.-]+")
#: Where the adapter alone lies, beside the merged model.
ADAPTER = "adapter"


@dataclass(frozen=True, slots=True)
class Base:
    """A base model on this disk.

    name       hub id, or the last part of the folder's path (never the path: it may name a person)
    sha256     over its weights and configuration
    """

    name: str
    folder: Path
    sha256: str

    def to_resource(self) -> dict[str, str]:
        """For a manifest."""
        return {"name": self.name, "sha256": self.sha256}


def find(base: str) -> Base:
    """The base model meant by a folder or a hub id; only the latter asks the network, and only for what is not cached.

    raises   NotFound if there is no such folder, or the hub cannot be reached or does not have it;
             BadInput if the folder holds no safetensors weights or no fast tokenizer
    """
    folder, name = located(base, _WANTED)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights or not (folder / "config.json").exists():
        raise BadInput(f"{base} holds no model: config.json and *.safetensors are needed", "choose another with --base PATH")
    parts = {path.name: files.sha256_file(path) for path in [folder / "config.json", *weights]}
    return Base(name, folder, sha256_json(parts))


def located(base: str, wanted: Sequence[str]) -> tuple[Path, str]:
    """The folder meant by a path or a hub id, and the name it may be called by; from the hub only files like `wanted` are had.

    raises   NotFound if there is no such folder, or the hub cannot be reached or does not have it
    """
    local = Path(base).expanduser()
    return (local, local.resolve().name) if local.is_dir() else (_fetched(base, wanted), base)


def prepare(base: Base, rank: int, has_dialogues: bool, seed: int) -> tuple[PeftModel, PreTrainedTokenizerFast]:
    """The base in float32 with an untrained adapter on all its linear layers, and its tokenizer.

    raises   BadInput if transformers cannot load it
    """
    if rank < 1:
        raise Usage(f"an adapter of rank {rank} cannot be made", "choose a rank of 1 or more")
    try:
        words = tokenizer.load(base.folder)
        model = AutoModelForCausalLM.from_pretrained(base.folder, local_files_only=True, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        what = f"{base.name} cannot be loaded as a causal language model with its tokenizer"
        raise BadInput(what, "choose another with --base PATH") from error
    if not isinstance(words, PreTrainedTokenizerFast):
        raise BadInput(f"{base.name} has no tokenizer.json", "choose a base model with a fast tokenizer")
    config = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        with warnings.catch_warnings():
            # peft 0.21 asks transformers 5.23 by a name that is on its way out: nothing a person here can mend.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            adapted = get_peft_model(model, config)
    return adapted, tokenizer.adopt(words, has_dialogues)


def save(adapted: PeftModel, base: Base, out: Path) -> PreTrainedModel:
    """Write the adapter alone into `out/adapter`, and the whole model with the adapter merged into `out`; returns the latter."""
    for config in adapted.peft_config.values():
        config.base_model_name_or_path = base.name
    adapted.save_pretrained(out / ADAPTER, save_embedding_layers=False)
    (out / ADAPTER / "README.md").unlink(missing_ok=True)  # peft's own card says nothing true about this one
    merged = adapted.merge_and_unload()
    merged.save_pretrained(out)
    return merged


def _fetched(base: str, wanted: Sequence[str]) -> Path:
    """The hub's snapshot of a model id, from the cache or the network."""
    if not _ID.fullmatch(base):
        hint = "give a folder with config.json and *.safetensors, or an id like OWNER/NAME"
        raise NotFound(f"{base}: no such folder, and no hub id either", hint)
    try:
        return Path(snapshot_download(base, allow_patterns=list(wanted)))
    except Exception as error:  # the hub's client fails in a dozen ways: offline, unknown, gated, no space
        why = type(error).__name__
        raise NotFound(
            f"{base}: no such folder here, and the model hub did not give it ({why})",
            "check the id and the network, or download it elsewhere and give its folder with --base PATH",
        ) from error
