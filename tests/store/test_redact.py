"""Others' rows lose every trace of the forgotten, and nothing else."""

from __future__ import annotations

import polars as pl

from ownwords.core.schemas import PARSED, conform
from ownwords.store.redact import Gone, mask, without

GONE = Gone(accounts=["x:777"], handles=["x:@rani_7", "x:@the"], records={"x:123456": "gone:a1"})


def row(**more):
    return conform(pl.DataFrame([{"record_id": "x:9", "account_id": "x:1", "network": "x", **more}]), PARSED)


def test_mentions_in_text_become_forgotten_in_any_case():
    text = mask(row(text="hi @Rani_7, see x.com/rani_7/status/123456 and rani_7."), GONE)["text"][0]
    assert text == "hi [forgotten], see x.com/[forgotten]/status/[forgotten] and [forgotten]."


def test_an_ordinary_word_that_is_a_handle_stays_a_word():
    assert mask(row(text="the cat asked @the cat and/the 123456 x"), GONE)["text"][0] == "the cat asked [forgotten] cat and/the 123456 x"


def test_longer_names_and_ids_with_the_same_beginning_are_let_be():
    text = "@rani_77 and 1234567 and x:7770"
    assert mask(row(text=text), GONE)["text"][0] == text


def test_references_and_lists_are_replaced():
    masked = mask(row(reply_to="x:123456", mentions=["x:777", "x:2", "x:@rani_7"], text="."), GONE)
    assert masked["reply_to"][0] == "gone:a1"
    assert masked["mentions"].to_list() == [["[forgotten]", "x:2", "[forgotten]"]]


def test_media_and_attributes_are_masked_too():
    masked = mask(row(media=[{"uri": "https://example.org/rani_7.png"}], attributes='{"by":"x:777"}', text="."), GONE)
    assert "rani_7" not in masked["media"][0][0]["uri"]
    assert "777" not in masked["attributes"][0]


def test_rows_that_never_spoke_of_them_come_out_as_they_were():
    rows = row(text="nothing to see", reply_to="x:5", mentions=["x:2"])
    assert mask(rows, GONE).equals(rows)


def test_without_drops_their_rows():
    rows = pl.concat([row(text="mine"), row(text="theirs").with_columns(account_id=pl.lit("x:777"))])
    assert without(rows, GONE)["text"].to_list() == ["mine"]


def test_nobody_forgotten_changes_nothing_and_empty_is_legal():
    rows = row(text="@rani_7")
    assert without(rows, Gone()).equals(rows)
    assert without(pl.DataFrame(schema=PARSED), GONE).height == 0


def test_handles_of_odd_shapes_go():
    odd = Gone(accounts=["x:778"], handles=["x:@a-b.", "x:@ñandú", "x:@q"])
    text = mask(row(text="@A-B. and @ÑANDÚ, @q! but not @qu or @ñandúes"), odd)["text"][0]
    assert text == "[forgotten] and [forgotten], [forgotten]! but not @qu or @ñandúes"
