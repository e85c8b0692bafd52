"""What must hold of the gate whatever the world is."""

from datetime import UTC, datetime, timedelta

import pytest
from gate_world import ask, facts_of, load_policy, rows_of, written_policy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_worlds import TIMES, decision, world

from ownwords.core.permit import Question
from ownwords.core.purpose import PURPOSES
from ownwords.policy import gate

worlds = st.randoms(use_true_random=False)
many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
CHILDREN = [name for name, purpose in PURPOSES.items() if purpose.parent in PURPOSES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("policies")


def allowed(drawn, folder, decisions=None, purpose=None):
    facts = facts_of(
        load_policy(written_policy(drawn["policy"]), folder),
        drawn["accounts"],
        drawn["states"],
        drawn["decisions"] if decisions is None else decisions,
    )
    return [row["allowed"] for row in ask(drawn["records"], facts, purpose or drawn["purpose"], drawn["at"])]


def unscoped(effect, purpose, by, source, when):
    """A decision on everything of account x:0, recorded after all others."""
    said = {"seq": 99, "account_id": "x:0", "effect": effect, "purpose": purpose, "by": by, "source": source, "effective_at": when}
    return {**said, "category": None, "since": None, "until": None, "record_id": None, "is_lifetime": False}


def no_more_than(fewer, more):
    return all(not one or other for one, other in zip(fewer, more, strict=True))


@many
@given(worlds, st.sampled_from(["refuse", "withdraw", "object"]))
def test_withdrawing_never_permits_more(folder, rng, effect):
    drawn = world(rng, n_decisions=8)
    before = allowed(drawn, folder)
    said = {**decision(rng, 99, 2, drawn["purpose"]), "effect": effect}
    assert no_more_than(allowed(drawn, folder, [*drawn["decisions"], said]), before)


@many
@given(worlds)
def test_a_withdrawal_just_now_leaves_nothing_of_that_person(folder, rng):
    drawn = world(rng, n_decisions=6)
    said = unscoped("withdraw", drawn["purpose"], "self", "self", drawn["at"])
    after = allowed(drawn, folder, [*drawn["decisions"], said])
    assert not any(one for one, record in zip(after, drawn["records"], strict=True) if record["account_id"] == "x:0")


@many
@given(worlds, worlds)
def test_the_order_of_rules_changes_the_reason_never_the_answer(folder, rng, shuffling):
    drawn = world(rng)
    facts = facts_of(load_policy(written_policy(drawn["policy"]), folder), drawn["accounts"], drawn["states"], drawn["decisions"])
    order = list(gate.rules())
    shuffling.shuffle(order)
    question = Question(drawn["purpose"], drawn["at"])
    usual = gate.decide(rows_of(drawn["records"]), facts, question).sort("record_no").collect()
    other = gate._decided(rows_of(drawn["records"]), facts, question, order).sort("record_no").collect()
    assert other["allowed"].to_list() == usual["allowed"].to_list()
    bases = {"9", "10"}
    assert all((rule in bases) == answer for rule, answer in zip(other["rule"], other["allowed"], strict=True))


@many
@given(worlds, st.sampled_from(CHILDREN))
def test_a_denial_of_the_parent_denies_the_child(folder, rng, child):
    """Whatever the decisions, where rule 8 bars the parent by a decision, it bars the child."""
    drawn = world(rng, n_decisions=8)
    parent = PURPOSES[child].parent
    no_rules = {**drawn, "policy": {"rules": []}}
    facts = facts_of(load_policy(written_policy(no_rules["policy"]), folder), drawn["accounts"], drawn["states"], drawn["decisions"])
    above = ask(drawn["records"], facts, parent, drawn["at"])
    below = ask(drawn["records"], facts, child, drawn["at"])
    assert not any(one["rule"] == "8" and other["allowed"] for one, other in zip(above, below, strict=True))


@many
@given(worlds, st.sampled_from([name for name, purpose in PURPOSES.items() if purpose.elevated and purpose.parent in PURPOSES]))
def test_permission_for_the_parent_never_grants_an_elevated_child(folder, rng, child):
    drawn = world(rng, n_decisions=8)
    parent = PURPOSES[child].parent
    given_above = [{**one, "purpose": parent} for one in drawn["decisions"]]
    basis_above = {"rules": [{"purposes": [parent]}]} if not parent.startswith("simulate") else {"rules": []}
    assert not any(allowed({**drawn, "policy": basis_above}, folder, given_above, child))


@many
@given(worlds, st.sampled_from(["import", "legacy_contact", "guardian", "court"]), st.sampled_from(TIMES))
def test_a_denial_from_another_source_wins_over_what_was_said_before_it(folder, rng, by, when):
    drawn = world(rng, n_decisions=6)
    assume(when <= drawn["at"])
    earlier = [one for one in drawn["decisions"] if one["effective_at"] is not None and one["effective_at"] <= when]
    said = unscoped("refuse", drawn["purpose"], by, "elsewhere", when)
    after = allowed(drawn, folder, [*earlier, said])
    assert not any(one for one, record in zip(after, drawn["records"], strict=True) if record["account_id"] == "x:0")


@many
@given(worlds)
def test_nobody_can_opt_others_in(folder, rng):
    """Grants by import, by a legacy contact, a court or hearsay change nothing, or only what they replace of their own."""
    drawn = world(rng, n_decisions=5)
    kept = [one for one in drawn["decisions"] if one["effect"] != "give"]
    nobody = [one for one in drawn["decisions"] if one["effect"] == "give" and not (one["source"] == "self" and one["by"] == "self")]
    voices = {(one["by"], one["source"]) for one in kept}
    forged = [one for one in nobody if one["by"] != "guardian" and (one["by"], one["source"]) not in voices]
    assert allowed(drawn, folder, [*kept, *forged]) == allowed(drawn, folder, kept)


@many
@given(worlds)
def test_duplicates_and_the_order_of_arrival_do_not_matter(folder, rng):
    drawn = world(rng, n_decisions=8)
    shuffled = drawn["decisions"] * 2
    rng.shuffle(shuffled)
    other = {**drawn, "accounts": drawn["accounts"][::-1] * 2, "states": drawn["states"] * 2}
    assert allowed(other, folder, shuffled) == allowed(drawn, folder)


@many
@given(worlds)
def test_decisions_to_come_change_nothing_yet(folder, rng):
    drawn = world(rng, n_decisions=4)
    late = [{**one, "seq": 50 + one["seq"], "effective_at": drawn["at"] + timedelta(seconds=1)} for one in drawn["decisions"]]
    assert allowed(drawn, folder, [*drawn["decisions"], *late]) == allowed(drawn, folder)


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_an_empty_dataset_is_legal(purpose, folder):
    facts = facts_of(load_policy("opt-in", folder))
    question = Question(purpose, datetime(2026, 6, 1, tzinfo=UTC))
    dataset = gate.admit(rows_of([]), facts, question)
    assert dataset.rows.collect().height == 0
    assert (dataset.permit.n_rows, dataset.permit.n_allowed, dataset.permit.by_rule) == (0, 0, ())
    assert gate.decide(rows_of([]), facts, question).collect().columns[-3:] == ["allowed", "rule", "clause"]
