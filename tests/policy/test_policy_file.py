"""Policy files: what is read, and that every mistake is told with line and column."""

from datetime import UTC, datetime

import pytest

from ownwords.core.errors import BadPolicy, NotFound
from ownwords.policy import file
from ownwords.policy.clauses import paragraph_hash

TEXT = """# Heading

We use your public posts for training,
unless you object.

We never use your messages.
"""
CLAUSE = paragraph_hash("We use your public posts for training, unless you object.")
GOOD = f"""id: ours
version: 2
text: ours.md
published_at: 2026-01-01
notice_period_days: 30
effective_from: 2026-01-15
jurisdictions: [ID, "NO"]
networks: [x]
on_withdrawal: serve-marked
deadline_days: 14
default: deny
rules:
  - id: training
    clause: {CLAUSE}
    effect: allow
    purposes: [train_ai]
    categories: [post, reply]
    visibility: [public]
    legal_basis: legitimate_interest
    assessment: weighing-7
    consent_mechanism: opt-out
    objection_period_days: 42
    applies_to_posts_from: 2026-02-01T12:00:00+07:00
    terms: [own-export]
    since: 2026-01-20
    until: 2027-01-01
"""


@pytest.fixture
def write(tmp_path):
    def write(yaml, text=TEXT):
        (tmp_path / "ours.yaml").write_bytes(yaml if isinstance(yaml, bytes) else yaml.encode())
        if text is not None:
            (tmp_path / "ours.md").write_text(text)
        return tmp_path / "ours.yaml"

    return write


def day(month, date, year=2026, hour=0):
    return datetime(year, month, date, hour, tzinfo=UTC)


def test_every_field_is_read(write):
    policy = file.load(write(GOOD))
    assert (policy.id, policy.version, policy.text, policy.words) == ("ours", "2", "ours.md", TEXT)
    assert (policy.published_at, policy.notice_period_days, policy.effective_from) == (day(1, 1), 30, day(1, 15))
    assert (policy.jurisdictions, policy.networks) == (("ID", "NO"), ("x",))
    assert (policy.on_withdrawal, policy.deadline_days, policy.effective_to) == ("serve-marked", 14, None)
    (rule,) = policy.rules
    assert (rule.id, rule.clause, rule.effect, rule.purposes) == ("training", CLAUSE, "allow", ("train_ai",))
    assert (rule.categories, rule.visibility, rule.terms) == (("post", "reply"), ("public",), ("own-export",))
    assert (rule.legal_basis, rule.assessment, rule.consent_mechanism) == ("legitimate_interest", "weighing-7", "opt-out")
    assert (rule.objection_period_days, rule.applies_to_posts_from, rule.retroactive) == (42, day(2, 1, hour=5), False)
    assert (rule.since, rule.until) == (day(1, 20), day(1, 1, 2027))
    assert file.check(policy).problems == ()


def test_a_policy_begins_when_its_notice_has_elapsed(write):
    policy = file.load(write(GOOD))
    assert policy.begins() == day(1, 31)
    assert not policy.in_force(day(1, 30))
    assert policy.in_force(day(1, 31))


def test_withdrawal_is_refused_unless_the_policy_says_otherwise(write):
    policy = file.load(write(GOOD.replace("on_withdrawal: serve-marked\ndeadline_days: 14\n", "")))
    assert (policy.on_withdrawal, policy.deadline_days) == ("refuse", 30)


