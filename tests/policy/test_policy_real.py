"""The policies of real networks under docs/policies: clause hashes alone here, held against the texts where those are present."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from gate_world import ask, facts_of, with_defaults

from ownwords.policy import file

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "docs" / "policies"
TEXTS = ROOT / "../shared/data/policies"
CAPTURES = {
    "x-2023-09-29": "x/privacy/2023-09-29.md",
    "reddit-2024-02-15": "reddit/terms/2024-02-15.md",
    "reddit-privacy-2024-02-15": "reddit/privacy/2024-05-09.md",
    "meta-2023-06-15": "instagram/privacy/2023-07-15.md",
}
AT = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture
def beside(tmp_path):
    def beside(name):
        capture = TEXTS / CAPTURES[name]
        if not capture.is_file():
            pytest.skip(f"the text of {name} is not here")
        shutil.copy(POLICIES / f"{name}.yaml", tmp_path)
        shutil.copy(capture, tmp_path / f"{name}.md")
        return file.load(tmp_path / f"{name}.yaml")

    return beside


def test_every_policy_of_the_folder_has_its_capture_named():
    assert {path.stem for path in POLICIES.glob("*.yaml")} == set(CAPTURES)
    assert sorted(path.name for path in POLICIES.iterdir() if path.suffix != ".yaml") == ["README.md"]


@pytest.mark.parametrize("name", CAPTURES)
def test_without_its_text_nothing_is_allowed_and_check_says_why(name):
    policy = file.load(POLICIES / f"{name}.yaml")
    assert policy.rules_at(AT, "allow") == ()
    assert "not beside the policy" in file.check(policy).problems[0]


@pytest.mark.parametrize("name", CAPTURES)
def test_with_its_text_every_rule_is_carried_by_a_paragraph(name, beside):
    policy = beside(name)
    assert file.check(policy).problems == ()
    assert policy.rules_at(AT, "allow")


@pytest.mark.parametrize("name", CAPTURES)
def test_no_sentence_of_theirs_stands_in_the_repository(name, beside):
    written = " ".join((POLICIES / f"{name}.yaml").read_text().split())
    for paragraph in beside(name).clauses.values():
        words = paragraph.words.split()
        assert not any(" ".join(words[k : k + 8]) in written for k in range(len(words) - 7))


def decide(policy, purpose, **record):
    facts = facts_of(policy, [with_defaults("account", {"account_id": "x:1", "network": "x"})])
    row = with_defaults("record", {"account_id": "x:1", "network": "x", "created_at": datetime(2024, 1, 1, tzinfo=UTC), **record})
    return ask([row], facts, purpose, AT)[0]["allowed"]


def test_what_the_policy_of_x_takes_and_what_it_does_not(beside):
    policy = beside("x-2023-09-29")
    assert decide(policy, "train_ai")
    assert not decide(policy, "train_ai", visibility="direct", category="message")
    assert not decide(policy, "train_ai", created_at=datetime(2023, 9, 28, tzinfo=UTC))
    assert not decide(policy, "train_ai.third_party")
    assert decide(policy, "match_talent", category="education")
    assert not decide(policy, "match_talent", category="post")
    assert not decide(policy, "verify_identity", category="face")


def test_meta_of_2023_does_not_speak_of_training(beside):
    policy = beside("meta-2023-06-15")
    assert not any(name.startswith(("train_ai", "license")) for rule in policy.rules for name in rule.purposes)
    words = " ".join(paragraph.words.lower() for paragraph in policy.clauses.values())
    assert "machine learning" not in words
    assert "artificial intelligence" not in words
