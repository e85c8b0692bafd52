"""A small decoder of the Llama architecture, from scratch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from ownwords.core.errors import Usage
from ownwords.core.hashing import sha256_json

_HEAD = 32
#: What a block adds to the stream goes through these.
_OUTWARD = ("o_proj.weight", "down_proj.weight")


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a decoder is.

    width     of the residual stream; a multiple of 32, the width of an attention head
    layers    blocks
    context   tokens it can look back on
    """

    width: int
    layers: int
    context: int


def fresh(tokenizer: PreTrainedTokenizerFast, shape: Shape, seed: int) -> LlamaForCausalLM:
    """An untrained decoder, whose blocks add nothing yet: it says what its embeddings say (see `head_start`).

    The same seed gives the same weights, and the process' own random state is left alone. Embeddings and head are untied, since
    a token is rarely followed by itself.

    raises   Usage if the width does not divide into heads
    """
    if shape.width < _HEAD or shape.width % _HEAD or shape.layers < 1 or shape.context < 2:
        raise Usage(
            f"a decoder of width {shape.width}, {shape.layers} layers and context {shape.context} cannot be made",
            f"choose a width that is a multiple of {_HEAD}, at least 1 layer and a context of at least 2",
        )
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        intermediate_size=-(-shape.width * 8 // 3 // 16) * 16,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.width // _HEAD,
        max_position_embeddings=shape.context,
        tie_word_embeddings=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
        for name, weight in model.named_parameters():
            if name.endswith(_OUTWARD):
                torch.nn.init.zeros_(weight)
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    return model


def n_parameters(model: PreTrainedModel) -> int:
    """Numbers that make up the model."""
    return sum(weight.numel() for weight in model.parameters())


def fingerprint(model: PreTrainedModel) -> str:
    """Hex sha256 over names, types, shapes and values of the weights and over the architecture; not over file bytes or versions."""
    config = {name: value for name, value in model.config.to_diff_dict().items() if name not in {"transformers_version", "_name_or_path"}}
    digest = hashlib.sha256(sha256_json(config).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
