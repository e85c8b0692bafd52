"""A language model from permitted words: from scratch, or a base model adapted to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

from ownwords.core.product import Input

PURPOSE = "train_ai"
SERVES = "aggregate"
INPUTS = MappingProxyType({"data": Input(product="dataset")})


#: Beyond these nothing that fits this program runs; a slip of the keyboard should not run for ever.
_AT_MOST = {
    "steps": 10_000_000,
    "batch": 4_096,
    "threads": 1_024,
    "checkpoint_every": 10_000_000,
    "rank": 1_024,
    "layers": 256,
    "vocab": 1_000_000,
    "width": 16_384,
    "context": 131_072,
}


def _says(text: str) -> dict[str, str]:
    return {"says": text}


@dataclass(frozen=True, slots=True)
class Options:
    """How a model is built. Steps are fixed, not seconds: the same rows and options give the same weights."""

    steps: int = field(default=500, metadata=_says("training steps"))
    base: str = field(default="", metadata=_says("folder or hub id of a model to adapt with LoRA; empty: from scratch"))
    seed: int = field(default=0, metadata=_says("decides first weights and the order of reading"))
    batch: int = field(default=8, metadata=_says("windows a step"))
    context: int = field(default=128, metadata=_says("tokens a window"))
    width: int = field(default=128, metadata=_says("width of the decoder, a multiple of 32 (from scratch)"))
    layers: int = field(default=4, metadata=_says("layers of the decoder (from scratch)"))
    vocab: int = field(default=3072, metadata=_says("pieces of the tokenizer (from scratch)"))
    rank: int = field(default=8, metadata=_says("rank of the adapter (with a base)"))
    rate: float = field(default=0.0, metadata=_says("peak learning rate; 0: 0.003 from scratch, 0.0005 with a base"))
    threads: int = field(default=2, metadata=_says("CPU threads; part of the result"))
    checkpoint_every: int = field(default=50, metadata=_says("steps between checkpoints"))

    def __post_init__(self) -> None:
        for name, most in _AT_MOST.items():
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 to {most:,}")
        if not 0 <= self.seed < 2**63:
            raise ValueError("seed must be 0 or more, and below 2^63")
        if self.width < 32 or self.width % 32 or self.context < 2 or self.rate < 0:
            raise ValueError("width must be a multiple of 32, context 2 or more, rate 0 or more")


def _check_manner(request: Generate | Chat) -> None:
    if request.max_tokens < 1 or request.temperature < 0 or request.top_k < 0 or not 0 < request.top_p <= 1:
        raise ValueError("max_tokens must be 1 or more, temperature and top_k 0 or more, top_p above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class Generate:
    """Go on from a prompt."""

    prompt: str = field(metadata=_says("the beginning"))
    max_tokens: int = field(default=60, metadata=_says("tokens at most"))
    temperature: float = field(default=0.8, metadata=_says("0: the likeliest words; higher: bolder"))
    top_p: float = field(default=0.95, metadata=_says("only the likeliest words whose chances add up to this"))
    top_k: int = field(default=0, metadata=_says("only the k likeliest words; 0: all"))
    seed: int = field(default=0, metadata=_says("same seed, same words"))

    def __post_init__(self) -> None:
        _check_manner(self)


@dataclass(frozen=True, slots=True)
class Chat:
    """Answer a message."""

    message: str = field(metadata=_says("what to answer"))
    history: tuple[str, ...] = field(default=(), metadata=_says("earlier turns, oldest first, two speakers in turn"))
    max_tokens: int = field(default=60, metadata=_says("tokens at most"))
    temperature: float = field(default=0.8, metadata=_says("0: the likeliest words; higher: bolder"))
    top_p: float = field(default=0.95, metadata=_says("only the likeliest words whose chances add up to this"))
    top_k: int = field(default=0, metadata=_says("only the k likeliest words; 0: all"))
    seed: int = field(default=0, metadata=_says("same seed, same words"))

    def __post_init__(self) -> None:
        _check_manner(self)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the model is, what it was trained on and how it was tested."""


OPTIONS = Options
REQUESTS = MappingProxyType({"generate": Generate, "chat": Chat, "summary": Summary})
