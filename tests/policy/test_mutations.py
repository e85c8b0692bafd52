"""Mutating any rule fails a test: every small change to the rules and what they stand on is put to the case tables and random worlds."""

import random
from dataclasses import dataclass
from functools import cache

import plain_gate
import polars as pl
import pytest
from equivalent_mutants import EQUIVALENT
from gate_world import cases, facts_of, load_policy, rows_of, written_policy
from mutants import mutants_of
from random_worlds import TIMES, world

from ownwords.core import plugins
from ownwords.core.permit import Question
from ownwords.policy import facts, file, gate, holds, reach, standing

N_SAMPLED, N_PARTS = 12, 8
DATED = {"begins", "in_force", "rules_at", "posts_from", "_counts"}
WORLDS = [(seed, 20, 60, 200) for seed in range(30)] + [(seed, 2, 30, 200) for seed in range(30, 40)]  # seed, accounts, decisions, records


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("policies")


@dataclass(frozen=True)
class Expected:
    """One question to the gate and what it must answer: (allowed, rule), and the clause where one is expected."""

    records: pl.LazyFrame
    facts: gate.Facts
    question: Question
    answers: list
    clause: str | None = None

    def holds(self):
        try:
            got = gate.decide(self.records, self.facts, self.question).select("allowed", "rule", "clause").collect()
        except Exception:  # a mutant may break anything, and one that raises is noticed
            return False
        said = list(got.select("allowed", "rule").iter_rows())
        return said == self.answers and self.clause in (None, got["clause"][0])


def of_case(case, folder):
    known = facts_of(load_policy(case.policy, folder), [case.account, *case.others], case.states, case.decisions, case.held)
    answers = [(case.expect["allowed"], str(case.expect["rule"]))]
    return Expected(rows_of([case.record]), known, Question(case.purpose, case.at), answers, case.expect.get("clause"))


def of_world(folder, seed, *size):
    """A random world; in every other one things are told twice, of nobody, or in part; orders hold some; some policies always stood."""
    rng = random.Random(seed)
    drawn = world(rng, *size)
    if seed % 2:
        drawn["accounts"] += [{**one, "network": "y"} for one in drawn["accounts"][::3]] + [{**drawn["accounts"][0], "account_id": None}]
        drawn["states"] += [{**one, "state": state} for one in drawn["states"] for state in ("active", "protected")]
        drawn["states"] += [{"account_id": None, "state": "deleted"}, {"account_id": f"x:{size[0]}", "state": "protected"}]
        drawn["decisions"] += [{**one, "account_id": None} for one in drawn["decisions"][:3]]
        drawn["decisions"] += [{**one, field: None} for one in drawn["decisions"][:4] for field in ("effect", "by", "source")]
    if seed % 4 == 1:
        drawn["policy"]["holds"] = [{"id": "h", "order": "of a case", "posted_from": TIMES[1].date(), "posted_to": TIMES[3].date()}]
    body = written_policy(drawn["policy"])
    if seed % 4 == 3:
        body = without(body, "published_at", "effective_from", "notice_period_days")
        body["rules"] = [always(without(rule, "objection_period_days")) for rule in body["rules"]]
    known = facts_of(load_policy(body, folder), drawn["accounts"], drawn["states"], drawn["decisions"], drawn["records"])
    return Expected(rows_of(drawn["records"]), known, Question(drawn["purpose"], drawn["at"]), plain_gate.decide_all(drawn, body))


def without(told, *names):
    return {name: value for name, value in told.items() if name not in names}


def always(rule):
    """A rule of a policy without dates: it must say of which posts it speaks."""
    return rule if rule["effect"] == "deny" or "applies_to_posts_from" in rule else {**rule, "retroactive": True}


@cache
def trials(folder):
    """(the rule's name, the trial) of every case, then of the worlds, which are nobody's."""
    return [(case.rule, of_case(case, folder)) for case in cases()] + [("", of_world(folder, *one)) for one in WORLDS]


@cache
def all_mutants():
    rules = [plugins.load("rule", name) for name in plugins.names("rule")]
    made = [one for module in [*rules, standing, reach] for one in mutants_of(module)]
    of_parts = ((facts, {"own_word", "is_special", "state_in"}), (holds, {"stands"}), (file, DATED))
    return [*made, *(one for module, names in of_parts for one in mutants_of(module, names))]


def killer(mutant, folder):
    """Which trial notices first, those of the rule's own table, then the worlds; -1: a number is wrong; None: nobody notices."""
    own = mutant.module.__name__.rpartition(".")[2]
    found = enumerate(trials(folder))
    order = sorted(found, key=lambda pair: (pair[1][0] != own, pair[1][0] != "", pair[0]))
    with mutant.applied():
        if [rule.number for rule in gate.rules()] != list(range(1, 12)):
            return -1
        return next((place for place, (_, trial) in order if not trial.holds()), None)


def survivors(mutants, folder):
    return [one.name for one in mutants if one.name not in EQUIVALENT and killer(one, folder) is None]


def test_the_trials_hold_as_long_as_nothing_is_changed(folder):
    assert all(trial.holds() for _, trial in trials(folder))


def test_a_sample_of_mutants_is_killed(folder):
    sample = random.Random(20261122).sample([one for one in all_mutants() if one.name not in EQUIVALENT], N_SAMPLED)
    assert survivors(sample, folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(N_PARTS))
def test_every_mutant_is_killed_or_is_known_to_change_nothing(part, folder):
    assert survivors(all_mutants()[part::N_PARTS], folder) == []


def test_what_is_called_equivalent_is_a_mutant_that_exists():
    assert set(EQUIVALENT) <= {one.name for one in all_mutants()}
    assert all(reason.strip() for reason in EQUIVALENT.values())


def test_a_mutant_leaves_nothing_behind(folder):
    for mutant in all_mutants()[::40]:
        with mutant.applied():
            pass
    assert all(trial.holds() for _, trial in trials(folder)[-len(WORLDS) :])
