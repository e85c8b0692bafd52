"""A saved model writes: it goes on from a prompt, or answers in a dialogue, piece by piece."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from tokenizers.decoders import DecodeStream
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from ownwords.core.errors import BadInput, Usage
from ownwords.models import layout, tokenizer
from ownwords.models.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ownwords.models.layout import Layout

_KEPT = 2
#: For models that do not say how far they look back.
_CONTEXT = 2048
_WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Manner:
    """How to pick the next token.

    max_tokens    tokens written at most
    temperature   0 takes the likeliest; higher is bolder
    top_k         only among the k likeliest; 0 = all
    top_p         only among the likeliest whose chances add up to p; 1 = all
    seed          the same seed, prompt and model give the same words
    """

    max_tokens: int = 60
    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.temperature < 0 or self.top_k < 0 or not 0 < self.top_p <= 1:
            raise Usage(
                "max_tokens must be 1 or more, temperature and top_k 0 or more, top_p above 0 and at most 1", "ask again with other numbers"
            )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    layout: Layout


_loaded: OrderedDict[tuple[str, int, int], Loaded] = OrderedDict()


def load(folder: Path) -> Loaded:
    """The model saved in `folder`; loaded once a process, as long as its weights' file stays the same one.

    raises   BadInput if it is no model
    """
    try:
        stat = (folder / _WEIGHTS).stat()
        key = (str(folder), stat.st_ino, stat.st_mtime_ns)
        if key not in _loaded:
            release(folder)
            words = tokenizer.load(folder)
            with quiet():
                model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
            _loaded[key] = Loaded(model, words, layout.of(words))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder} does not hold a model that can be loaded", "ownwords prove ARTIFACT, then build it again") from error
    _loaded.move_to_end(key)
    while len(_loaded) > _KEPT:
        _loaded.popitem(last=False)
    return _loaded[key]


def release(folder: Path) -> None:
    """Let go of a model in memory, for instance because its folder is about to be erased."""
    for key in [key for key in _loaded if key[0] == str(folder)]:
        del _loaded[key]


def generate(folder: Path, prompt: str, manner: Manner) -> Iterator[str]:
    """Go on from `prompt`; yields pieces of new text (the prompt is not repeated) until the model ends or `max_tokens` are written."""
    loaded = load(folder)
    start = [*loaded.layout.post_open, *tokenizer.encode(loaded.tokenizer, [prompt])[0]]
    return _text(loaded, start, manner)


def chat(folder: Path, turns: Sequence[str], manner: Manner) -> Iterator[str]:
    """Answer the last of `turns` (oldest first, two speakers in turn); yields pieces of the answer.

    raises   Usage if there is no turn
    """
    if not turns:
        raise Usage("there is nothing to answer", "give a message")
    loaded = load(folder)
    around = loaded.layout
    asker = (len(turns) - 1) % 2  # the last turn is the user's
    ids: list[int] = [*around.chat_open]
    for place, turn in enumerate(tokenizer.encode(loaded.tokenizer, list(turns))):
        if place:
            ids += around.back if place % 2 == asker else around.answer
        ids += turn
    return _unspaced(_text(loaded, [*ids, *around.prompt], manner))


def _unspaced(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces without the one space with which a tokenizer begins a text."""
    for first in pieces:
        if first != " ":
            yield first.removeprefix(" ")
        break
    yield from pieces


def _text(loaded: Loaded, start: list[int], manner: Manner) -> Iterator[str]:
    """Tokens to text: a piece comes out when its bytes are whole characters; bytes that never become one are left out."""
    stream = DecodeStream(skip_special_tokens=True)
    for token in _tokens(loaded, start, manner):
        piece = stream.step(loaded.tokenizer.backend_tokenizer, token)
        if piece and (clean := piece.replace("\ufffd", "")):
            yield clean


def _next(model: PreTrainedModel, ids: list[int], past: object) -> tuple[torch.Tensor, object]:
    """Logits [vocab] after `ids`, of which only those not in `past` are given, and the longer past."""
    with torch.inference_mode():
        found = model(input_ids=torch.tensor([ids]), past_key_values=past, use_cache=True)
    return found.logits[0, -1].float(), found.past_key_values


def _tokens(loaded: Loaded, start: list[int], manner: Manner) -> Iterator[int]:
    """New tokens up to the model's own end, `max_tokens` or the context's end."""
    context = int(getattr(loaded.model.config, "max_position_embeddings", _CONTEXT))
    ids = start[-max(context - manner.max_tokens, context // 2) :] or [0]
    room = min(manner.max_tokens, context - len(ids))
    source = torch.Generator().manual_seed(manner.seed)
    past: object = None
    for _ in range(max(room, 1)):
        logits, past = _next(loaded.model, ids, past)
        token = _pick(logits, manner, source)
        if token in loaded.layout.stop:
            return
        yield token
        ids = [token]


def _pick(logits: torch.Tensor, manner: Manner, source: torch.Generator) -> int:
    """One token id from logits [vocab]."""
    if manner.temperature == 0:
        return int(logits.argmax())
    chances, order = torch.softmax(logits / manner.temperature, -1).sort(descending=True, stable=True)
    if manner.top_k:
        chances[manner.top_k :] = 0
    before = chances.cumsum(-1) - chances
    chances[before >= manner.top_p] = 0
    return int(order[torch.multinomial(chances, 1, generator=source)])
