from datetime import UTC, datetime
from pathlib import Path

import pytest

import ownwords.faces.demo
from ownwords.policy import file

FOLDER = Path(ownwords.faces.demo.__file__).with_name("policy")
TODAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["before", "after"])
def test_every_rule_cites_its_text(name):
    policy = file.load(FOLDER / f"{name}.yaml")
    assert file.check(policy).problems == ()
    assert policy.networks == ("kentong",)
    assert policy.on_withdrawal == "refuse"


def test_before_nothing_permits_training():
    policy = file.load(FOLDER / "before.yaml")
    in_its_time = datetime(2024, 1, 1, tzinfo=UTC)
    assert policy.in_force(in_its_time)
    assert not any("train_ai" in rule.purposes for rule in policy.rules_at(in_its_time, "allow"))


def test_after_public_posts_of_its_own_time_may_be_trained_on():
    policy = file.load(FOLDER / "after.yaml")
    [training] = [rule for rule in policy.rules_at(TODAY, "allow") if "train_ai" in rule.purposes]
    assert (training.visibility, training.legal_basis, training.assessment) == (("public",), "legitimate_interest", "assessment-2024-02")
    assert (FOLDER / f"{training.assessment}.md").is_file()
    assert policy.posts_from(training) == datetime(2024, 4, 15, tzinfo=UTC)
    [private] = [rule for rule in policy.rules_at(TODAY, "deny") if "train_ai" in rule.purposes]
    assert {"direct", "group", "private"} <= set(private.visibility)


def test_nothing_is_trained_before_the_objection_period_is_over():
    policy = file.load(FOLDER / "after.yaml")
    assert policy.rules_at(datetime(2024, 4, 14, tzinfo=UTC), "allow") == ()


def test_the_two_texts_differ_as_announced():
    before, after = ((FOLDER / f"{name}.md").read_text() for name in ("before", "after"))
    for word in ("biometric", "artificial intelligence", "where you worked"):
        assert word not in before
        assert word in after
