"""Reply links to dialogues: against a plain rule written as loops, on rings, and on threads of a million answers."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.schemas import RECORDS
from ownwords.datasets import threads
from ownwords.datasets._ids import id_numbers
from posts import DAY, records
from steps import carried_out

LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def turned(rows: pl.DataFrame, **given) -> tuple[pl.DataFrame, dict[str, int]]:
    """The turns that stay, and how many go for which reason."""
    return carried_out(threads, rows, **given)


def linked(rows: pl.DataFrame, **given) -> list[tuple[str, int, str | None, bool]]:
    """(record id of the dialogue's first own turn, place, record id or None: withheld, learn) of each turn, sorted."""
    out, _ = turned(rows, **given)
    assert (out["text"].is_not_null() | rows["text"].is_null().any()).all()
    assert (out["text"] == "[withheld]").equals(out["record_id"].is_null())
    name = dict(rows.select("record_no", "record_id").iter_rows())
    turns = [(name[number], *rest) for number, *rest in out.select("dialogue", "place", "record_id", "learn").iter_rows()]
    return sorted(turns, key=lambda turn: turn[:2])


def number(name: str) -> int:
    return id_numbers(pl.Series([name])).item()


def expected(rows: list[dict], max_turns: int, max_context: int, mark_missing: bool) -> list[tuple[str, int, str | None, bool]]:
    """The same by loops: rank, cut rings at their earliest record, follow first answers, cut, show what was above."""
    key = {row["record_id"]: (row["created_at"] or LATEST, number(row["record_id"])) for row in rows}
    asked = {row["record_id"]: row["reply_to"] for row in rows if row["reply_to"] is not None}
    repeats = {row["record_id"] for row in rows if row.get("repeats")}
    parent = {name: to for name, to in asked.items() if to in key and to != name}
    for start in sorted(key):
        walked, here = [], start
        while here in parent and here not in walked:
            walked.append(here)
            here = parent[here]
        if here in walked:
            parent.pop(min(walked[walked.index(here) :], key=key.__getitem__))
    first = {}
    for name in sorted(parent, key=lambda name: (name in repeats, key[name])):
        first.setdefault(parent[name], name)
    out = []
    for name in key:
        if name in parent and first[parent[name]] == name:
            continue
        chain = [name]
        while chain[-1] in first:
            chain.append(first[chain[-1]])
        for k in range(0, len(chain), max_turns):
            part = chain[k : k + max_turns]
            while part and part[-1] in repeats:
                part.pop()
            if not part:
                continue
            out += [(part[0], place, one, one not in repeats) for place, one in enumerate(part)]
            above = part[0]
            for distance in range(1, max_context + 1):
                if above not in parent:
                    if mark_missing and asked.get(above, above) not in key:
                        out.append((part[0], -distance, None, False))
                    break
                above = parent[above]
                out.append((part[0], -distance, above, False))
    return sorted(out, key=lambda turn: turn[:2])


@st.composite
def networks(draw) -> list[dict]:
    n = draw(st.integers(0, 25))
    rows = []
    for k in range(n):
        to = draw(st.one_of(st.none(), st.integers(0, n + 1)))
        minute = draw(st.one_of(st.none(), st.integers(0, 5)))
        created_at = None if minute is None else DAY.replace(minute=minute)
        row = {"record_id": f"t:{k}", "reply_to": None if to is None else f"t:{to}", "text": f"text {k}", "created_at": created_at}
        rows.append(row | {"repeats": draw(st.sampled_from([None, None, None, "exact duplicate"]))})
    return rows


def table(rows: list[dict], with_repeats: bool = True) -> pl.DataFrame:
    frame = records([{name: value for name, value in row.items() if name != "repeats"} for row in rows])
    repeats = pl.Series("repeats", [row.get("repeats") for row in rows], dtype=pl.String)
    return frame.with_columns(repeats) if with_repeats else frame


@settings(max_examples=150, deadline=None)
@given(networks(), st.integers(1, 4), st.integers(0, 3), st.booleans())
def test_dialogues_are_those_of_the_plain_rule_whatever_the_links(rows, max_turns, max_context, mark_missing):
    given = {"max_turns": max_turns, "max_context": max_context, "mark_missing": mark_missing}
    assert linked(table(rows), **given) == expected(rows, **given)
    for row in rows:
        row["repeats"] = None
    found = linked(table(rows, with_repeats=False), **given)
    assert found == expected(rows, **given)
    assert sorted(name for _, _, name, learn in found if learn) == sorted(row["record_id"] for row in rows)


@settings(max_examples=50, deadline=None)
@given(networks(), st.randoms())
def test_what_is_kept_is_learnt_once_and_what_is_dropped_says_why(rows, random):
    out, dropped = turned(table(rows), max_turns=3)
    new = sorted(row["record_id"] for row in rows if not row["repeats"])
    assert sorted(out.filter("learn")["record_id"]) == new
    assert set(dropped) <= {"exact duplicate"}
    assert out.filter(pl.col("place") >= 0).height + sum(dropped.values()) == len(rows)
    random.shuffle(rows)
    assert linked(table(rows), max_turns=3) == linked(table(sorted(rows, key=lambda row: row["record_id"])), max_turns=3)


def test_an_id_that_stands_twice_is_answered_once_and_both_its_rows_are_learnt():
    rows = [{"record_id": "t:1", "text": "a"}, {"record_id": "t:1", "text": "b"}, {"record_id": "t:2", "text": "c", "reply_to": "t:1"}]
    for some in (rows, rows[::-1]):
        frame = records([row | {"record_no": k, "created_at": f"2024-01-0{k + 1}"} for k, row in enumerate(rows) if row in some])
        out = turned(frame.sample(fraction=1, shuffle=True, seed=1))[0].sort("dialogue", "place")
        assert out.select("text", "dialogue", "place").rows() == [("a", 0, 0), ("c", 0, 1), ("b", 1, 0)]


def test_one_turn_and_no_context_is_every_record_by_itself():
    rows = records([{"text": "a"}, {"text": "b", "reply_to": "test:0"}])
    assert linked(rows, max_turns=1, max_context=0) == [("test:0", 0, "test:0", True), ("test:1", 0, "test:1", True)]


def test_what_is_shown_is_cut_and_what_is_learnt_is_not():
    rows = records([{"text": "long " * 100}, {"text": "b", "reply_to": "test:0"}, {"text": "c " * 100, "reply_to": "test:0"}])
    out, _ = turned(rows, context_chars=9)
    assert out.filter(~pl.col("learn"))["text"].to_list() == ["long long"]
    assert out.filter("learn")["text"].str.len_chars().sort().to_list() == [1, 200, 500]


def test_nothing_of_a_row_that_is_not_there_is_used_but_that_it_was_answered():
    """Two answers to the same absent record do not find each other through it."""
    out, _ = turned(
        records([{"text": "a", "reply_to": "t:absent"}, {"text": "b", "reply_to": "t:absent"}, {"text": "c", "reply_to": "gone:1"}])
    )
    assert out["dialogue"].n_unique() == 3
    withheld = out.filter(pl.col("place") < 0)
    assert withheld["text"].to_list() == ["[withheld]"] * 3
    told = withheld.drop("text", "dialogue", "place", "learn")
    assert told.null_count().row(0) == (3,) * len(told.columns)


def large(reply_to: pl.Expr, n: int) -> pl.DataFrame:
    ids = pl.concat_str([pl.lit("t:"), pl.col("n").cast(pl.String)])
    base = pl.DataFrame({"n": range(n)}, schema={"n": pl.Int64})
    return base.select(
        ids.alias("record_id"),
        pl.col("n").alias("record_no"),
        pl.lit("t:a").alias("account_id"),
        pl.lit(DAY).dt.offset_by(pl.concat_str([pl.col("n").cast(pl.String), pl.lit("s")])).cast(RECORDS["created_at"]).alias("created_at"),
        reply_to.alias("reply_to"),
        pl.lit("words").alias("text"),
    )


def test_ten_times_the_answers_to_one_post_or_in_one_chain_cost_about_ten_times_as_much():
    before = pl.concat_str([pl.lit("t:"), (pl.col("n") - 1).cast(pl.String)])
    shapes = {
        "star": lambda n: pl.when(pl.col("n") > 0).then(pl.lit("t:0")),
        "chain": lambda n: pl.when(pl.col("n") > 0).then(before),
        "ring": lambda n: pl.when(pl.col("n") > 0).then(before).otherwise(pl.lit(f"t:{n - 1}")),
    }
    for reply_to in shapes.values():
        spent = []
        for n in (100_000, 100_000, 1_000_000):
            rows = large(reply_to(n), n)
            began = time.process_time()
            assert turned(rows)[0]["learn"].sum() == n
            spent.append(time.process_time() - began)
        assert spent[2] < 10 * 4 * spent[1]


def test_ids_of_any_length_and_script_link():
    names = ["", "é" * 500_000, "é" * 500_000 + "a", "a" * 1_000_000, "ア", "\0", "\n"]
    rows = [{"record_id": f"t:{name}", "text": "a"} for name in names] + [{"text": "b", "reply_to": f"t:{name}"} for name in names]
    assert [parent for _, place, parent, _ in linked(records(rows)) if place == 0] == sorted(f"t:{name}" for name in names)
    assert id_numbers(pl.Series(["x", None, "x"])).null_count() == 1
    assert id_numbers(pl.Series(["x"]), 1).item() != id_numbers(pl.Series(["x"])).item()
