"""Reply links to dialogues: against a plain rule written as loops, on rings, and on threads of a million answers."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.schemas import RECORDS
from ownwords.datasets import threads
from posts import DAY, records

LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def linked(rows: pl.DataFrame, **given) -> list[tuple[str, int, str, bool]]:
    out = threads.stages({**threads.PARAMS, **given})[0].run(rows.lazy()).collect()
    return sorted(out.select("dialogue", "place", "record_id", "learn").iter_rows())


def expected(rows: list[dict], max_turns: int, max_context: int) -> list[tuple[str, int, str, bool]]:
    """The same by loops: rank, cut rings at their earliest record, follow first answers, cut, show what was above."""
    key = {row["record_id"]: (row["created_at"] or LATEST, row["record_id"]) for row in rows}
    parent = {row["record_id"]: row["reply_to"] for row in rows if row["reply_to"] in key and row["reply_to"] != row["record_id"]}
    for start in sorted(key):
        walked, here = [], start
        while here in parent and here not in walked:
            walked.append(here)
            here = parent[here]
        if here in walked:
            parent.pop(min(walked[walked.index(here) :], key=key.__getitem__))
    first = {}
    for name in sorted(parent, key=key.__getitem__):
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
            out += [(part[0], place, one, True) for place, one in enumerate(part)]
            above = part[0]
            for distance in range(1, max_context + 1):
                above = parent.get(above)
                if above is None:
                    break
                out.append((part[0], -distance, above, False))
    return sorted(out)


@st.composite
def networks(draw) -> list[dict]:
    n = draw(st.integers(0, 25))
    rows = []
    for k in range(n):
        to = draw(st.one_of(st.none(), st.integers(0, n + 1)))
        minute = draw(st.one_of(st.none(), st.integers(0, 5)))
        created_at = None if minute is None else DAY.replace(minute=minute)
        rows.append({"record_id": f"t:{k}", "reply_to": None if to is None else f"t:{to}", "text": f"text {k}", "created_at": created_at})
    return rows


@settings(max_examples=150, deadline=None)
@given(networks(), st.integers(1, 4), st.integers(0, 3))
def test_dialogues_are_those_of_the_plain_rule_whatever_the_links(rows, max_turns, max_context):
    found = linked(records(rows), max_turns=max_turns, max_context=max_context)
    assert found == expected(rows, max_turns, max_context)
    assert sorted(name for _, _, name, learn in found if learn) == sorted(row["record_id"] for row in rows)


def test_one_turn_and_no_context_is_every_record_by_itself():
    rows = records([{"text": "a"}, {"text": "b", "reply_to": "test:0"}])
    assert linked(rows, max_turns=1, max_context=0) == [("test:0", 0, "test:0", True), ("test:1", 0, "test:1", True)]


def test_what_is_shown_is_cut_and_what_is_learnt_is_not():
    rows = records([{"text": "long " * 100}, {"text": "b", "reply_to": "test:0"}, {"text": "c " * 100, "reply_to": "test:0"}])
    out = threads.stages({**threads.PARAMS, "context_chars": 9})[0].run(rows.lazy()).collect()
    assert out.filter(~pl.col("learn"))["text"].to_list() == ["long long"]
    assert out.filter("learn")["text"].str.len_chars().sort().to_list() == [1, 200, 500]


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


def test_a_million_answers_to_one_post_and_a_chain_of_a_million_end():
    n = 1_000_000
    parent = pl.concat_str([pl.lit("t:"), (pl.col("n") - 1).cast(pl.String)])
    shapes = {
        "star": pl.when(pl.col("n") > 0).then(pl.lit("t:0")),
        "chain": pl.when(pl.col("n") > 0).then(parent),
        "ring": pl.when(pl.col("n") > 0).then(parent).otherwise(pl.lit(f"t:{n - 1}")),
    }
    for reply_to in shapes.values():
        began = time.process_time()
        out = threads.stages(threads.PARAMS)[0].run(large(reply_to, n).lazy())
        assert out.select(pl.col("learn").sum()).collect().item() == n
        assert time.process_time() - began < 60
