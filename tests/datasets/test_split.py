"""People on one side or the other: nobody on both, nobody moved by somebody else."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.step import Reduce
from ownwords.datasets import split
from ownwords.datasets._stable import hashed, share
from posts import turns


def folded(rows: list[dict], **given) -> pl.DataFrame:
    """The dialogues that stay, as an engine makes them."""
    done = turns(rows)
    for stage in split.stages({**split.PARAMS, **given}):
        if isinstance(stage, Reduce):
            told = stage.decide(stage.read(done.lazy()).collect().lazy()).collect()
            done = stage.run(done.lazy(), told.lazy()).collect()
        else:
            done = stage.run(done.lazy()).collect()
    done = done.filter(pl.col("drop").is_null()).drop("drop") if "drop" in done.columns else done
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


@settings(max_examples=100, deadline=None)
@given(talks(), st.sampled_from([0.0, 0.1, 0.5, 0.9]), st.integers(0, 50))
def test_no_dialogue_crosses_the_line_and_no_learnt_turn_is_lost(rows, held_out, seed):
    out = folded(rows, held_out=held_out, seed=seed)
    sides = out.select("split", "people").explode("people").unique()
    assert sides["people"].n_unique() == sides.height
    assert sorted(told(out).filter("learn")["record_id"]) == sorted(row["record_id"] for row in rows if row["learn"])
    assert out["row_id"].n_unique() == out.height
    assert held_out > 0 or set(out["split"]) <= {"train"}


@settings(max_examples=50, deadline=None)
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


def test_speakers_are_numbered_as_they_come_in():
    out = folded(
        [{"dialogue": 1, "place": k, "record_id": f"s:{k}", "account_id": who, "text": who} for k, who in enumerate("bcab")], held_out=0.0
    )
    assert [turn["speaker"] for turn in out["turns"][0]] == [0, 1, 2, 0]
    assert [turn["text"] for turn in out["turns"][0]] == ["b", "c", "a", "b"]
