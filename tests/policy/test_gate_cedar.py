"""The gate beside two others that share no code with it: Cedar's engine (cedar_gate), and the plain reference (plain_gate).

The long test puts a million records to all three. A false allow is a record that the gate allows and either of them does not.
"""

import random
from collections import Counter

import cedar_gate
import plain_gate
import pytest
import yaml
from gate_world import TEXT, ask, cases, facts_of, load_policy, written_policy
from random_worlds import world

from ownwords.policy.clauses import paragraph_hash
from ownwords.policy.file import builtin_path

SMALL, LARGE = (2, 5, 8), (20, 60, 500)  # accounts, decisions, records of a world
N_SHARDS, N_WORLDS = 10, 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("policies")


def compare(drawn, folder):
    """How often: which rule decided, a false allow, any other difference; and the first record that differs."""
    body = written_policy(drawn["policy"])
    facts = facts_of(load_policy(body, folder), drawn["accounts"], drawn["states"], drawn["decisions"], drawn["records"])
    gate = [(row["allowed"], row["rule"]) for row in ask(drawn["records"], facts, drawn["purpose"], drawn["at"])]
    counts, first = Counter(), None
    for record, said, *others in zip(
        drawn["records"], gate, cedar_gate.decide(drawn, body), plain_gate.decide_all(drawn, body), strict=True
    ):
        counts[said[1]] += 1
        counts["false allow"] += said[0] and not all(allowed for allowed, _ in others)
        if any(said != other for other in others):
            counts["difference"] += 1
            first = first or (drawn["purpose"], drawn["at"], record, said, *others)
    return counts, first


def compare_worlds(seeds, size, folder):
    total = Counter()
    for seed in seeds:
        counts, first = compare(world(random.Random(seed), *size), folder)
        assert (counts["false allow"], counts["difference"]) == (0, 0), (seed, first)
        total += counts
    return total


def test_gate_cedar_and_the_plain_reference_agree_on_ten_thousand_cases(folder):
    found = compare_worlds(range(125), SMALL, folder) + compare_worlds(range(18), LARGE, folder)
    assert found.total() == 125 * 8 + 18 * 500 == 10_000
    assert all(found[str(number)] >= 20 for number in range(1, 12)), found


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(N_SHARDS))
def test_no_false_allow_in_a_million_cases(shard, folder):
    """A tenth of them; no world stands in two shards."""
    seeds = range(1_000_000 + shard * N_WORLDS, 1_000_000 + (shard + 1) * N_WORLDS)
    found = compare_worlds(seeds, LARGE, folder)
    assert found.total() * N_SHARDS == 1_000_000
    assert all(found[str(number)] > 200 for number in range(1, 12)), found


def of_case(case):
    """A case of the rules' tables as a world of one record, and the records that it quotes."""
    drawn = {"accounts": [case.account, *case.others], "states": case.states, "purpose": case.purpose, "at": case.at}
    decisions = [{name: one.get(name) for name in cedar_gate.DECISION} for one in case.decisions]
    records = [{name: one.get(name) for name in cedar_gate.RECORD} for one in case.held]
    return {**drawn, "decisions": decisions, "records": records}


def written(policy):
    """A case's policy as its YAML file would hold it."""
    if not isinstance(policy, str):
        return policy
    return yaml.safe_load(builtin_path(policy).read_text())


def is_sound(policy):
    """Cedar is told nothing of the text: each of the rules cites a paragraph that stands in it."""
    return isinstance(policy, str) or all(rule["clause"] == paragraph_hash(TEXT) for rule in policy["rules"])


@pytest.mark.parametrize("case", [case for case in cases() if is_sound(case.policy)], ids=repr)
def test_cedar_answers_the_case_as_the_table_does(case):
    answer = cedar_gate.decide(of_case(case), written(case.policy))[0]
    assert answer == (case.expect["allowed"], str(case.expect["rule"]))
