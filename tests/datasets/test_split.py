"""People on one side or the other: nobody on both, nobody moved by somebody else."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.errors import Usage
from ownwords.datasets import split
from ownwords.datasets._stable import hashed, share, shares
from posts import DAY, turns
from steps import carried_out


def folded(rows: list[dict], **given) -> pl.DataFrame:
    """The dialogues that stay."""
    done, _ = carried_out(split, turns(rows), **given)
    assert tuple(done.columns) == split.DIALOGUE
    return done.sort("row_id")


def told(dialogues: pl.DataFrame) -> pl.DataFrame:
    """One row a turn: split, row_id, speaker, text, learn, record_id."""
    return dialogues.select("split", "row_id", "turns").explode("turns").unnest("turns")


@st.composite
def talks(draw) -> list[dict]:
    rows = []
    for d in range(draw(st.integers(0, 5))):
        n_context = draw(st.integers(0, 2))
        for place in range(-n_context, draw(st.integers(1, 5))):
            who = draw(st.integers(0, 9))
            name = f"s:{d}/{place}" if place >= 0 else f"s:c{d}/{place}"
            rows.append({"dialogue": d, "place": place, "record_id": name, "account_id": f"s:{who}", "text": name, "learn": place >= 0})
    return rows


@settings(max_examples=60, deadline=None)
@given(talks(), st.sampled_from([0.0, 0.1, 0.5, 0.9]), st.integers(0, 50))
def test_no_dialogue_crosses_the_line_and_no_learnt_turn_is_lost(rows, held_out, seed):
    out = folded(rows, held_out=held_out, seed=seed)
    sides = out.select("split", "people").explode("people").unique()
    assert sides["people"].n_unique() == sides.height
    assert sorted(told(out).filter("learn")["record_id"]) == sorted(row["record_id"] for row in rows if row["learn"])
    assert out["row_id"].n_unique() == out.height
    assert held_out > 0 or set(out["split"]) <= {"train"}


@settings(max_examples=30, deadline=None)
@given(talks(), st.integers(0, 9))
def test_nobody_moves_when_somebody_leaves(rows, who):
    def sides(some: list[dict]) -> dict[str, str]:
        return dict(folded(some, held_out=0.5).select("people", "split").explode("people").unique().iter_rows())

    before, after = sides(rows), sides([row for row in rows if row["account_id"] != f"s:{who}"])
    assert {name: after[name] for name in before if name in after} == {name: before[name] for name in after if name in before}


def test_the_share_held_out_is_the_share_asked_for():
    people = pl.DataFrame(
        {"id": [f"x:{n}" for n in range(20_000)] + [f"m:https://a.very.long.instance.example/users/{n}" for n in range(20_000)]}
    )
    for seed in (1, 2):
        part = people.select((share(pl.col("id"), seed) < 0.1).alias("held"))["held"]
        assert 0.09 < part.mean() < 0.11
    both = people.select((share(pl.col("id"), 1) < 0.1) & (share(pl.col("id"), 2) < 0.1)).to_series()
    assert 0.005 < both.mean() < 0.015


def test_the_hash_is_the_same_on_every_machine():
    """Pinned: another value would move people between train and held out when the program is updated."""
    texts = pl.DataFrame({"t": ["", "x:1", "x:2", "é" * 100, None]})
    assert texts.select(hashed(pl.col("t"), 7)).to_series().to_list() == [
        7739060170759032313,
        7438317458451705767,
        8433308738525892180,
        7507323992201301443,
        None,
    ]


@settings(deadline=None)
@given(st.lists(st.text(max_size=200)), st.integers(0, 100))
def test_shares_are_the_same_both_ways(texts, seed):
    told = pl.DataFrame({"t": texts}, schema={"t": pl.String})
    assert shares(told["t"], seed).tolist() == told.select(share(pl.col("t"), seed))["t"].to_list()


def test_speakers_are_numbered_as_they_come_in():
    out = folded(
        [{"dialogue": 1, "place": k, "record_id": f"s:{k}", "account_id": who, "text": who} for k, who in enumerate("bcab")], held_out=0.0
    )
    assert [turn["speaker"] for turn in out["turns"][0]] == [0, 1, 2, 0]
    assert [turn["text"] for turn in out["turns"][0]] == ["b", "c", "a", "b"]


@st.composite
def dated_talks(draw) -> list[dict]:
    """Dialogues of learnt and shown turns, some without a date, some out of the order of time; every turn is another record."""
    rows = []
    for d in range(draw(st.integers(0, 5))):
        n = draw(st.integers(1, 6))
        for place in range(-draw(st.integers(0, 2)), n):
            day = draw(st.one_of(st.none(), st.integers(1, 20)))
            learn = place == n - 1 or (place >= 0 and draw(st.booleans()))
            name = f"s:{d}/{place}"
            row = {"dialogue": d, "place": place, "record_id": name, "account_id": "s:1", "text": name, "learn": learn}
            rows.append(row | {"record_no": len(rows), "created_at": None if day is None else DAY.replace(day=day)})
    return rows


@settings(max_examples=80, deadline=None)
@given(dated_talks(), st.one_of(st.sampled_from([0.0, 0.1, 0.5, 1.0]), st.integers(1, 21)))
def test_nothing_held_out_by_time_is_older_than_what_is_learnt(rows, line):
    given = {"by": "time", "held_out": line} if isinstance(line, float) else {"by": "time", "at": f"2024-01-{line:02d}"}
    out = told(folded(rows, **given)).filter("learn")
    when = {row["record_id"]: row["created_at"] for row in rows if row["learn"]}
    assert sorted(out["record_id"]) == sorted(when)
    dates = sorted((day for day in when.values() if day), reverse=True)
    if isinstance(line, float):
        n = math.floor(line * len(dates))
        late = {name for name, day in when.items() if day and (n == len(dates) or day > dates[n])}
    else:
        late = {name for name, day in when.items() if day and day >= DAY.replace(day=line)}
    assert set(out.filter(pl.col("split") == "held_out")["record_id"]) == late


def test_what_is_shown_goes_with_what_follows_it():
    rows = [{"dialogue": 1, "place": k, "record_id": f"s:{k}", "account_id": "s:1", "text": str(k), "learn": k > 0} for k in range(-1, 3)]
    rows = [row | {"created_at": DAY.replace(day=10 * (k + 1) + 1) if k < 3 else None} for k, row in enumerate(rows)]
    out = folded(rows, by="time", at="2024-01-05")
    assert out.select("row_id", "split").rows() == [("s:1", "held_out"), ("s:2", "train")]
    assert [turn["record_id"] for turn in out["turns"][0]] == ["s:-1", "s:0", "s:1"]


def test_shown_turns_after_the_last_learnt_one_of_a_part_are_left_out():
    rows = [{"dialogue": 1, "place": k, "record_id": f"s:{k}", "account_id": "s:2", "text": str(k), "learn": k == 1} for k in range(3)]
    out = folded(rows)
    assert [turn["text"] for turn in out["turns"][0]] == ["0", "1"]
    assert out["people"].to_list() == [["s:2", "s:2"]]


def test_a_withheld_turn_is_a_speaker_of_no_side_and_no_origin():
    withheld = {"record_id": None, "account_id": None, "record_no": None, "created_at": None, "text": "[withheld]", "learn": False}
    rows = [{"dialogue": 1, "place": -1} | withheld]
    rows += [{"dialogue": 1, "place": k, "record_id": f"s:{k}", "account_id": who, "text": "x"} for k, who in enumerate(["s:1", "s:2"])]
    out = folded(rows, held_out=0.3)
    assert out["split"].to_list() == ["held_out", "train"]
    assert [turn["text"] for turn in out["turns"][0]] == ["[withheld]", "x"]
    assert [turn["speaker"] for turn in out["turns"][0]] == [0, 1]
    assert out["people"].to_list() == [["s:1"], ["s:2"]]
    assert out["origins"].to_list() == [[1], [2]]


def test_where_a_prompt_is_wanted_a_dialogue_that_answers_nobody_goes():
    withheld = {"record_id": None, "account_id": None, "record_no": None, "created_at": None, "text": "[withheld]", "learn": False}
    said = {
        "alone": ["a"],
        "monologue": ["a", "a"],
        "lost": [None, "a"],
        "own": ["a", None, "a"],
        "answer": ["b", "a"],
        "far": ["b", None, "a"],
    }
    rows = []
    for d, (name, people) in enumerate(said.items()):
        turn = {"dialogue": d}
        for place, who in enumerate(people):
            own = {"record_id": f"s:{name}{place}", "account_id": f"s:{who}", "text": "x", "learn": place == len(people) - 1}
            rows.append(turn | {"place": place} | (own if who else withheld))
    out, dropped = carried_out(split, turns(rows), held_out=0.0, prompted=True)
    assert sorted(out["row_id"]) == ["s:answer1", "s:far2"]
    assert dropped == {"no prompt": 4}
    assert folded(rows, held_out=0.0).height == len(said)
    assert carried_out(split, turns([]), prompted=True)[0].height == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(1, 20))), max_size=12), st.sampled_from(["person", "time"]))
def test_dialogues_of_one_turn_are_made_without_coming_together(said, by):
    rows = [
        {"dialogue": k, "place": 0, "record_id": f"s:{k}", "account_id": f"s:{who}", "text": str(k), "network": "n", "language": "en"}
        | {"created_at": None if day is None else DAY.replace(day=day)}
        for k, (who, day) in enumerate(said)
    ]
    given = {"by": by, "held_out": 0.4}
    assert folded(rows, alone=True, **given).equals(folded(rows, **given))


def test_what_is_no_date_and_no_way_to_split_is_refused():
    for wrong in ({"by": "height"}, {"by": "time", "at": "yesterday"}):
        with pytest.raises(Usage):
            split.stages({**split.PARAMS, **wrong})
