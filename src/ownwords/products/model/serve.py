"""Answers from a model: generate, chat, summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownwords.core.errors import Usage
from ownwords.models import extra
from ownwords.products.model import Chat, Generate, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ownwords.core.product import Artifact, Context, Event


def use(artifact: Artifact, request: object, ctx: Context) -> Iterator[Event]:
    """Events {"text": piece}, then one {"done": true, "text": all of it, "n_pieces", "seed", "artifact"}; for a summary, one event.

    raises   MissingExtra without the packages to run a model; Usage for a request this product does not know
    """
    if isinstance(request, Summary):
        yield {"artifact": artifact.name, "purpose": artifact.manifest.purpose, **artifact.manifest.metrics, "done": True}
        return
    if not isinstance(request, (Generate, Chat)):
        raise Usage("a model answers generate, chat and summary", "ownwords use ARTIFACT generate PROMPT")
    pieces = []
    for piece in _pieces(artifact, request):
        pieces.append(piece)
        yield {"text": piece}
    yield {"done": True, "text": "".join(pieces), "n_pieces": len(pieces), "seed": request.seed, "artifact": artifact.name}


def _pieces(artifact: Artifact, request: Generate | Chat) -> Iterator[str]:
    extra.require("asking a model")
    from ownwords.models import generate

    manner = generate.Manner(request.max_tokens, request.temperature, request.top_k, request.top_p, request.seed)
    if isinstance(request, Generate):
        return generate.generate(artifact.folder, request.prompt, manner)
    history = [request.history] if isinstance(request.history, str) else request.history
    return generate.chat(artifact.folder, [*history, request.message], manner)
