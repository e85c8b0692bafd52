"""A place in line instead of a number: the same wherever the number stands, and the same after somebody was forgotten."""

from __future__ import annotations

import polars as pl

from ownwords.datasets.pii.pseudonyms import NUMBERED
from ownwords.engine.run import run
from posts import permitted, records

POSTS = [
    {"text": "call me 0812-3456-7890", "created_at": "2024-03-01"},
    {"text": "or (415) 555-0123, not 081234567890", "created_at": "2024-02-01"},
    {"text": "415-555-0123 and 192.0.2.8 and 415-555-0124", "created_at": "2024-04-01"},
    {"text": "I wrote [phone] and @sari_99 wrote to ana@mail.example", "created_at": "2024-01-01"},
    {"text": "nothing here", "created_at": "2024-01-02"},
    {"text": "192.0.2.8 again", "created_at": None},
    {"text": None, "created_at": "2024-01-02"},
]


def numbered(rows: list[dict], scratch) -> list[str]:
    made = run(permitted(records(rows)), [("pii", {"pseudonyms": True})], scratch)
    kept = made.rows.collect().sort("record_no")
    assert "said" not in kept.columns
    return kept["text"].to_list()


def test_a_number_bears_its_place_by_time_wherever_it_stands(tmp_path):
    assert numbered(POSTS, tmp_path / "s") == [
        "call me [phone_2]",
        "or [phone_1], not [phone_2]",
        "[phone_1] and [ip_1] and [phone_3]",
        "I wrote [phone] and [user] wrote to [email]",
        "nothing here",
        "[ip_1] again",
        None,
    ]


def test_names_and_addresses_bear_none():
    assert not {"user", "email", "secret", "url"} & set(NUMBERED)


def test_whoever_is_not_there_has_no_place(tmp_path):
    without = [row for row in POSTS if row["text"] != POSTS[1]["text"]]
    assert numbered(without, tmp_path / "s")[:2] == ["call me [phone_1]", "[phone_2] and [ip_1] and [phone_3]"]


def test_figures_of_another_script_are_the_same_number(tmp_path):
    rows = [{"text": "0812-3456-7890"}, {"text": "٠٨١٢٣٤٥٦٧٨٩٠"}, {"text": "٠٨١٢٣٤٥٦٧٨٩١"}]
    assert numbered(rows, tmp_path / "s") == ["[phone_1]", "[phone_1]", "[phone_2]"]


def test_order_of_rows_and_nothing_to_count_change_nothing(tmp_path):
    rows = records(POSTS)
    straight = run(permitted(rows), [("pii", {"pseudonyms": True})], tmp_path / "a").rows.collect().sort("record_no")
    turned = run(permitted(rows.reverse()), [("pii", {"pseudonyms": True})], tmp_path / "b").rows.collect().sort("record_no")
    assert straight.equals(turned)
    assert numbered([{"text": "plain"}], tmp_path / "c") == ["plain"]
    nothing = run(permitted(rows.clear()), [("pii", {"pseudonyms": True})], tmp_path / "d").rows.collect()
    assert nothing.schema == straight.schema == rows.schema
    assert nothing.height == 0
    assert pl.Series(straight["text"]).str.contains("\x01").any() is False
