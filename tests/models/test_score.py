import math

import numpy as np
import pytest
from tiny_rows import posts

from ownwords.models import score
from ownwords.models.packing import Stream


def _all_learned(ids):
    ids = np.array(ids, np.int64)
    return Stream(ids, np.ones(len(ids), np.bool_), 1, len(ids))


def test_bigram_agrees_with_witten_bell_by_hand():
    trained_on, held_out = _all_learned([0, 1, 0, 1, 0, 2]), _all_learned([0, 1, 2])
    # After 0: 1 twice, 2 once (3 seen, 2 kinds). After 1: 0 twice (2 seen, 1 kind). Unigram of 1: (2 + 1) / (5 + 3), of 2: (1 + 1) / 8.
    p_one_after_zero = (2 + 2 * 3 / 8) / (3 + 2)
    p_two_after_one = (0 + 1 * 2 / 8) / (2 + 1)
    assert score.bigram_nats(trained_on, held_out, 3) == pytest.approx(-math.log(p_one_after_zero) - math.log(p_two_after_one))


def test_bigram_chances_add_up_to_one():
    trained_on = _all_learned(np.random.default_rng(0).integers(0, 7, 500).tolist())
    for before in range(9):  # 7 and 8 were never seen
        total = sum(math.exp(-score.bigram_nats(trained_on, _all_learned([before, token]), 9)) for token in range(9))
        assert total == pytest.approx(1)


def test_bigram_without_training_is_uniform():
    assert score.bigram_nats(_all_learned([]), _all_learned([0, 3, 1]), 5) == pytest.approx(2 * math.log(5))


def test_tokens_that_are_context_are_not_scored():
    stream = Stream(np.array([0, 1, 2]), np.array([False, False, True]), 1, 1)
    assert score.bigram_nats(_all_learned([]), stream, 4) == pytest.approx(math.log(4))


def test_a_trained_decoder_beats_the_bigram_on_held_out_people(build):
    _, trained = build(posts(1500), held_out=posts(200, "h", skip=1700), steps=250, batch=8, checkpoint_every=1000)
    assert trained.score.beats_bigram, trained.score
    assert 0 < trained.score.bits_per_byte < 8


def test_an_untrained_decoder_does_not_beat_it(build):
    _, trained = build(posts(500), held_out=posts(50, "h", skip=700), steps=1)
    assert trained.score.beats_bigram is False
