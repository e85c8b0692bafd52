"""The gate against a slow and plain one, on random worlds."""

import random
from collections import Counter

import plain_gate
import pytest
from gate_world import ask, facts_of, load_policy, written_policy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_worlds import world


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("policies")


def both(drawn, folder):
    """(what the gate says, what the plain one says) for every record."""
    body = written_policy(drawn["policy"])
    facts = facts_of(load_policy(body, folder), drawn["accounts"], drawn["states"], drawn["decisions"], drawn["records"])
    got = [(row["allowed"], row["rule"]) for row in ask(drawn["records"], facts, drawn["purpose"], drawn["at"])]
    return got, plain_gate.decide_all(drawn, body)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_the_gate_agrees_with_the_plain_one_on_small_worlds(folder, rng):
    got, plain = both(world(rng), folder)
    assert got == plain


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_the_gate_agrees_with_the_plain_one_on_large_worlds(folder, seed):
    drawn = world(random.Random(seed), n_accounts=60, n_decisions=200, n_records=400)
    got, plain = both(drawn, folder)
    wrong = [(record, one, other) for record, one, other in zip(drawn["records"], got, plain, strict=True) if one != other]
    assert not wrong, (drawn["purpose"], drawn["at"], wrong[0])


def test_random_worlds_reach_every_rule(folder):
    rules = Counter()
    for seed in range(30):
        rules.update(rule for _, rule in both(world(random.Random(seed), 30, 60, 100), folder)[0])
    assert set(rules) == {str(number) for number in range(1, 12)}, rules
