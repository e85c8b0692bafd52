"""A byte-level BPE tokenizer from permitted words, and its chat template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from ownwords.core.hashing import sha256_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PAD, BOS, EOS, REPLY, MORE = "<|pad|>", "<|bos|>", "<|eos|>", "<|reply|>", "<|more|>"
#: In the order of their ids, from 0.
SPECIAL = (PAD, BOS, EOS, REPLY, MORE)
#: Bytes and special tokens: what a tokenizer without any text has.
SMALLEST_VOCAB = 256 + len(SPECIAL)
_TEXTS_AT_A_TIME = 10_000

#: A dialogue: turns of another speaker follow REPLY, further turns of the same speaker MORE.
DIALOGUE_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if not loop.first %}{{ '<|more|>' if m['role'] == loop.previtem['role'] else '<|reply|>' }}{% endif %}"
    "{{ m['content'] }}{% endfor %}"
    "{{ '<|reply|>' if add_generation_prompt else eos_token }}"
)
#: For a model that saw posts alone: the answer is the next post.
POSTS_TEMPLATE = (
    "{% for m in messages %}{{ bos_token }}{{ m['content'] }}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}{{ bos_token }}{% endif %}"
)
#: For a base model that brings none: one turn a line.
LINES_TEMPLATE = (
    "{{ bos_token or '' }}{% for m in messages %}{{ m['content'] }}{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}"
    "{{ '\\n' if add_generation_prompt else (eos_token or '') }}"
)


def train(texts: Sequence[str], vocab: int, context: int, has_dialogues: bool) -> PreTrainedTokenizerFast:
    """A tokenizer whose pieces come from `texts` alone; the same texts in any order give the same one.

    texts           of the training rows only: pieces of held-out people would be a leak
    vocab           pieces at most, special tokens and the 256 bytes included (so any text can be written)
    context         tokens the model will see at a time
    has_dialogues   whether turns answer each other; decides the chat template
    """
    tokenizer = Tokenizer(models.BPE())
    # A word is the same piece at the beginning of a post as after a space: else what was learned of it there does not hold here.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=max(vocab, SMALLEST_VOCAB),
        min_frequency=2,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    batches = (list(texts[k : k + _TEXTS_AT_A_TIME]) for k in range(0, len(texts), _TEXTS_AT_A_TIME))
    tokenizer.train_from_iterator(batches, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, SPECIAL.index(BOS))])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        extra_special_tokens=[REPLY, MORE],
        model_max_length=context,
        chat_template=DIALOGUE_TEMPLATE if has_dialogues else POSTS_TEMPLATE,
    )


def load(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer saved in `folder`; never asks the network."""
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def adopt(tokenizer: PreTrainedTokenizerFast, has_dialogues: bool) -> PreTrainedTokenizerFast:
    """A base model's tokenizer made ready for our rows: it gets a chat template if it has none, and a pad token."""
    if MORE in tokenizer.get_vocab():
        tokenizer.chat_template = DIALOGUE_TEMPLATE if has_dialogues else POSTS_TEMPLATE
    elif not tokenizer.chat_template:
        tokenizer.chat_template = LINES_TEMPLATE
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def encode(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each text as a person wrote it: a special token's name inside it is plain text, never a command."""
    backend = tokenizer.backend_tokenizer
    was = backend.encode_special_tokens
    backend.encode_special_tokens = True
    try:
        return [found.ids for found in backend.encode_batch_fast(list(texts), add_special_tokens=False)]
    finally:
        backend.encode_special_tokens = was


def fingerprint(tokenizer: PreTrainedTokenizerFast) -> str:
    """Hex sha256 of what the tokenizer does: pieces, merges, processing and chat template."""
    return sha256_json({"tokenizer": json.loads(tokenizer.backend_tokenizer.to_str()), "chat_template": tokenizer.chat_template})
