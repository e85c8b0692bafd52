"""Records of one kind are judged once: what is remembered is what every rule, put to the record itself, says."""

from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl
import pytest
from gate_world import facts_of, load_policy, rows_of, with_defaults, written_policy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_worlds import world

from ownwords.core.purpose import PURPOSES
from ownwords.policy import gate
from ownwords.policy.facts import Asked
from ownwords.policy.file import builtin_names
from ownwords.policy.judge import Judge, Rule

AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("policies")


def judged_in_blocks(judge, rows, size):
    blocks = [rows.slice(start, size) for start in range(0, rows.height, size)]
    return [rule for block in blocks for rule in block.select(judge.rule())["_rule"]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from([1, 7, 40]))
def test_what_is_remembered_of_a_kind_is_what_the_rules_say_of_each_record(folder, seed, size):
    drawn = world(Random(seed), n_accounts=4, n_decisions=6, n_records=80)
    facts = facts_of(load_policy(written_policy(drawn["policy"]), folder), drawn["accounts"], drawn["states"], drawn["decisions"])
    judge = Judge(facts, Asked.of(drawn["purpose"], drawn["at"], facts.policy), gate.rules())
    rows = rows_of(drawn["records"]).collect()
    by_itself = judge._ask(rows).to_list()
    assert judged_in_blocks(judge, rows, size) == by_itself
    assert judged_in_blocks(judge, rows.reverse(), size) == by_itself[::-1]


def plain_judge(folder, monkeypatch):
    """A judge of one account's ordinary records, and how many it looked at by themselves."""
    facts = facts_of(load_policy("opt-in", folder), [with_defaults("account", {})])
    judge = Judge(facts, Asked.of("train_ai", AT, facts.policy), gate.rules())
    asked = []
    put = Judge._ask

    def counting(self, rows, *place):
        asked.append(rows.height)
        return put(self, rows, *place)

    monkeypatch.setattr(Judge, "_ask", counting)
    return judge, asked


def test_ordinary_records_are_judged_once_a_kind(folder, monkeypatch):
    judge, asked = plain_judge(folder, monkeypatch)
    rows = rows_of([with_defaults("record", {"record_id": f"x:{k}", "record_no": k}) for k in range(50)]).collect()
    first = judged_in_blocks(judge, rows, 10)
    assert first == judged_in_blocks(judge, rows, 10)
    assert sum(asked) <= 20, "the words are met in the first block, the kind is in the second"


def test_more_words_than_are_remembered_are_looked_at_by_themselves(folder, monkeypatch):
    judge, asked = plain_judge(folder, monkeypatch)
    words = [f"odd-{k}" for k in range(12)]
    rows = rows_of([with_defaults("record", {"record_no": k, "terms": word}) for k, word in enumerate(words)]).collect()
    for _ in range(3):
        assert judged_in_blocks(judge, rows, 4) == [1] * 12
    assert 12 < sum(asked) < 36


def day(number):
    return datetime(2026, 1, number, tzinfo=UTC)


#: Person: what they decided, oldest first: (effect, category, since, until).
DIVIDED = {
    "x:1": [("give", None, None, None), ("withdraw", "reply", None, None)],
    "x:2": [("give", None, day(10), None)],
    "x:3": [("give", "post", day(5), day(20)), ("give", "reply", None, day(5)), ("refuse", "profile", day(10), day(20))],
    "x:4": [("give", None, None, None), ("withdraw", None, day(1), day(10)), ("withdraw", "special", None, None)],
    "x:5": [("give", None, None, None), ("give", "special", None, None)],
}


def test_records_of_who_decides_by_category_and_date_are_judged_once_a_part(folder, monkeypatch):
    born = {"born_on": datetime(1980, 1, 1).date()}
    accounts = [with_defaults("account", {"account_id": name, **born}) for name in DIVIDED]
    said = [(name, *one) for name, decisions in DIVIDED.items() for one in decisions]
    decisions = [
        with_defaults(
            "decision",
            {"account_id": name, "purpose": "train_ai", "seq": k, "effect": effect, "category": category, "since": since, "until": until},
        )
        for k, (name, effect, category, since, until) in enumerate(said, 1)
    ]
    facts = facts_of(load_policy("opt-in", folder), accounts, (), decisions)
    judge = Judge(facts, Asked.of("train_ai", AT, facts.policy), gate.rules())
    moments = [None, *(day(k) + timedelta(microseconds=d) for k in (1, 5, 10, 20) for d in (-1, 0, 1))]
    marks = [None, [{"name": "special-category", "value": "health", "set_by": "self", "at": None}]]
    drawn = [
        {"account_id": name, "category": category, "created_at": at, "signals": signals}
        for name in DIVIDED
        for category in ("post", "reply", "profile", "repost")
        for at in moments
        for signals in marks
    ]
    rows = rows_of([with_defaults("record", {**one, "record_no": k, "record_id": f"x:r{k}"}) for k, one in enumerate(drawn)]).collect()
    by_itself = judge._ask(rows).to_list()
    assert set(by_itself) >= {8, 9, 11}
    for size in (len(drawn), 3):
        assert judged_in_blocks(judge, rows, size) == by_itself
    asked = []
    monkeypatch.setattr(Judge, "_ask", lambda self, rows, place: asked.append(rows) or pl.Series([0] * rows.height, dtype=pl.Int8))
    judged_in_blocks(judge, rows, 100)
    assert pl.concat(asked)["signals"].null_count() == 0, "what has no signals was judged before"


@pytest.mark.parametrize("policy", builtin_names())
@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_no_rule_looks_at_a_column_that_kinds_do_not_tell_apart(folder, policy, purpose):
    facts = facts_of(load_policy(policy, folder))
    assert Judge(facts, Asked.of(purpose, AT, facts.policy), gate.rules())._memory is not None


@pytest.mark.parametrize("column", ["batch", "observed_at", "record_id", "_own_at_0"])
def test_nothing_is_remembered_if_a_rule_looks_at_a_column_that_kinds_do_not_tell_apart(folder, column):
    facts = facts_of(load_policy("opt-in", folder))
    odd = Rule("odd", 1, "prohibition", "it is odd", lambda _: pl.col(column).is_null(), lambda _: pl.lit(None), lambda _: ())
    assert Judge(facts, Asked.of("train_ai", AT, facts.policy), [*gate.rules(), odd])._memory is None
