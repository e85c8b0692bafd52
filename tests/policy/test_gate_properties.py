"""What must hold of the gate whatever the world is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from gate_world import ask, facts_of, load_policy, rows_of, written_policy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_worlds import TIMES, decision, hold, world

from ownwords.core.permit import Question
from ownwords.core.purpose import PURPOSES
from ownwords.ledger import Keys, Ledger, decision_body
from ownwords.policy import gate

worlds = st.randoms(use_true_random=False)
many = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
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
        drawn["records"],
    )
    return [row["allowed"] for row in ask(drawn["records"], facts, purpose or drawn["purpose"], drawn["at"])]


def unscoped(effect, purpose, by, source, when):
    """A decision on everything of account x:0, recorded after all others."""
    said = {"seq": 99, "account_id": "x:0", "effect": effect, "purpose": purpose, "by": by, "source": source, "effective_at": when}
    return {**said, "category": None, "since": None, "until": None, "record_id": None, "is_lifetime": False}


def of_first(drawn, answers):
    """What is said of the records of account x:0."""
    return [one for one, record in zip(answers, drawn["records"], strict=True) if record["account_id"] == "x:0"]


def no_more_than(fewer, more):
    return all(not one or other for one, other in zip(fewer, more, strict=True))


@many
@given(worlds, st.sampled_from(["refuse", "withdraw", "object"]))
def test_withdrawing_never_permits_more(folder, rng, effect):
    drawn = world(rng, n_decisions=8, n_records=16)
    before = allowed(drawn, folder)
    said = {**decision(rng, 99, 2, drawn["purpose"]), "effect": effect}
    assert no_more_than(allowed(drawn, folder, [*drawn["decisions"], said]), before)


@many
@given(worlds)
def test_a_withdrawal_just_now_leaves_nothing_of_that_person(folder, rng):
    drawn = world(rng, n_decisions=6, n_records=16)
    said = unscoped("withdraw", drawn["purpose"], "self", "self", drawn["at"])
    after = allowed(drawn, folder, [*drawn["decisions"], said])
    assert not any(of_first(drawn, after))


@many
@given(worlds, worlds)
def test_order_changes_only_the_reason(folder, rng, shuffling):
    drawn = world(rng, n_records=16)
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
def test_a_parents_denial_binds_children(folder, rng, child):
    """Whatever the decisions, where rule 8 bars the parent by a decision, it bars the child."""
    drawn = world(rng, n_decisions=8, n_records=16)
    parent = PURPOSES[child].parent
    no_rules = {**drawn, "policy": {"rules": []}}
    facts = facts_of(load_policy(written_policy(no_rules["policy"]), folder), drawn["accounts"], drawn["states"], drawn["decisions"])
    above = ask(drawn["records"], facts, parent, drawn["at"])
    below = ask(drawn["records"], facts, child, drawn["at"])
    assert not any(one["rule"] == "8" and other["allowed"] for one, other in zip(above, below, strict=True))


@many
@given(worlds, st.sampled_from([name for name, purpose in PURPOSES.items() if purpose.elevated and purpose.parent in PURPOSES]))
def test_elevated_purposes_are_never_inherited(folder, rng, child):
    drawn = world(rng, n_decisions=8, n_records=16)
    parent = PURPOSES[child].parent
    given_above = [{**one, "purpose": parent} for one in drawn["decisions"]]
    basis_above = {"rules": [{"purposes": [parent]}]} if not parent.startswith("simulate") else {"rules": []}
    assert not any(allowed({**drawn, "policy": basis_above}, folder, given_above, child))


@many
@given(worlds, st.sampled_from(["import", "legacy_contact", "guardian", "court"]), st.sampled_from(TIMES))
def test_a_denial_from_another_source_wins_over_what_was_said_before_it(folder, rng, by, when):
    drawn = world(rng, n_decisions=6, n_records=16)
    assume(when <= drawn["at"])
    earlier = [one for one in drawn["decisions"] if one["effective_at"] is not None and one["effective_at"] <= when]
    said = unscoped("refuse", drawn["purpose"], by, "elsewhere", when)
    after = allowed(drawn, folder, [*earlier, said])
    assert not any(of_first(drawn, after))


@many
@given(worlds, st.sampled_from(["import", "legacy_contact", "guardian", "court"]))
def test_deny_wins_across_sources(folder, rng, by):
    """However old the denial, and whatever others grant after it; an import's alone gives way to the person's own newer word."""
    drawn = world(rng, n_decisions=12, n_records=16)
    own = (one for one in drawn["decisions"] if one["by"] == one["source"] == "self")
    lifting = [one["seq"] for one in own] if by == "import" else []
    said = unscoped("refuse", drawn["purpose"], by, "elsewhere", TIMES[0] - timedelta(days=999)) | {"seq": -1}
    after = allowed(drawn, folder, [said, *(one for one in drawn["decisions"] if one["seq"] not in lifting)])
    assert not any(of_first(drawn, after))


@many
@given(worlds, st.sampled_from(CHILDREN), st.sampled_from(["self", "court", "legacy_contact"]))
def test_a_parents_denial_binds_children_whatever_was_granted_by_name(folder, rng, child, by):
    drawn = world(rng, n_decisions=8, n_records=16) | {"purpose": child}
    by_name = [{**one, "purpose": child} for one in drawn["decisions"]]
    denial = unscoped("withdraw", PURPOSES[child].parent, by, "self" if by == "self" else "elsewhere", drawn["at"])
    assert not any(of_first(drawn, allowed(drawn, folder, [*by_name, denial])))


@many
@given(worlds)
def test_nobody_can_opt_others_in(folder, rng):
    """Grants by import, by a legacy contact, a court or hearsay change nothing, or only what they replace of their own."""
    drawn = world(rng, n_decisions=5, n_records=16)
    kept = [one for one in drawn["decisions"] if one["effect"] != "give"]
    nobody = [one for one in drawn["decisions"] if one["effect"] == "give" and not (one["source"] == "self" and one["by"] == "self")]
    voices = {(one["by"], one["source"]) for one in kept}
    forged = [one for one in nobody if one["by"] != "guardian" and (one["by"], one["source"]) not in voices]
    assert allowed(drawn, folder, [*kept, *forged]) == allowed(drawn, folder, kept)


@many
@given(worlds)
def test_duplicates_and_the_order_of_arrival_do_not_matter(folder, rng):
    drawn = world(rng, n_decisions=8, n_records=16)
    shuffled = drawn["decisions"] * 2
    rng.shuffle(shuffled)
    other = {**drawn, "accounts": drawn["accounts"][::-1] * 2, "states": drawn["states"] * 2}
    assert allowed(other, folder, shuffled) == allowed(drawn, folder)


@many
@given(worlds)
def test_decisions_to_come_change_nothing_yet(folder, rng):
    drawn = world(rng, n_decisions=4, n_records=16)
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


@many
@given(worlds)
def test_an_import_only_narrows(folder, rng):
    drawn = world(rng, n_decisions=8, n_records=16)
    listed = [{**decision(rng, 99 + k, 2, drawn["purpose"]), "by": "import", "source": "a new list"} for k in range(3)]
    assert no_more_than(allowed(drawn, folder, [*drawn["decisions"], *listed]), allowed(drawn, folder))


@many
@given(worlds)
def test_expiring_never_permits_more(folder, rng):
    drawn = world(rng, n_decisions=8, n_records=16)
    before = allowed(drawn, folder)
    ended = {**decision(rng, 99, 2, drawn["purpose"]), "effect": "expire"}
    assert no_more_than(allowed(drawn, folder, [*drawn["decisions"], ended]), before)
    for_ever = [{**one, "expires_at": None} for one in drawn["decisions"]]
    assert no_more_than(before, allowed(drawn, folder, for_ever))


@many
@given(worlds)
def test_what_expires_refuses_nothing(folder, rng):
    """Without a grant there is nothing to end: the rest goes on as it was."""
    drawn = world(rng, n_decisions=6, n_records=16)
    denials = [one for one in drawn["decisions"] if one["effect"] not in {"give", "renew", "expire"}]
    ended = [{**decision(rng, 50 + k, 2, drawn["purpose"]), "effect": "expire"} for k in range(4)]
    assert allowed(drawn, folder, [*denials, *ended]) == allowed(drawn, folder, denials)


@many
@given(worlds)
def test_renewing_is_granting(folder, rng):
    drawn = world(rng, n_decisions=8, n_records=16)
    given_again = [{**one, "effect": "renew" if one["effect"] == "give" else one["effect"]} for one in drawn["decisions"]]
    assert allowed(drawn, folder, given_again) == allowed(drawn, folder)


@many
@given(worlds)
def test_a_hold_only_narrows(folder, rng):
    drawn = world(rng, n_decisions=8, n_records=16)
    held = {**drawn["policy"], "holds": [*drawn["policy"].get("holds", []), {**hold(rng, 9)}]}
    before = allowed(drawn, folder)
    assert no_more_than(allowed({**drawn, "policy": held}, folder), before)
    every = [{"id": "every", "order": "order of a case"}]
    assert not any(allowed({**drawn, "policy": {**drawn["policy"], "holds": every}}, folder))
    assert no_more_than(allowed({**drawn, "records": [marked(one, "hold", rng) for one in drawn["records"]]}, folder), before)


@many
@given(worlds)
def test_a_mark_of_a_special_category_only_narrows(folder, rng):
    """Unless its author has agreed by name to the use of what is special."""
    drawn = world(rng, n_decisions=8, n_records=16)
    kept = [one for one in drawn["decisions"] if not (one["category"] == "special" and one["effect"] in {"give", "renew"})]
    marking = {**drawn, "records": [marked(one, "special-category", rng) for one in drawn["records"]]}
    assert no_more_than(allowed(marking, folder, kept), allowed(drawn, folder, kept))


def marked(record, name, rng):
    """With one signal more, or not."""
    signal = {"name": name, "value": "x", "set_by": "operator", "at": None}
    return {**record, "signals": [*(record["signals"] or []), signal]} if rng.random() < 0.7 else record


@many
@given(worlds)
def test_quoting_never_permits_more_than_the_quoted_words_own_verdict(folder, rng):
    drawn = world(rng, n_decisions=10, n_records=12)
    drawn["purpose"] = rng.choice([name for name in PURPOSES if name != "self_access"])
    drawn["decisions"] = [{**one, "purpose": drawn["purpose"]} for one in drawn["decisions"]]
    quoting = [{**one, "quotes": rng.choice([one["quotes"], "x:r3", "x:r4", "x:r5", "x:gone"])} for one in drawn["records"]]
    before, after = allowed(drawn, folder), allowed({**drawn, "records": quoting}, folder)
    assert all(before[k] or not one or quoting[k]["category"] == "repost" for k, one in enumerate(after)), "quoting opens nothing"
    by_id = {record["record_id"]: one for record, one in zip(quoting, after, strict=True)}  # twelve records, twelve ids
    used = [record for record, one in zip(quoting, after, strict=True) if one]
    assert all(by_id.get(record[name], False) for record in used for name in ("quotes", "repost_of") if record[name])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rng=worlds)
def test_replay_as_of_a_day_equals_the_decision_made_on_it(folder, tmp_path_factory, rng):
    """Asked on three days while events come in, late, early and twice; and once more when all have."""
    drawn = world(rng, n_decisions=9, n_records=16)
    policy = load_policy(written_policy(drawn["policy"]), folder)
    place = tmp_path_factory.mktemp("ledger")
    ledger = Ledger.create(place, Keys.create(place / "keys"))
    told = []

    def answers(at, upto=None):
        facts = facts_of(policy, drawn["accounts"], drawn["states"], (), drawn["records"])
        facts = replace(facts, decisions=ledger.decisions(upto=upto))
        return ask(drawn["records"], facts, drawn["purpose"], at)

    for k, one in enumerate(drawn["decisions"]):
        if one["purpose"] and one["effective_at"]:
            fields = ("effective_at", "category", "since", "until", "record_id", "by", "source", "is_lifetime", "expires_at")
            body = decision_body(one["purpose"], **{name: one[name] for name in fields})
            ledger.append(f"consent.{one['effect']}", body, one["account_id"])
        if k % 3 == 2:
            at = TIMES[k // 3 + 1] + timedelta(days=1)
            told.append((at, ledger.head().seq, answers(at)))
    assert all(answers(at, upto) == before for at, upto, before in told)
    ledger.close()
