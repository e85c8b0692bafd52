"""What a new policy would take: against deciding twice, and only where it can differ at all."""

import copy
import random
from collections import Counter
from datetime import UTC, datetime

import pytest
from gate_world import ask, facts_of, load_policy, rows_of, written_policy
from random_worlds import policy as random_policy
from random_worlds import world

from ownwords.core.permit import Question
from ownwords.core.purpose import PURPOSES
from ownwords.policy import diff, file, gate

AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("policies")


def loaded(body, folder):
    return load_policy(written_policy(body), folder)


def edited(rng, body):
    """The policy with one thing changed, as new versions mostly are; or quite another."""
    new = copy.deepcopy(body)
    kind = rng.randrange(7)
    if kind == 0 or not new["rules"]:
        return random_policy(rng)
    if kind == 1:
        new["rules"].pop(rng.randrange(len(new["rules"])))
    elif kind == 2:
        new["networks"] = ["x"]
    elif kind == 3:
        new["jurisdictions"] = ["ID"]
    elif kind == 4:
        rng.choice(new["rules"])["reviewed"] = False
    elif kind == 5:
        rng.choice(new["rules"])["terms"] = ["nobody-knows"]
    else:
        new["rules"] = new["rules"][::-1]
    return new


def drawn_pair(seed, folder, **sizes):
    rng = random.Random(seed)
    drawn = world(rng, **sizes)
    old, new = (loaded(body, folder) for body in (drawn["policy"], edited(rng, drawn["policy"])))
    return drawn, facts_of(old, drawn["accounts"], drawn["states"], drawn["decisions"]), old, new


def decided(drawn, facts, policy, purpose):
    from dataclasses import replace

    return [(row["allowed"], row["rule"]) for row in ask(drawn["records"], replace(facts, policy=policy), purpose, drawn["at"])]


def test_the_shift_is_what_two_decisions_differ_in(folder):
    n_moved = 0
    for seed in range(24):
        drawn, facts, old, new = drawn_pair(seed, folder, n_accounts=8, n_decisions=10, n_records=120)
        if seed % 3:  # most random policies differ in little that counts: from nothing to a wide rule, and back
            drawn["purpose"] = "analyse_brand"
            wide = {"purposes": ["analyse_brand"], "visibility": ["public", "unlisted"], "retroactive": True, "objection_period_days": 0}
            old, new = (loaded({"rules": rules}, folder) for rules in ([], [wide])[:: 1 if seed % 2 else -1])
        got = diff.shift(rows_of(drawn["records"]), facts, old, new, Question(drawn["purpose"], drawn["at"]))
        pairs = zip(
            drawn["records"], decided(drawn, facts, old, drawn["purpose"]), decided(drawn, facts, new, drawn["purpose"]), strict=True
        )
        moved = [(after[0], before[1], after[1], record) for record, before, after in pairs if before[0] != after[0]]
        n_moved += len(moved)
        want = Counter((gained, before, after) for gained, before, after, _ in moved)
        assert {(one.gained, one.before, one.after): one.n_records for one in got.reasons} == want
        for one in got.reasons:
            mine = [record for *key, record in moved if key == [one.gained, one.before, one.after]]
            assert one.n_people == len({record["account_id"] for record in mine})
            assert set(one.samples) <= {record["record_id"] for record in mine}
            assert 0 < len(one.samples) <= diff.N_SAMPLES
        assert set(got.gaining) == {record["account_id"] for gained, _, _, record in moved if gained} - {None}
        assert got.n_losing == len({record["account_id"] for gained, _, _, record in moved if not gained})
    assert n_moved > 100


def test_purposes_that_cannot_change_do_not(folder):
    n_skipped = 0
    for seed in range(40):
        drawn, facts, old, new = drawn_pair(1000 + seed, folder, n_accounts=6, n_decisions=15, n_records=25)
        for purpose in set(PURPOSES) - set(diff.changing(old, new, drawn["at"])):
            n_skipped += 1
            assert decided(drawn, facts, old, purpose) == decided(drawn, facts, new, purpose), (seed, purpose)
    assert n_skipped > 200


