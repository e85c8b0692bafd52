"""How posts and dialogues are written as tokens: which tokens open, join and end them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ownwords.core.errors import BadInput
from ownwords.models import tokenizer as tokenizers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerFast

Ids = tuple[int, ...]
# Words that no template touches (no space to strip, no letter to change).
_PROBES = ("Qx0Zq", "Qx1Zq", "Qx2Zq", "Qx3Zq")


@dataclass(frozen=True, slots=True)
class Layout:
    """Token ids around people's words. In a dialogue the first speaker is the user, everyone else the assistant.

    post_open, post_end   around a single post
    chat_open             before the first turn of a dialogue
    answer, back          where the assistant follows the user, and the user the assistant
    more                  where a speaker goes on
    user_end, chat_end    after a dialogue whose last turn is the user's, the assistant's
    prompt                after the user's last turn, when the model is to write
    stop                  ids after which the model has finished
    """

    post_open: Ids
    post_end: Ids
    chat_open: Ids
    answer: Ids
    back: Ids
    more: Ids
    user_end: Ids
    chat_end: Ids
    prompt: Ids
    stop: frozenset[int]


def of(tokenizer: PreTrainedTokenizerFast) -> Layout:
    """The layout that the tokenizer's own chat template describes, found by rendering a probe.

    raises   BadInput if the template cannot render a plain dialogue of user and assistant
    """
    roles = ("user", "assistant", "user", "assistant")
    messages = [{"role": role, "content": probe} for role, probe in zip(roles, _PROBES, strict=True)]
    opening, answer, back, _, ending = _around(tokenizer, messages, prompt=False)
    _, user_end = _around(tokenizer, messages[:1], prompt=False)
    _, prompt = _around(tokenizer, messages[:1], prompt=True)
    vocab = tokenizer.get_vocab()
    has_more = tokenizers.MORE in vocab
    bos, eos = _one(tokenizer.bos_token_id), _one(tokenizer.eos_token_id)
    chat_end = _ids(tokenizer, ending)
    stop = {*eos, *(vocab[name] for name in (tokenizers.REPLY, tokenizers.MORE) if name in vocab)}
    stop |= set(chat_end[:1]) & set(tokenizer.all_special_ids)
    return Layout(
        post_open=bos,
        post_end=eos,
        chat_open=_ids(tokenizer, opening),
        answer=_ids(tokenizer, answer),
        back=_ids(tokenizer, back),
        more=(vocab[tokenizers.MORE],) if has_more else _ids(tokenizer, "\n"),
        user_end=_ids(tokenizer, user_end),
        chat_end=chat_end,
        prompt=_ids(tokenizer, prompt),
        stop=frozenset(stop),
    )


def _around(tokenizer: PreTrainedTokenizerFast, messages: Sequence[dict[str, str]], prompt: bool) -> list[str]:
    """What the template writes before, between and after the contents: len(messages) + 1 pieces."""
    try:
        rest = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=prompt)
    except Exception as error:  # templates are programs of others; they fail in their own ways
        raise _unreadable() from error
    pieces = []
    for message in messages:
        before, found, rest = rest.partition(message["content"])
        if not found:
            raise _unreadable()
        pieces.append(before)
    return [*pieces, rest]


def _unreadable() -> BadInput:
    return BadInput("the base model's chat template cannot render a dialogue of user and assistant", "choose another with --base PATH")


def _ids(tokenizer: PreTrainedTokenizerFast, text: str) -> Ids:
    return tuple(tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids)


def _one(token: int | None) -> Ids:
    return () if token is None else (token,)