BAD = {
    "a key written twice": (("version: 2", "version: 2\nversion: 3"), 3, 1, "twice, first in line 2"),
    "an unknown key, the nearest named": (("notice_period_days", "notice_perod_days"), 5, 1, "did you mean notice_period_days"),
    "an unknown key in a rule": (("    purposes:", "    purpose:"), 16, 5, "did you mean purposes"),
    "an unknown purpose": (("[train_ai]", "[train_al]"), 16, 16, "did you mean train_ai"),
    "an unknown category": (("[post, reply]", "[post, replies]"), 17, 24, "did you mean reply"),
    "an unknown visibility": (("[public]", "[everyone]"), 18, 18, "'everyone', which is not known"),
    "an anchor": (("[ID,", "&all [ID,"), 7, 16, "anchors and aliases"),
    "an alias": (("networks: [x]", "networks: *all"), 8, 11, "anchors and aliases"),
    "a tag": (("id: ours", "id: !!python/name:os.system x"), 1, 5, "tags are not allowed"),
    "no, read as a truth value": (('"NO"', "NO"), 7, 21, "put it in quotes"),
    "yes for true": (("    terms:", "    retroactive: yes\n    terms:"), 24, 18, "write true or false"),
    "an empty value": (("version: 2", "version:"), 2, 9, "'version' is empty"),
    "a date that is none": (("effective_from: 2026-01-15", "effective_from: 2026-02-30"), 6, 17, "not a date"),
    "a date by words": (("published_at: 2026-01-01", "published_at: January"), 4, 15, "not a date"),
    "days that are not a number": (("notice_period_days: 30", "notice_period_days: a month"), 5, 21, "whole number of days"),
    "days below zero": (("notice_period_days: 30", "notice_period_days: -1"), 5, 21, "whole number of days"),
    "a default that allows": (("default: deny", "default: allow"), 11, 10, "'default' must be deny"),
    "no id": (("id: ours\n", ""), 1, 1, "has no 'id'"),
    "a rule without a clause": ((f"    clause: {CLAUSE}\n", ""), 13, 5, "no 'clause'"),
    "a rule with half a clause": ((CLAUSE, CLAUSE[:12]), 14, 13, "sha256 of a paragraph"),
    "an allowing rule without a legal basis": (("    legal_basis: legitimate_interest\n", ""), 13, 5, "without a 'legal_basis'"),
    "an interest nobody weighed": (("    assessment: weighing-7\n", ""), 19, 18, "needs an 'assessment'"),
    "consent by silence": (("legal_basis: legitimate_interest", "legal_basis: consent"), 19, 18, "silence is no consent"),
    "nested too deeply": (("networks: [x]", "networks: [[[[[[[[[x]]]]]]]]]"), 8, 18, "nested too deeply"),
    "a persona without consent": (("[train_ai]", "[simulate_person]"), 16, 15, "no policy can allow simulating"),
    "messages on the policy's own basis": (("[public]", "[public, direct]"), 18, 17, "'direct' records"),
    "words for followers on the policy's own basis": (("[public]", "[followers]"), 18, 17, "'followers' records"),
    "retroactive and not": (("    terms:", "    retroactive: true\n    terms:"), 24, 18, "contradict each other"),
    "an end before the start": (("until: 2027-01-01", "until: 2026-01-20"), 26, 12, "not after 'since'"),
    "a policy that ends before it starts": (("default:", "effective_to: 2026-01-15\ndefault:"), 11, 15, "not after 'effective_from'"),
    "a text somewhere else": (("text: ours.md", "text: ../ours.md"), 3, 7, "own folder"),
    "a list that is one word": (("networks: [x]", "networks: x"), 8, 11, "must be a list"),
    "an empty list": (("networks: [x]", "networks: []"), 8, 11, "must be a list"),
    "a word listed twice": (("[post, reply]", "[post, post]"), 17, 24, "lists 'post' twice"),
    "a list in place of a word": (("version: 2", "version: [2]"), 2, 10, "must hold one word"),
    "a jurisdiction that is no code": (("[ID,", "[Indonesia,"), 7, 16, "no ISO 3166-1 code"),
    "a period without publication": (("published_at: 2026-01-01\n", ""), 1, 1, "runs from publication"),
    "a tab": (("    effect: allow", "\teffect: allow"), 15, 1, "cannot start any token"),
    "an open bracket": (("networks: [x]", "networks: [x"), 9, 14, "expected ',' or ']'"),
    "a second policy in the file": (("default: deny\n", "default: deny\n---\nid: b\n"), 12, 1, None),
    "a text that was changed": (
        ("default: deny", f"text_sha256: {'0' * 64}\ndefault: deny"),
        11,
        14,
        "not the one this policy was written for",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_told_with_its_place(name, write):
    (old, new), line, column, says = BAD[name]
    assert old in GOOD
    with pytest.raises(BadPolicy) as told:
        file.load(write(GOOD.replace(old, new, 1)))
    assert f"ours.yaml: line {line}, column {column}: " in told.value.what, told.value.what
    assert says is None or says in str(told.value), str(told.value)
    assert told.value.next


def test_a_licence_needs_terms(write):
    with pytest.raises(BadPolicy, match="line 19, column 18: licence needs 'terms'"):
        file.load(write(GOOD.replace("legitimate_interest", "licence").replace("    terms: [own-export]\n", "")))


def test_two_rules_of_one_id_are_refused(write):
    rule = GOOD[GOOD.index("  - id") :]
    with pytest.raises(BadPolicy, match="stands in the policy twice"):
        file.load(write(GOOD + rule))


def test_a_rule_must_say_from_when_on_posts_are_covered(write):
    bare = "\n".join(
        line for line in GOOD.splitlines() if not any(word in line for word in ("_from", "published", "period", "since", "until"))
    )
    with pytest.raises(BadPolicy, match="from when on posts are covered"):
        file.load(write(bare))
    assert file.load(write(bare + "\n    retroactive: true\n")).rules[0].retroactive


@pytest.mark.parametrize(
    "raw", [b"", b"# nothing\n", b"- a\n- b\n", b"just words", b"\xff\xfe", b"\x00", b"{" * 5000, b"[" * 3000, b"? [a]\n: b"]
)
def test_what_is_no_policy_is_said_to_be_none(raw, write):
    with pytest.raises(BadPolicy) as told:
        file.load(write(raw))
    assert told.value.next


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        file.load(tmp_path / "none.yaml")
    with pytest.raises(NotFound):
        file.load(tmp_path)


def test_the_hash_stands_for_content_and_text_not_for_layout(write):
    first = file.load(write(GOOD)).hash
    assert file.load(write("# a comment\n" + GOOD.replace("[ID, ", "[ ID ,  "))).hash == first
    assert file.load(write(GOOD.replace("deadline_days: 14", "deadline_days: 15"))).hash != first
    assert file.load(write(GOOD, TEXT + "\nOne more promise.\n")).hash != first


def test_a_clause_that_was_changed_is_a_problem_and_allows_nothing(write):
    policy = file.load(write(GOOD, TEXT.replace("posts", "words")))
    assert "training" in file.check(policy).problems[0]
    assert policy.rules_at(day(6, 1), "allow") == ()


def test_a_policy_without_its_text_is_a_problem_and_allows_nothing(write):
    policy = file.load(write(GOOD, None))
    assert "ours.md" in file.check(policy).problems[0]
    assert policy.rules_at(day(6, 1), "allow") == ()


def test_a_heading_is_no_clause(write):
    policy = file.load(write(GOOD.replace(CLAUSE, paragraph_hash("# Heading"))))
    assert file.check(policy).problems


def test_paragraphs_that_nothing_implements_are_listed(write):
    (silent,) = file.check(file.load(write(GOOD))).unimplemented
    assert (silent.number, silent.words) == (3, "We never use your messages.")


@pytest.mark.parametrize("name", ["opt-in", "own-archive", "open-licence", "public-analysis"])
def test_a_policy_that_comes_along_passes_its_own_check(name):
    policy = file.builtin(name)
    assert policy.id == name
    assert file.check(policy).problems == ()
    assert policy.rules


def test_the_policies_that_come_along_are_the_four():
    assert file.builtin_names() == ("open-licence", "opt-in", "own-archive", "public-analysis")
    with pytest.raises(NotFound, match="did you mean opt-in"):
        file.builtin("optin")


@pytest.mark.parametrize("name", ["opt-in", "own-archive"])
def test_policies_of_consent_have_no_basis_of_their_own(name):
    assert all(rule.consent_mechanism == "opt-in" for rule in file.builtin(name).rules)
