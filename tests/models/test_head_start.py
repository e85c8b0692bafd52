import math

import pytest
import torch
from tiny_rows import posts

from ownwords.models import bigram, decoder, head_start, layout, packing, tokenizer


@pytest.fixture(scope="module")
def stream_and_words():
    words = tokenizer.train(posts(400)["text"].to_list(), 300, 32, False)
    return packing.tokenise(packing.turns_of(posts(400)), words, layout.of(words), 0), words


def _loss(model, stream):
    inputs, targets = packing.windows(stream, 32, 0)
    with torch.inference_mode():
        logits = model(input_ids=inputs).logits.flatten(0, 1)
    return float(torch.nn.functional.cross_entropy(logits, targets.flatten(), ignore_index=packing.IGNORED))


def test_a_fresh_decoder_knows_nothing_and_then_as_much_as_the_table(stream_and_words):
    stream, words = stream_and_words
    model = decoder.fresh(words, decoder.Shape(32, 2, 32), 0)
    assert _loss(model, stream) == pytest.approx(math.log(len(words)), rel=0.02)
    head_start.give(model, stream, 0)
    table = bigram.nats(bigram.count(stream, len(words)), stream) / stream.n_learned
    assert _loss(model, stream) < table * 1.25


def test_it_is_repeatable(stream_and_words):
    stream, words = stream_and_words
    models = [decoder.fresh(words, decoder.Shape(32, 1, 32), 0) for _ in range(2)]
    for model in models:
        head_start.give(model, stream, 0)
    assert decoder.fingerprint(models[0]) == decoder.fingerprint(models[1])


def test_without_tokens_nothing_happens(stream_and_words):
    _, words = stream_and_words
    model = decoder.fresh(words, decoder.Shape(32, 1, 32), 0)
    before = decoder.fingerprint(model)
    head_start.give(model, packing.tokenise(packing.turns_of(posts(0)), words, layout.of(words), 0), 0)
    assert decoder.fingerprint(model) == before
