import math

import numpy as np
import pytest

from ownwords.models import bigram
from ownwords.models.packing import Stream


def _all_learned(ids):
    ids = np.array(ids, np.int64)
    return Stream(ids, np.ones(len(ids), np.bool_), 1, len(ids))


def _nats(trained_on, held_out, vocab):
    return bigram.nats(bigram.count(trained_on, vocab), held_out)


def test_bigram_agrees_with_witten_bell_by_hand():
    trained_on, held_out = _all_learned([0, 1, 0, 1, 0, 2]), _all_learned([0, 1, 2])
    # After 0: 1 twice, 2 once (3 seen, 2 kinds). After 1: 0 twice (2 seen, 1 kind). Unigram of 1: (2 + 1) / (5 + 3), of 2: (1 + 1) / 8.
    p_one_after_zero = (2 + 2 * 3 / 8) / (3 + 2)
    p_two_after_one = (0 + 1 * 2 / 8) / (2 + 1)
    assert _nats(trained_on, held_out, 3) == pytest.approx(-math.log(p_one_after_zero) - math.log(p_two_after_one))


def test_bigram_chances_add_up_to_one():
    trained_on = _all_learned(np.random.default_rng(0).integers(0, 7, 500).tolist())
    for before in range(9):  # 7 and 8 were never seen
        total = sum(math.exp(-_nats(trained_on, _all_learned([before, token]), 9)) for token in range(9))
        assert total == pytest.approx(1)


def test_bigram_without_training_is_uniform():
    assert _nats(_all_learned([]), _all_learned([0, 3, 1]), 5) == pytest.approx(2 * math.log(5))


def test_tokens_that_are_context_are_not_scored():
    stream = Stream(np.array([0, 1, 2]), np.array([False, False, True]), 1, 1)
    assert _nats(_all_learned([]), stream, 4) == pytest.approx(math.log(4))


def test_rows_of_the_table_agree_with_single_chances():
    table = bigram.count(_all_learned(np.random.default_rng(0).integers(0, 7, 60).tolist()), 9)
    before = np.flatnonzero(table.followed)
    rows = table.chances(before)
    single = [[table.chance(np.array([v]), np.array([w]))[0] for w in range(9)] for v in before]
    assert rows == pytest.approx(np.array(single), rel=1e-6)
