"""Copies and near copies: one stays, always the same one, and it depends on nothing but the rows."""

from __future__ import annotations

import random
import re
import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.datasets import exact, near
from ownwords.datasets.near import alike
from posts import WORDS, kept

SHORT = ["the", "of", "a", "is", "so", "love", "this", "song", "day", "good"]


def told(step, rows: pl.DataFrame, n_parts: int = 1, **params) -> pl.DataFrame:
    """The rows with what the step says of each; decided in so many parts that share no key."""
    (reduce,) = step.stages({**step.PARAMS, **params})
    narrow = reduce.read(rows.lazy()).collect()
    if n_parts > 1 and isinstance(narrow.schema[reduce.key], pl.List):
        narrow = narrow.explode(reduce.key)
    parts = [narrow] if n_parts == 1 else [narrow.filter(pl.col(reduce.key) % n_parts == k) for k in range(n_parts)]
    decided = pl.concat([reduce.decide(part.lazy()).collect() for part in parts])
    return reduce.run(rows.lazy(), decided.lazy()).sort("record_id").collect()


def stay(step, rows: pl.DataFrame, n_parts: int = 1, **params) -> list[str]:
    return sorted(told(step, rows, n_parts, **params).filter(pl.col("drop").is_null())["record_id"])


def posts(*texts: str | None) -> pl.DataFrame:
    return kept([{"record_id": f"t:{n:05}", "text": text} for n, text in enumerate(texts)])


def words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"\[[a-z]+(_\d+)?\]", " ", text.lower()))


@st.composite
def crowds(draw) -> pl.DataFrame:
    """Many rows over few words, so that copies and near copies abound."""
    said = st.lists(st.sampled_from([*SHORT, *WORDS[:4], "3", "[user]", "LOVE", "!"]), min_size=0, max_size=11).map(" ".join)
    return kept(
        [
            {"record_id": f"t:{n}", "text": text, "created_at": draw(st.sampled_from([None, "2024-01-01", "2024-01-02"]))}
            for n, text in enumerate(draw(st.lists(said, max_size=24)))
        ]
    )


@settings(max_examples=60, deadline=None)
@given(crowds(), st.integers(0, 99))
def test_neither_the_order_of_rows_nor_how_they_are_parted_decides_anything(rows, seed):
    shuffled = rows.sample(fraction=1, shuffle=True, seed=seed)
    for step in (exact, near):
        assert stay(step, rows) == stay(step, shuffled) == stay(step, rows, n_parts=3)


@settings(max_examples=60, deadline=None)
@given(crowds())
def test_of_each_family_of_copies_exactly_one_stays_and_it_is_an_earliest(rows):
    same = {row["record_id"]: " ".join(words(row["text"])) or row["text"].replace("[user]", "").replace(" ", "") for row in rows.to_dicts()}
    at = dict(rows.select("record_id", pl.col("created_at").dt.timestamp().fill_null(2**62)).iter_rows())
    left = stay(exact, rows)
    assert sorted(same[name] for name in left) == sorted(set(same.values()))
    assert all(at[name] == min(at[other] for other in same if same[other] == same[name]) for name in left)


@settings(max_examples=120, deadline=None)
@given(crowds())
def test_a_near_copy_goes_only_if_an_earlier_row_is_that_similar_and_neither_is_under_five_words(rows):
    said = {row["record_id"]: words(row["text"]) for row in rows.to_dicts()}
    at = dict(rows.select("record_id", pl.col("created_at").dt.timestamp().fill_null(2**62)).iter_rows())
    for name in set(said) - set(stay(near, rows)):
        mine = set(said[name])
        similar = [
            other
            for other in said
            if other != name and at[other] <= at[name] and len(mine & set(said[other])) >= 0.6 * len(mine | set(said[other]))
        ]
        assert len(mine) >= 5
        assert any(len(set(said[other])) >= 5 for other in similar)


def edited(said: list[str], rng: random.Random, n_edits: int) -> list[str]:
    out = list(said)
    for _ in range(n_edits):
        where = rng.randrange(len(out))
        out[where : where + 1] = rng.choice([[f"new{rng.randrange(10**6)}"], [out[where], "lol"], [out[where].upper()], []])
    return out


def test_edited_copies_are_found_and_strangers_are_left():
    """2,000 posts of 7 to 40 words, drawn from 3,000 by a Zipf law, and a later copy of each with one or two words changed."""
    rng = random.Random(5)
    vocabulary, weights = [f"word{chr(97 + k % 26)}{k}" for k in range(3000)], [1 / (k + 3) for k in range(3000)]
    originals = [rng.choices(vocabulary, weights=weights, k=rng.choice([9, 12, 20, 40])) for _ in range(2000)]
    said = [*originals, *(edited(one, rng, rng.choice([1, 2])) for one in originals)]
    left = stay(near, posts(*(" ".join(one) for one in said)))
    assert sum(name < "t:02000" for name in left) >= 1990
    assert sum(name >= "t:02000" for name in left) <= 160


def test_short_posts_that_differ_in_what_they_tell_are_different_posts():
    pairs = [
        ("your kitchen is really far too small", "your garden is really far too small"),
        ("we lost 3-1 at home against the neighbours again", "we lost 2-0 at home against the neighbours again"),
        ("the big dog bit the old man yesterday", "the old man bit the big dog yesterday"),
        ("happy birthday my dear", "happy birthday my dear friend"),
    ]
    for pair in pairs:
        assert len(stay(near, posts(*pair))) == 2
    assert len(stay(near, posts("your kitchen is really far too small", "your kitchen is really far too small lol"))) == 1


