"""Copies and near copies: one stays, always the same one, and it depends on nothing but the rows."""

from __future__ import annotations

import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.datasets import exact, near
from posts import WORDS, dialogues


def kept(step, rows: pl.DataFrame, **given) -> list[str]:
    lazy = rows.lazy()
    for stage in step.stages({**step.PARAMS, **given}):
        lazy = stage.run(lazy).collect().lazy()
    return sorted(lazy.filter(pl.col("drop").is_null()).collect()["row_id"])


@st.composite
def crowds(draw) -> pl.DataFrame:
    """Many rows over few words, so that copies and near copies abound."""
    said = [" ".join(draw(st.lists(st.sampled_from(WORDS[:9]), min_size=1, max_size=9))) for _ in range(draw(st.integers(0, 14)))]
    return dialogues(
        [
            {
                "row_id": f"d:{n}",
                "text": text,
                "split": draw(st.sampled_from(["train", "held_out"])),
                "people": [f"s:{n % 3}"],
                "created_at": None if n % 5 == 0 else ...,
            }
            for n, text in enumerate(said)
        ]
    )


@settings(max_examples=80, deadline=None)
@given(crowds(), st.integers(0, 99))
def test_the_order_of_rows_decides_nothing(rows, seed):
    shuffled = rows.sample(fraction=1, shuffle=True, seed=seed)
    for step in (exact, near):
        assert kept(step, rows) == kept(step, shuffled)


@settings(max_examples=80, deadline=None)
@given(crowds())
def test_of_each_family_of_copies_exactly_one_stays(rows):
    normal = rows.with_columns(exact.normalised(pl.col("text")).alias("same"))
    stay = normal.filter(pl.col("row_id").is_in(kept(exact, rows)))
    assert sorted(stay["same"]) == sorted(normal["same"].unique())
    has_train = normal.filter(pl.col("split") == "train")["same"]
    assert stay.filter(pl.col("same").is_in(has_train.implode()) & (pl.col("split") == "held_out")).height == 0


@settings(max_examples=80, deadline=None)
@given(crowds())
def test_a_near_copy_goes_only_if_an_earlier_row_is_that_similar(rows):
    order = exact.first_come(rows.lazy()).collect()
    sets = {name: set(text.split()) for name, text in order.select("row_id", "text").iter_rows()}
    earlier: list[str] = []
    stay = set(kept(near, rows))
    for name in order["row_id"]:
        similar = [one for one in earlier if len(sets[one] & sets[name]) >= 0.6 * len(sets[one] | sets[name]) and len(sets[one]) >= 5]
        assert name in stay or (similar and len(sets[name]) >= 5)
        earlier.append(name)


def edited(words: list[str], rng: random.Random, n_edits: int) -> list[str]:
    out = list(words)
    for _ in range(n_edits):
        where = rng.randrange(len(out))
        out[where : where + 1] = rng.choice([[f"new{rng.randrange(10**6)}"], [out[where], "lol"], [out[where].upper()]])
    return out


def test_edited_copies_are_found_and_strangers_are_left():
    """1,000 posts of 12 words, drawn from 3,000 by a Zipf law, and a later copy of each with one or two words changed."""
    rng = random.Random(5)
    vocabulary = [f"word{k}" for k in range(3000)]
    originals = [rng.choices(vocabulary, weights=[1 / (k + 3) for k in range(3000)], k=12) for _ in range(1000)]
    said = [*originals, *(edited(words, rng, rng.choice([1, 2])) for words in originals)]
    stay = kept(near, dialogues([{"row_id": f"d:{n:04}", "text": " ".join(words)} for n, words in enumerate(said)]))
    assert sum(name < "d:1000" for name in stay) >= 995
    assert sum(name >= "d:1000" for name in stay) <= 40


def test_sixty_thousand_rows_that_say_nearly_the_same_cost_no_square():
    text = pl.concat_str([pl.lit("buy now the best cheap watch from our shop today number "), pl.int_range(60_000).cast(pl.String)])
    rows = dialogues([{"text": "x"}]).drop("row_id", "text", "turns")
    turn = pl.concat_list(pl.struct(pl.lit(0, pl.Int32).alias("speaker"), pl.col("text"), pl.lit(True).alias("learn"))).alias("turns")
    many = pl.select(text.alias("text"), pl.int_range(60_000).cast(pl.String).alias("row_id")).with_columns(turn).join(rows, how="cross")
    assert len(kept(near, many)) == 1


def test_the_keys_may_be_looked_at_in_many_passes(monkeypatch):
    rng = random.Random(1)
    rows = dialogues([{"text": " ".join(rng.choices(WORDS, k=8))} for _ in range(300)])
    at_once = kept(near, rows)
    monkeypatch.setattr(near, "_KEYS_AT_A_TIME", 500)
    assert kept(near, rows) == at_once
    assert len(at_once) < 300


def test_a_forgotten_original_lets_its_copy_appear():
    rows = dialogues(
        [
            {"row_id": "a", "text": " ".join(WORDS[:8])},
            {"row_id": "b", "text": " ".join(WORDS[:8])},
            {"row_id": "c", "text": " ".join(WORDS[:9])},
        ]
    )
    assert (kept(exact, rows), kept(near, rows)) == (["a", "c"], ["a"])
    left = rows.filter(pl.col("row_id") != "a")
    assert (kept(exact, left), kept(near, left)) == (["b", "c"], ["b"])
