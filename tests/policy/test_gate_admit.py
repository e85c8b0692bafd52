"""Datasets as the gate mints them: which rows, which columns, and what the Permit says."""

from datetime import UTC, datetime

import polars as pl
import pytest
from gate_world import facts_of, load_policy, rows_of, with_defaults

from ownwords.core.dataset import Dataset, StepRecord
from ownwords.core.errors import Fault, NotFound
from ownwords.core.permit import Question
from ownwords.core.schemas import RECORDS
from ownwords.policy import gate

AT = datetime(2026, 6, 1, tzinfo=UTC)
TRAIN = Question("train_ai", AT)
ACCOUNTS = [with_defaults("account", {"account_id": f"x:{k}"}) for k in range(3)]
GIVE = [with_defaults("decision", {"seq": 1, "account_id": "x:1", "effect": "give", "purpose": "train_ai"})]


@pytest.fixture
def facts(tmp_path):
    return facts_of(load_policy("opt-in", tmp_path), ACCOUNTS, [], GIVE)


def records(n=6):
    """Record k is by account k mod 3; account 1 alone consented."""
    return [with_defaults("record", {"record_id": f"x:{k}", "record_no": k, "account_id": f"x:{k % 3}"}) for k in range(n)]


def test_admitted_rows_are_the_allowed_ones_in_the_columns_they_came_in(facts):
    dataset = gate.admit(rows_of(records()), facts, TRAIN)
    rows = dataset.rows.collect()
    assert rows.columns == list(RECORDS)
    assert sorted(rows["record_no"]) == [1, 4]
    assert dataset.steps == ()


def test_the_permit_tells_what_was_decided_on(facts):
    permit = gate.admit(rows_of(records()), facts, TRAIN).permit
    assert (permit.purpose, permit.at, permit.policy_id) == ("train_ai", AT, "opt-in")
    assert permit.policy_hash == facts.policy.hash
    assert (permit.ledger_seq, permit.ledger_root, permit.store_version) == (1, "root", 1)
    assert (permit.n_rows, permit.n_allowed, permit.by_rule) == (6, 2, (("9", 2), ("11", 4)))


def test_an_admitted_dataset_can_go_on(facts):
    dataset = gate.admit(rows_of(records()), facts, TRAIN)
    assert isinstance(dataset.derive(StepRecord("same", (), 2, 2), dataset.rows), Dataset)


def test_deciding_needs_only_the_needed_columns(facts):
    few = rows_of(records()).select(gate.NEEDED_COLUMNS)
    decided = gate.decide(few, facts, TRAIN).collect()
    assert decided.filter("allowed").height == 2
    with pytest.raises(Fault, match="terms"):
        gate.decide(few.drop("terms"), facts, TRAIN)


def test_only_decided_columns_leave_the_gate(facts):
    decided = gate.decide(rows_of(records()), facts, TRAIN).collect_schema().names()
    assert decided == [*RECORDS, "allowed", "rule", "clause"]


def test_decided_rows_can_be_decided_again(facts):
    once = gate.decide(rows_of(records()), facts, TRAIN)
    assert gate.decide(once, facts, TRAIN).sort("record_no").collect().equals(once.sort("record_no").collect())


def test_an_unknown_purpose_is_named_with_the_nearest(facts):
    with pytest.raises(NotFound, match="did you mean train_ai"):
        gate.admit(rows_of(records()), facts, Question("train_al", AT))


def made(*origins):
    rows = {"origins": list(origins), "turn": [f"turn {k}" for k in range(len(origins))]}
    return pl.DataFrame(rows, schema={"origins": pl.List(pl.Int64), "turn": pl.String}).lazy()


def test_a_made_row_needs_all_its_origins_allowed(facts):
    dataset = gate.admit_made(made([1], [1, 4], [1, 2], [4, 4]), rows_of(records()), facts, TRAIN)
    assert dataset.rows.collect()["turn"].to_list() == ["turn 0", "turn 1", "turn 3"]
    assert (dataset.permit.n_rows, dataset.permit.n_allowed, dataset.permit.by_rule) == (4, 3, (("9", 3), ("11", 1)))


def test_a_made_row_goes_when_an_origin_is_gone_or_was_never_told(facts):
    dataset = gate.admit_made(made([1, 99], [], None, [None], [1]), rows_of(records()), facts, TRAIN)
    assert dataset.rows.collect()["turn"].to_list() == ["turn 4"]
    assert dataset.permit.by_rule == (("1", 4), ("9", 1))


def test_a_made_row_may_name_one_record(facts):
    rows = pl.DataFrame({"record_no": [1, 2, 4], "text": ["a", "b", "c"]}).lazy()
    assert gate.admit_made(rows, rows_of(records()), facts, TRAIN).rows.collect()["text"].to_list() == ["a", "c"]


def test_made_rows_keep_their_order(facts):
    rows = made(*([[1], [4]] * 500))
    kept = gate.admit_made(rows, rows_of(records()), facts, TRAIN).rows.collect()
    assert kept["turn"].to_list() == [f"turn {k}" for k in range(1000)]


def test_rows_that_do_not_say_where_they_come_from_are_refused(facts):
    with pytest.raises(Fault, match="came from"):
        gate.admit_made(pl.DataFrame({"text": ["a"]}).lazy(), rows_of(records()), facts, TRAIN)


def test_no_made_rows_and_no_records_are_legal(facts):
    assert gate.admit_made(made(), rows_of([]), facts, TRAIN).permit.by_rule == ()
    assert gate.admit_made(made([1]), rows_of([]), facts, TRAIN).permit.by_rule == (("1", 1),)


def test_one_record_twice_is_allowed_only_if_both_are(facts):
    """Two revisions under one number, one of them withheld: what was made from the number is left out."""
    twice = [*records(), {**records()[1], "state": "withheld"}]
    assert gate.admit_made(made([1], [4]), rows_of(twice), facts, TRAIN).rows.collect()["turn"].to_list() == ["turn 1"]
