"""What a policy file says beside its rules' reach: holds by an order, rules nobody has reviewed yet, rules for some countries."""

from datetime import UTC, datetime

import pytest

from ownwords.core.errors import BadPolicy
from ownwords.policy import file
from ownwords.policy.clauses import paragraph_hash

PROMISE = "We use your public posts for training, unless you object."
HELD = "We keep, and do not use, what a court orders us to hold."
TEXT = f"# Heading\n\n{PROMISE}\n\n{HELD}\n"
GOOD = f"""id: ours
version: 2
text: ours.md
published_at: 2026-01-01
default: deny
rules:
  - id: training
    clause: {paragraph_hash(PROMISE)}
    effect: allow
    purposes: [train_ai]
    legal_basis: contract
    retroactive: true
    jurisdictions: [ID, SG]
holds:
  - id: district-court
    order: District Court, 12 C 345, 2026-02-01
    jurisdictions: [ID]
    networks: [x]
    purposes: [train_ai]
    posted_from: 2025-01-01
    posted_to: 2025-07-01
    since: 2026-02-01
    until: 2027-02-01
    clause: {paragraph_hash(HELD)}
  - id: everything
    order: Authority, letter of 2026-03-01
"""


@pytest.fixture
def write(tmp_path):
    def write(yaml, text=TEXT):
        (tmp_path / "ours.yaml").write_text(yaml)
        (tmp_path / "ours.md").write_text(text)
        return tmp_path / "ours.yaml"

    return write


def day(year, month, date):
    return datetime(year, month, date, tzinfo=UTC)


def test_a_hold_is_read_with_its_order_place_time_and_uses(write):
    policy = file.load(write(GOOD))
    court, everything = policy.holds
    assert (court.order, court.jurisdictions, court.networks) == ("District Court, 12 C 345, 2026-02-01", ("ID",), ("x",))
    assert (court.purposes, court.posted_from, court.posted_to) == (("train_ai",), day(2025, 1, 1), day(2025, 7, 1))
    assert (court.since, court.until, court.clause) == (day(2026, 2, 1), day(2027, 2, 1), paragraph_hash(HELD))
    assert (everything.purposes, everything.posted_from, everything.clause) == ((), None, None)
    assert file.check(policy).problems == ()
    assert file.check(policy).unimplemented == ()


def test_a_hold_stands_from_its_day_until_the_day_it_ends(write):
    court, everything = file.load(write(GOOD)).holds
    assert [court.stands(at) for at in (day(2026, 1, 31), day(2026, 2, 1), day(2027, 1, 31), day(2027, 2, 1))] == [False, True, True, False]
    assert everything.stands(day(1990, 1, 1))


BAD = {
    "a hold without an order": (("    order: Authority, letter of 2026-03-01\n", ""), 25, 5, "has no 'order'"),
    "an unknown field": (("posted_to:", "posted_until:"), 21, 5, "did you mean posted_"),
    "an unknown purpose": (("purposes: [train_ai]\n    posted", "purposes: [train_al]\n    posted"), 19, 16, "did you mean train_ai"),
    "a jurisdiction that is no code": (("[ID]", "[id]"), 17, 20, "no ISO 3166-1 code"),
    "posted backwards": (("posted_to: 2025-07-01", "posted_to: 2024-07-01"), 21, 16, "not after 'posted_from'"),
    "an end before the start": (("until: 2027", "until: 2025"), 23, 12, "not after 'since'"),
    "half a clause": ((f"clause: {paragraph_hash(HELD)}", "clause: abc"), 24, 13, "sha256 of a paragraph"),
    "one id twice": (("id: everything", "id: district-court"), 25, 9, "stands in the policy twice"),
    "definitions": (("default: deny", "definitions: {all: [all]}"), 5, 1, "no field 'definitions'"),
    "reviewed by a word": (("    retroactive", "    reviewed: no\n    retroactive"), 12, 15, "must be true or false"),
    "a rule for a country that is none": (("[ID, SG]", "[ID, Singapore]"), 13, 20, "no ISO 3166-1 code"),
    "a country read as a truth value": (("[ID, SG]", "[ID, NO]"), 13, 25, "put it in quotes"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_told_with_its_place(name, write):
    (old, new), line, column, says = BAD[name]
    assert old in GOOD
    with pytest.raises(BadPolicy) as told:
        file.load(write(GOOD.replace(old, new, 1)))
    assert f"ours.yaml: line {line}, column {column}: " in told.value.what, told.value.what
    assert says in str(told.value), str(told.value)


def test_a_hold_whose_clause_was_changed_is_a_problem(write):
    policy = file.load(write(GOOD, TEXT.replace("orders us", "asks us")))
    assert ["district-court" in problem for problem in file.check(policy).problems] == [True]


def test_a_rule_that_nobody_reviewed_neither_allows_nor_denies_nor_implements(write):
    reviewed, draft = file.load(write(GOOD)), file.load(write(GOOD.replace("    retroactive", "    reviewed: false\n    retroactive")))
    assert (len(reviewed.rules_at(day(2026, 6, 1), "allow")), draft.rules_at(day(2026, 6, 1), "allow")) == (1, ())
    assert [paragraph.words for paragraph in file.check(draft).unimplemented] == [PROMISE]
    denying = GOOD.replace("effect: allow", "effect: deny").replace("    legal_basis: contract\n    retroactive: true\n", "")
    assert len(file.load(write(denying)).rules_at(day(2026, 6, 1), "deny")) == 1
    assert file.load(write(denying.replace("    effect", "    reviewed: false\n    effect"))).rules_at(day(2026, 6, 1), "deny") == ()


def test_what_came_later_changes_the_hash_only_where_it_is_written(write):
    bare = GOOD[: GOOD.index("holds:")].replace("    jurisdictions: [ID, SG]\n", "")
    before = file.load(write(bare)).hash
    assert file.load(write(bare + "    reviewed: true\n")).hash == before
    others = [bare + "    reviewed: false\n", bare + "    jurisdictions: [ID]\n", bare + "holds:\n  - {id: a, order: b}\n"]
    assert len({before, *(file.load(write(text)).hash for text in others)}) == 4
    assert before == "d51fcad1f64912798fe3c6bcd4f7c8d5090056795f80b83ff67c60d6f0d6f729"  # as it was before these fields existed
