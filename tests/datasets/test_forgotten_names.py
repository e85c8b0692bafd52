"""Law 2 in text: where the store wrote `[forgotten]`, a dataset has what it would have had with the name."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.datasets import clean, pii
from ownwords.engine.run import run
from ownwords.store.redact import Gone, mask_text
from posts import permitted, records

# a word that touches a name from the left is left out: networks see no mention there
AROUND = [
    "",
    " ",
    "hello ",
    "(",
    "\n",
    '"',
    ". ",
    ", ",
    "; thanks ",
    "!",
    "'s ",
    ": ",
    " and @dewi ",
    " @budi_7 ",
    "?",
    "👍",
    ".Great ",
    "-ku ",
    "さん",
    "ครับ ",
    "/",
    " 0812-3456-7890 ",
    ".",
    ":",
    "7:",
    "x\u200b",
    "\u200b",
    "x<b>",
    "[",
]
# what touches a name from the right; unseen characters are gone when it is looked for, and were there when the store masked it
AFTER = [
    "",
    "",
    "\u200b",
    "\u200bx",
    "\u200b7",
    ":",
    ":x",
    ":123",
    ":08123456789",
    ":x:20",
    "7",
    "7@",
    "\u200b_",
    "](http://a.example)",
    "<b>x</b>",
]
SAID = [
    "@{h}",
    "u/{h}",
    "/u/{h}",
    "@{h}@social.example",
    "https://x.example/{h}",
    "https://x.example/{h}/status/12",
    "x.com/{h}",
    "{h}@mail.example",
    "<a href='https://x.example/{h}'>@{h}</a>",
    ".@{h}",
    "RT @{h}: hello",
    "{h} (at) mail.example",
    "@{h} @{h}",
    "{h}",
    "www.example.com/{h}?x=1",
    "{h}.work@mail.example",
    "@{h}.",
    "bob@{h}.hello",
    "bob@{h}",
    "@@{h}",
    "/u/{h}",
    "/@{h}",
    "さん@{h}.hello",
    "test:12345678",
    "see test:12345678!",
    "x:1795000000000000001",
    "(x:1795000000000000001)",
    "test:12345678 and test:87654321",
    "[see {h} here](https://a.example/x)",
    "![@{h}](https://a.example)",
    "[u/{h} and x:@{h}](https://a.example)",
    "wa {h}:08123456789",
    "@\u200b{h}",
    "u/\u200b{h}",
    "x\u200b@{h}",
    "x\u200b{h}",
    "&#64;{h}",
    "{h}.work@10.0.0.1",
    "{h}[x](https://a.example)",
]
HANDLES = ["sari_99", "lantern_1", "x_9ab", "rina88", "Pak_Budi_2"]


def cleaned(texts: list[str]) -> list[tuple[str | None, str | None]]:
    rows = records([{"text": text} for text in texts]).lazy()
    rows = clean.stages(clean.PARAMS)[0].run(rows)
    rows = pii.stages(pii.PARAMS)[0].run(rows)
    return list(rows.sort("record_no").select("text", "drop").collect().iter_rows())


def all_masked(texts: list[str], handle: str) -> list[str]:
    gone = Gone(accounts=["test:12345678"], handles=[f"test:@{handle}"], records={"x:1795000000000000001": "gone:1b9d"})
    return pl.DataFrame({"text": texts}).select(mask_text(pl.col("text"), gone))["text"].to_list()


def masked(text: str, handle: str) -> str:
    return all_masked([text], handle)[0]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(HANDLES),
    st.lists(st.tuples(*map(st.sampled_from, (AROUND, SAID, AFTER))), min_size=1, max_size=3),
    st.sampled_from(AROUND),
)
def test_a_forgotten_name_comes_out_as_the_name_would(handle, parts, end):
    text = " ".join(map("".join, parts)).replace("{h}", handle) + end
    with_name, without = cleaned([text, masked(text, handle)])
    assert with_name == without


@pytest.mark.parametrize("handle", ["sari_99", "rina88"])
def test_so_it_does_wherever_it_stands(handle):
    texts = [(before + said + after).replace("{h}", handle) for before in AROUND for said in SAID for after in AFTER]
    out = cleaned([*texts, *all_masked(texts, handle)])
    assert [text for text, with_name, without in zip(texts, out, out[len(texts) :], strict=False) if with_name != without] == []


@pytest.mark.parametrize("handle", ["sari", "anna", "Budi"])
@pytest.mark.parametrize(
    "said", ["@{h}", "u/{h}", "@{h}@social.example", "https://x.example/{h}/status/12", "x.com/{h}", ".@{h}!", "RT @{h}: yes"]
)
def test_so_does_a_name_that_could_be_a_word_where_it_is_spoken_to(handle, said):
    text = f"well {said} thank you".replace("{h}", handle) if not said.startswith("RT") else said.replace("{h}", handle)
    with_name, without = cleaned([text, masked(text, handle)])
    assert with_name == without
    assert handle.lower() not in (with_name[0] or "").lower()


def test_a_text_is_too_long_with_a_name_where_it_is_so_with_the_mark():
    near = clean.PARAMS["max_chars"]
    texts = [
        *("a " * (near // 2 - 4) + "@sari_99", "a " * (near // 2 - 3) + "@sari_99", "a " * (near // 2) + "@sari_99"),
        *("@sari_99 " * (near // 9), "@sari_99 " * (near // 5), "@sari_99 @a " * near, "x" * (near + 1), "x" * near),
        "<b>@sari_99</b> https://x.example/sari_99/ u/sari_99 " * (near // 20),
    ]
    out = cleaned([*texts, *all_masked(texts, "sari_99")])
    assert out[: len(texts)] == out[len(texts) :]
    assert [drop for _, drop in out[: len(texts)]] == [None, None, None, None, None, "too long", "too long", None, None]


def whole_way(rows: pl.DataFrame, scratch: Path) -> pl.DataFrame:
    made = run(permitted(rows), [(step, {}) for step in ("clean", "pii", "exact", "near", "threads", "split")], scratch)
    return made.rows.drop("origins").sort("row_id").collect()


def test_a_dataset_after_forgetting_is_one_where_the_person_never_was(tmp_path):
    """The person's rows are gone, their names are marks and their record ids are `gone:`; against a network without them."""
    left = [
        {"record_id": "t:1", "text": "who wants to go to the night market on friday", "account_id": "t:a"},
        {"record_id": "t:3", "text": "@sari_99 me too, see you there", "account_id": "t:b", "reply_to": "t:2"},
        {"record_id": "t:4", "text": "the lamp in the harbour is broken again says sari_99", "account_id": "t:b", "reply_to": "t:3"},
        {"record_id": "t:5", "text": "the lamp in the harbour is broken again says @sari_99", "account_id": "t:c", "quotes": "t:2"},
        {"record_id": "t:6", "text": "@sari_99", "account_id": "t:c", "reply_to": "t:1"},
    ]
    after = [{**row, "text": masked(row["text"], "sari_99")} for row in left]
    after = [{**row, **{key: "gone:1b9d" for key in ("reply_to", "quotes") if row.get(key) == "t:2"}} for row in after]
    assert after != left
    never_held = whole_way(records(left), tmp_path / "left")
    assert whole_way(records(after), tmp_path / "after").equals(never_held)
    assert never_held.height > 1
