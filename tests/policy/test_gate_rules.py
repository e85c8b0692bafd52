"""Each rule's table of cases, and that no rule could be left out without one of them failing."""

import dataclasses
from collections import Counter

import polars as pl
import pytest
from gate_world import RULES, cases

from ownwords.core.errors import NotFound
from ownwords.policy import gate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("policies")


@pytest.mark.parametrize("case", cases(), ids=repr)
def test_case_holds(case, folder):
    got = case.answer(folder)
    assert (got["allowed"], got["rule"]) == (case.expect["allowed"], str(case.expect["rule"]))
    assert case.expect.get("clause", got["clause"]) == got["clause"]


def test_every_rule_has_a_table_and_a_case_that_it_decides():
    decided = Counter(str(case.expect["rule"]) for case in cases())
    for rule in gate.rules():
        assert (RULES / f"{rule.name}.toml").exists(), rule.name
        assert decided[str(rule.number)] > 0, rule.name


def test_names_of_cases_are_unique_within_a_table():
    assert not [name for name, n in Counter((case.rule, case.name) for case in cases()).items() if n > 1]


@pytest.mark.parametrize("rule", [rule for rule in gate.rules() if rule.kind != "otherwise"], ids=lambda rule: rule.name)
def test_a_rule_that_is_switched_off_is_noticed(rule, folder, monkeypatch):
    """A prohibition that never applies and a basis that always does make some case of the rule's own table fail."""
    broken = dataclasses.replace(rule, applies=lambda asked: pl.lit(rule.kind == "basis"))
    monkeypatch.setattr(gate, "rules", lambda: tuple(broken if one is rule else one for one in ALL))
    assert not all(case.holds(folder) for case in cases() if case.rule == rule.name)


ALL = gate.rules()


def test_the_numbers_are_one_to_eleven():
    assert [rule.number for rule in ALL] == list(range(1, 12))
    assert [rule.kind for rule in ALL] == ["prohibition"] * 8 + ["basis"] * 2 + ["otherwise"]


def test_every_rule_is_explained_in_one_sentence():
    for rule in ALL:
        sentence = gate.explain(rule.number)
        assert sentence.endswith(".")
        assert sentence.count(".") == 1
    with pytest.raises(NotFound):
        gate.explain(12)


@pytest.mark.parametrize("rule", [rule for rule in ALL if rule.kind != "otherwise"], ids=lambda rule: rule.name)
def test_a_rule_that_cannot_tell_counts_against_the_record(rule, folder, monkeypatch):
    """A null is a prohibition's yes and a basis' no."""
    silent = dataclasses.replace(rule, applies=lambda asked: pl.lit(None, pl.Boolean))
    monkeypatch.setattr(gate, "rules", lambda: tuple(silent if one is rule else one for one in ALL))
    bases = {"9", "10"} - {str(rule.number)} if rule.kind == "basis" else set()
    answers = [case.answer(folder) for case in cases() if case.rule == rule.name]
    assert all(one["allowed"] is (one["rule"] in bases) for one in answers), answers