def test_marks_are_nobodys_words():
    plain = [*(f"the lantern number {k} by the harbour is broken again" for k in "ab"), "the lantern", "the lantern"]
    marked = [f"[user_{n}] {text} [url]" for n, text in enumerate(plain)]
    for step in (exact, near):
        assert stay(step, posts(*plain)) == stay(step, posts(*marked))


def test_in_conversations_a_copy_stays_and_says_what_it_is():
    rows = posts(
        "thanks a lot", "thanks a lot", *["the lamp in the harbour is broken again"] * 2, "the lamp in the old harbour is broken again"
    )
    once = told(exact, rows, context=True, min_words=5)
    assert once["repeats"].to_list() == [None, None, None, "exact duplicate", None]
    assert told(near, once, context=True)["repeats"].to_list() == [None, None, None, "exact duplicate", "near duplicate"]
    assert "drop" not in once.columns


def test_texts_without_words_are_copies_only_where_they_are_the_same():
    rows = posts("👍", "👍", "👎", "!!!", "???", "[user]", "[user_2]", None, None, "c++", "c", "c#", "é", "é")
    assert stay(exact, rows) == [f"t:{n:05}" for n in (0, 2, 3, 4, 5, 7, 8, 9, 10, 12)]


def test_eight_times_the_rows_that_say_nearly_the_same_cost_no_square():
    spent = []
    for n in (10_000, 10_000, 80_000):
        number = pl.int_range(n)
        text = pl.concat_str([pl.lit("buy now the best cheap watch from our lovely little shop today dear x"), number.cast(pl.String)])
        rows = pl.select(text.alias("text"), number.alias("record_no"), number.cast(pl.String).alias("record_id"))
        rows = rows.with_columns(pl.from_epoch(pl.col("record_no")).cast(pl.Datetime("us", "UTC")).alias("created_at"))
        start = time.process_time()
        assert stay(near, rows) == ["0"]
        spent.append(time.process_time() - start)
    assert spent[2] < 8 * 3 * spent[1]


def test_however_much_is_looked_at_at_once_the_same_rows_stay(monkeypatch):
    rng = random.Random(1)
    rows = posts(*(" ".join(rng.choices([*WORDS, *SHORT], k=rng.choice([6, 9, 80]))) for _ in range(600)))
    at_once = stay(near, rows)
    for name in ("_AT_A_TIME", "_KEYS_AT_A_TIME", "_PAIRS_AT_A_TIME"):
        monkeypatch.setattr(alike, name, 7)
    assert stay(near, rows) == at_once
    assert len(at_once) < 600


def test_a_text_with_one_key_twice_is_no_copy_of_itself():
    rows = posts("the lamp in the harbour is broken again", "we lost at home against the neighbours")
    (reduce,) = near.stages(near.PARAMS)
    narrow = reduce.read(rows.lazy()).with_columns(pl.col("key").list.eval(pl.element().first()).list.gather([0, 0])).collect()
    assert narrow["key"].list.len().to_list() == [2, 2]
    for some in (narrow, narrow.explode("key")):
        assert reduce.decide(some.lazy()).collect().is_empty()


@pytest.mark.parametrize("at_a_time", [1, 1 << 19])
def test_keys_that_differ_in_one_bit_bring_nothing_together(at_a_time, monkeypatch):
    monkeypatch.setattr(alike, "_KEYS_AT_A_TIME", at_a_time)
    rows = posts(*["the lamp in the harbour is broken again"] * 66)
    (reduce,) = near.stages(near.PARAMS)
    keys = pl.Series("key", [[1 << 63], *([1 << 63 ^ 1 << bit] for bit in range(64)), [1 << 63]], pl.List(pl.UInt64))
    narrow = reduce.read(rows.lazy()).collect().with_columns(keys)
    assert reduce.decide(narrow.lazy()).collect().height == 1


def test_long_texts_are_compared_by_a_sample_of_their_words():
    rng = random.Random(2)
    long = [f"word{chr(97 + k % 26)}{k}" for k in rng.sample(range(10**6), 900)]
    other = [f"word{chr(97 + k % 26)}{k}" for k in rng.sample(range(10**6), 900)]
    rows = posts(" ".join(long), " ".join(edited(long, rng, 30)), " ".join(long[:250] + other[250:]), " ".join(other))
    assert stay(near, rows) == ["t:00000", "t:00002", "t:00003"]


def test_hostile_texts_cost_no_more_than_their_length():
    spent = []
    for n in (1, 1, 8):
        bait = [
            "a" * 125_000 * n,
            "a " * 62_500 * n,
            " ".join(map(str, range(18_750 * n))),
            "e" + "́" * 62_500 * n,
            "👍🏽‍" * 12_500 * n,
            "",
            None,
            "ا ب" * 12_500 * n,
            "漢" * 37_500 * n,
        ]
        start = time.process_time()
        for step in (exact, near):
            assert stay(step, posts(*bait)) == [f"t:{k:05}" for k in range(len(bait))]
        spent.append(time.process_time() - start)
    assert spent[2] < 8 * 3 * spent[1]


def test_nothing_in_nothing_out():
    for step in (exact, near):
        assert stay(step, posts("x").clear()) == []


def test_only_exact_takes_texts_without_a_letter_for_copies():
    assert stay(exact, posts(None, "", "  ")) == ["t:00000", "t:00001"]
    assert stay(near, posts(None, "", "  ")) == ["t:00000", "t:00001", "t:00002"]


def test_a_forgotten_original_lets_its_copy_appear():
    rows = posts(" ".join(WORDS[:8]), " ".join(WORDS[:8]), " ".join(WORDS[:9]))
    assert (stay(exact, rows), stay(near, rows)) == (["t:00000", "t:00002"], ["t:00000"])
    left = rows.filter(pl.col("record_id") != "t:00000")
    assert (stay(exact, left), stay(near, left)) == (["t:00001", "t:00002"], ["t:00001"])
