"""Two human texts side by side: what changed, which words leave it open, and the rules drafted from what is new."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ownwords.core.purpose import PURPOSES
from ownwords.core.schemas import CATEGORIES, PRIVATE
from ownwords.policy import drafts, file, numbers, texts

AT = datetime(2026, 11, 22, tzinfo=UTC)
REAL = Path(__file__).parents[2] / "../shared/data/policies"
OLD = """Our Policy
==========

We show your posts to everybody who visits.

We keep your address until you close the account, and then delete it within thirty days.

We never sell your messages to anybody.
"""
NEW = """Our Policy
==========

We never sell your messages to anybody.

We show your posts to
everybody who visits.

We keep your address until you close the account, and then delete it within ninety days.

We may use your posts to help train our models, and machine learning generally.
"""


def kinds(comparison):
    return {kind: comparison.count(kind) for kind in ("added", "removed", "reworded")}


def test_what_moved_or_was_wrapped_differently_has_not_changed():
    assert kinds(texts.compare(OLD, OLD.replace("\n", "\r\n"), AT)) == {"added": 0, "removed": 0, "reworded": 0}
    told = texts.compare(OLD, NEW, AT)
    assert (kinds(told), told.n_same, told.n_moved) == ({"added": 1, "removed": 0, "reworded": 1}, 2, 1)


def test_a_reworded_paragraph_is_told_word_by_word():
    (change,) = [one for one in texts.compare(OLD, NEW, AT).changes if one.kind == "reworded"]
    assert [piece for piece in change.pieces if piece[0] != "same"] == [("removed", "thirty"), ("added", "ninety")]
    assert " ".join(words for kind, words in change.pieces if kind != "added") == change.old.words
    assert " ".join(words for kind, words in change.pieces if kind != "removed") == change.new.words


def test_what_is_gone_is_told_after_what_came():
    told = texts.compare(NEW, OLD, AT)
    assert [change.kind for change in told.changes] == ["reworded", "removed"]


def test_a_text_against_itself_and_against_nothing():
    assert texts.compare(OLD, OLD, AT).changes == ()
    assert kinds(texts.compare("", OLD, AT)) == {"added": 3, "removed": 0, "reworded": 0}
    assert kinds(texts.compare(OLD, "", AT)) == {"added": 0, "removed": 3, "reworded": 0}


def test_vague_words_are_marked_with_their_reason_and_the_month_of_may_is_none():
    phrases = numbers.vague_phrases(AT)
    found = dict(texts.found_phrases("From May 18, 2023 we may share it, such as with others. To help you, as needed.", phrases))
    assert set(found) == {"may", "such as", "to help", "as needed"}
    assert texts.found_phrases("Effective May 18, 2023. Maybe mayors.", phrases) == ()
    assert all(found.values())


def test_phrases_are_dated():
    assert numbers.vague_phrases(datetime(2026, 11, 21, tzinfo=UTC)) == {}


def test_the_words_by_which_paragraphs_are_known_are_about_our_purposes_and_categories():
    assert set(numbers.words_of_purposes(AT)) <= set(PURPOSES)
    assert {name for names, _ in numbers.words_of_categories(AT) for name in names} <= CATEGORIES - {"message"}
    every = list(numbers.words_of_purposes(AT).values()) + [words for _, words in numbers.words_of_categories(AT)]
    assert all(word == word.lower() for words in every for word in words)


TWO = """Our Policy
----------

This version of the policy will go into effect on September 22, 2023.

We show your posts.

We train models on your posts.

We delete what you ask us to delete.

Current Policy
--------------

Effective until September 22, 2023
----------------------------------

We show your posts.

We delete what you ask us to.