def test_a_purpose_that_no_rule_names_is_decided_without_the_rest_of_the_policy(folder):
    """What `changing` rests on: whoever lets the gate read more of a policy has to say there how that can differ."""
    read = set()

    class Watched(file.Policy):
        def __getattribute__(self, name):
            read.add(name)
            return super().__getattribute__(name)

    body = {
        "published_at": datetime(2025, 1, 1, tzinfo=UTC),
        "networks": ["x"],
        "jurisdictions": ["ID"],
        "rules": [{"purposes": ["analyse_brand"]}],
    }
    plain = loaded(body, folder)
    watched = Watched(**{name: getattr(plain, name) for name in file.Policy.__dataclass_fields__})
    drawn = world(random.Random(7), n_accounts=20, n_decisions=60, n_records=200)
    facts = facts_of(watched, drawn["accounts"], drawn["states"], drawn["decisions"])
    read.clear()
    for purpose in sorted(set(PURPOSES) - {"analyse_brand"}):
        gate.decide(rows_of(drawn["records"]), facts, Question(purpose, AT)).collect()
    in_force = {
        "__dict__",
        "words",
        "rules_at",
        "in_force",
        "begins",
        "published_at",
        "notice_period_days",
        "effective_from",
        "effective_to",
        "_counts",
        "clauses",
    }
    assert read - in_force <= {"rules", "holds"}


def test_a_rule_for_one_purpose_makes_that_one_and_what_is_under_it_change(folder):
    none, denies = (loaded({"rules": rules}, folder) for rules in ([], [{"effect": "deny", "purposes": ["train_ai"]}]))
    assert diff.changing(none, denies, AT) == ("train_ai", "train_ai.affiliate", "train_ai.third_party")
    allows = loaded({"rules": [{"purposes": ["train_ai"], "retroactive": True}]}, folder)
    assert diff.changing(none, allows, AT) == ("train_ai",)
    assert diff.changing(allows, allows, AT) == ()
    draft = loaded({"rules": [{"purposes": ["train_ai"], "retroactive": True, "reviewed": False}]}, folder)
    assert diff.changing(none, draft, AT) == ()


def test_a_hold_and_source_terms_that_only_one_policy_names_can_change_every_purpose(folder):
    none = loaded({"rules": []}, folder)
    assert diff.changing(none, loaded({"rules": [], "holds": [{"id": "a", "order": "b"}]}, folder), AT) == tuple(PURPOSES)
    terms = loaded({"rules": [{"purposes": ["verify_identity"], "terms": ["of-the-policy"]}]}, folder)
    assert diff.changing(none, terms, AT) == tuple(PURPOSES)
    over = loaded({"rules": [], "holds": [{"id": "a", "order": "b", "until": datetime(2026, 5, 1, tzinfo=UTC)}]}, folder)
    assert diff.changing(none, over, AT) == ()


def test_it_is_asked_for_the_day_on_which_all_of_the_new_policy_counts(folder):
    rules = [{"objection_period_days": 40}, {"id": "later", "since": datetime(2026, 9, 1, tzinfo=UTC)}]
    june = datetime(2026, 6, 1, tzinfo=UTC)
    body = {"published_at": june, "effective_from": june, "notice_period_days": 30, "rules": rules}
    whole, begun = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    assert diff.asked_at(loaded(body, folder), AT) == whole
    assert diff.asked_at(loaded({**body, "rules": rules[:1]}, folder), AT) == datetime(2026, 7, 11, tzinfo=UTC)
    assert diff.asked_at(loaded(body, folder), datetime(2027, 1, 1, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert diff.asked_at(loaded({**body, "effective_to": datetime(2026, 8, 1, tzinfo=UTC)}, folder), AT) == begun
    told = diff.dates(loaded({**body, "rules": rules[:1]}, folder), begun)
    assert [(one["at"][:10], one["is_past"]) for one in told] == [
        ("2026-06-01", True),
        ("2026-06-01", True),
        ("2026-07-01", True),
        ("2026-07-01", True),
        ("2026-07-11", False),
    ]


def test_what_ends_with_the_old_policy_is_not_what_the_new_one_takes_away(folder):
    old = loaded({"effective_to": datetime(2026, 5, 1, tzinfo=UTC), "rules": [{}]}, folder)
    assert not old.in_force(AT)
    assert diff.going_on(old).in_force(AT)


def test_rules_that_changed_are_told_with_each_field(folder):
    old = loaded({"rules": [{"id": "stays"}, {"id": "goes"}, {"id": "changes", "categories": ["post"]}]}, folder)
    new = loaded({"rules": [{"id": "stays"}, {"id": "changes", "categories": ["post", "reply"]}, {"id": "comes"}]}, folder)
    told = {one["rule"]: one for one in diff.rules_changed(old, new)}
    assert {name: one["kind"] for name, one in told.items()} == {"changes": "changed", "comes": "added", "goes": "removed"}
    assert told["changes"]["fields"] == {"categories": {"before": ["post"], "after": ["post", "reply"]}}


def test_without_one_of_the_texts_clauses_are_not_compared(folder):
    from dataclasses import replace

    policy = loaded({"rules": []}, folder)
    assert diff.clauses_changed(policy, replace(policy, words=None), AT) == {"compared": False}
    told = diff.clauses_changed(policy, replace(policy, words=f"{policy.words}\n\nWe may do more."), AT)
    assert (told["added"], told["unchanged"]) == (1, 1)