Effective: May 18, 2021
"""


def test_a_file_that_holds_the_policy_in_force_and_the_announced_one_is_told_apart():
    announced, old = texts.editions(TWO)
    assert (announced.standing, texts.date_words(announced.effective), announced.until) == ("announced", "2023-09-22", None)
    assert (old.standing, texts.date_words(old.effective), texts.date_words(old.until)) == ("in force", "2021-05-18", "2023-09-22")
    assert "train models" in announced.words
    assert "train models" not in old.words
    assert texts.compared(TWO) == announced


def test_two_of_one_title_and_no_dates_are_told_to_be_two_and_no_more():
    double = OLD + "\n" + NEW
    assert [one.standing for one in texts.editions(double)] == ["one of two", "one of two"]
    assert texts.compared(double).words == texts.editions(double)[0].words
    assert [one.standing for one in texts.editions(OLD)] == ["only"]


def test_a_second_policy_that_cannot_be_cut_off_is_still_noticed():
    text = "Policy\n======\n\n(Effective until August 19, 2021)\n\n" + "\n\n".join(f"Sentence {n} of the text." for n in range(20))
    assert [one.standing for one in texts.editions(text)] == ["only"]
    assert texts.holds_two(text)
    assert not texts.holds_two(OLD)


def drafted(old, new):
    return drafts.draft(texts.compare(old, new, AT).changes, AT)


def test_a_new_paragraph_about_a_purpose_is_drafted_and_the_others_are_not():
    (one,) = drafted(OLD, NEW)
    assert (one.effect, one.purposes, one.categories, one.basis) == ("allow", ("train_ai",), ("post", "reply"), "legitimate_interest")
    assert {phrase for phrase, _ in one.vague} == {"may", "to help"}


def test_only_what_is_new_in_a_reworded_paragraph_is_drafted():
    old = "We use machine learning to rank what you see on this page every day."
    assert drafted(old, old.replace("page", "site")) == ()
    assert [one.purposes for one in drafted(old, old + " We also recruit for potential employers.")] == [("match_talent",)]


def test_a_refusal_is_drafted_as_one_and_a_persona_only_by_consent():
    told = drafted("", "We will never use your words for machine learning. We build a digital replica, or use biometric data.")
    assert [(one.effect, one.purposes, one.basis) for one in told] == [
        ("deny", ("train_ai",), None),
        ("allow", ("verify_identity",), "legitimate_interest"),
        ("allow", ("simulate_person",), "consent"),
    ]


def load(tmp_path, text, told, name="draft"):
    (tmp_path / "draft.md").write_text(text)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    (tmp_path / "draft.yaml").write_text(drafts.to_yaml(told, name, "draft.md", sha256, AT, AT))
    return file.load(tmp_path / "draft.yaml")


def test_a_draft_loads_and_counts_neither_way_until_it_is_reviewed(tmp_path):
    text = "We never use your words for machine learning.\n\nWe share what you write with potential employers."
    policy = load(tmp_path, text, drafted("", text), 'a "name"')
    assert policy.id == 'a "name"'
    assert file.check(policy).problems == ()
    assert len(file.check(policy).unimplemented) == 2
    assert [(rule.effect, rule.reviewed) for rule in policy.rules] == [("deny", False), ("allow", False)]
    assert policy.rules_at(AT, "allow") == policy.rules_at(AT, "deny") == ()
    reviewed = (tmp_path / "draft.yaml").read_text().replace("reviewed: false", "reviewed: true")
    (tmp_path / "draft.yaml").write_text(reviewed)
    assert [len(file.load(tmp_path / "draft.yaml").rules_at(AT, effect)) for effect in ("allow", "deny")] == [1, 1]


def test_a_draft_without_rules_loads(tmp_path):
    assert load(tmp_path, OLD, ()).rules == ()


# --- the real texts, where they are present ----------------------------------------------------------------------------------------


def real(name):
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"the policy texts are not here: {name}")
    return path.read_text()


def test_x_of_september_2023_adds_biometrics_jobs_and_training(tmp_path):
    new = real("x/privacy/2023-09-29.md")
    told = texts.compare(real("x/privacy/2023-08-24.md"), new, AT)
    added = [change.new.words for change in told.changes if change.kind == "added"]
    assert any("Biometric Information" in words for words in added)
    assert any("Job Applications" in words and "educational history" in words for words in added)
    (training,) = [change for change in told.changes if change.kind != "removed" and "artificial intelligence models" in change.new.words]
    fresh = " ".join(words for kind, words in training.pieces if kind == "added")
    assert "train our machine learning or artificial intelligence models" in fresh
    assert {"may", "to help", "purposes outlined in this policy"} <= {phrase for phrase, _ in training.vague}
    policy = load(tmp_path, new, drafts.draft(told.changes, AT))
    assert file.check(policy).problems == ()
    by_purpose = {purpose: rule for rule in reversed(policy.rules) for purpose in rule.purposes}
    assert by_purpose["verify_identity"].categories == ("face", "voice")
    assert by_purpose["verify_identity"].legal_basis == "consent"
    assert {"position", "education"} <= set(by_purpose["match_talent"].categories)
    assert by_purpose["train_ai"].clause == training.new.sha256
    assert not any(rule.reviewed for rule in policy.rules)


def test_direct_messages_are_in_none_of_the_rules_drafted_from_x(tmp_path):
    new = real("x/privacy/2023-09-29.md")
    policy = load(tmp_path, new, drafts.draft(texts.compare(real("x/privacy/2023-08-24.md"), new, AT).changes, AT))
    assert policy.rules
    for rule in policy.rules:
        assert not set(rule.visibility) & PRIVATE
        assert "message" not in rule.categories
        assert "direct message" not in policy.clauses[rule.clause].words.lower()


@pytest.mark.parametrize(("name", "day"), [("2023-08-23", "2023-09-22"), ("2023-08-30", "2023-09-29"), ("2023-04-18", "2023-05-18")])
def test_captures_of_x_with_two_policies_are_cut_and_the_announced_one_is_compared(name, day):
    double = real(f"x/privacy/{name}.md")
    announced, old = texts.editions(double)
    assert (announced.standing, old.standing) == ("announced", "in force")
    assert (texts.date_words(announced.effective), texts.date_words(old.until)) == (day, day)
    assert texts.compared(double) == announced


def test_what_x_announced_is_what_it_put_in_force_a_month_later():
    announced = texts.compared(real("x/privacy/2023-08-30.md")).words
    told = texts.compare(announced, real("x/privacy/2023-09-29.md"), AT)
    assert told.n_same > 10 * len(told.changes)
    old = texts.editions(real("x/privacy/2023-08-30.md"))[1].words
    same = texts.compare(old, real("x/privacy/2023-08-24.md"), AT)
    assert same.n_same > 10 * len(same.changes)


def test_reddit_of_february_2024_adds_licensing_fees():
    told = drafted(real("reddit/privacy/2023-08-01.md"), real("reddit/privacy/2024-02-16.md"))
    assert "license.analysis" in {purpose for one in told for purpose in one.purposes}


def test_captures_of_facebook_hold_one_title_twice():
    assert [one.standing for one in texts.editions(real("facebook/privacy/2024-04-02.md"))] == ["one of two", "one of two"]


def test_every_text_is_read_in_reasonable_time():
    real("x/privacy/2023-09-29.md")
    for path in sorted(REAL.glob("*/*/*.md")):
        assert 1 <= len(texts.editions(path.read_text())) <= 2
