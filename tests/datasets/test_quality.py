"""What is worth learning from: junk goes by name, and short texts of all scripts, slang, emoji and code stay."""

from __future__ import annotations

import random
import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.datasets import _letters, quality
from posts import kept

GOOD = [
    *("yes, thanks", "so good", "ok see you", "me too!", "I went 3-0 today", "2 + 2 = 4, right?", "50% off at 9am", "v2.1.0 is out now"),
    *(
        "anjay wkwkwk",
        "gpp kok",
        "gue gak tau deh",
        "mantap gan 👍",
        "hahaha ngakak bgt",
        "sm yg mana nih",
        "yg bgt dgn sy",
        "wkwkwkwkwk lucu",
    ),
    *("lol 😂", "😂😂", "🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥", "thanks ❤️", "👩‍👩‍👧 family day", "🇮🇩 merdeka!"),
    *("好的", "今天太热了", "哈哈哈哈", "ありがとう", "それはｗｗｗ", "สวัสดีครับ", "네 맞아요", "ㅋㅋㅋㅋ 진짜", "да, конечно", "не знаю"),
    *("شكرا جزيلا", "نعم صحيح", "धन्यवाद भाई", "நன்றி நண்பா", "תודה רבה", "ναι, ευχαριστώ", "cảm ơn bạn"),
    *("Use this:\n\n[code]", "x = [int(v) for v in s.split(',')]", "for (i = 0; i < n; i++) { a[i] = b[i]; }", "git push -f origin main"),
    *("[user] well done", "[user] [user] [user] [user] lol same here", "see [url] for more", "my ip is [ip]", "call me at [phone]"),
    *(
        "no no no",
        "very very very good",
        "ha ha ha ha that was good",
        "a day at the sea #love #sunset",
        "noooooooo way",
        "zzzzzzzzzz so tired",
    ),
    *("#1 in the charts", "C# or F#?", "[verse 1] a song", "[Verse 1] la la land"),
]
JUNK = {
    "no own words": ["[user] [user]", "[user_12] [url]", "[email]", "[code]", "[withheld]", "[user], [user]!"],
    "only symbols": ["", " ", "!?!?!?", "#### $$$ >>> $$$", "…", "— — —", "\u200d", "❘❘❘"],
    "figures only": ["123 4567 89", "12:30", "[phone] 234 5678", "３ ４ ５", "٣٤٥ ٦٧"],
    "one character": ["a" * 20, "aaaaaaa aaaaaaaaa", "z z z z z z z z z z z", "哈" * 30, "ㅋ" * 30],
    "same words": ["buy " * 12, "free coins " * 10, "哈嘿" * 8, "Buy buy BUY buy Buy buy buy BUY"],
    "mostly hashtags": ["#love #happy #sunset #beach #summer", "wow #a1 #b1 #c1 #d1 #e1", "#дом #мир #сад #лес"],
    "mostly names and links": ["[user] [user] [user] [user] lol", "[url] [url] [url] [url] [url] see"],
    "few letters": ["$$$ >>> $$$ >>> $$$ >>> ok go >>> $$$ >>> $$$", "~ ~ ~ ~ ~ ~ ~ hi ~ ~ ~ ~ ~ ~ ~ a ~ ~ ~ ~"],
    "too short": ["yes", "house", "😂", "[user] done", "好", "ok!!!"],
}


def reasons(texts: list[str | None], reply_to: str | None = None, **params) -> list[str | None]:
    rows = kept([{"text": text, "reply_to": reply_to} for text in texts]).lazy()
    for stage in quality.stages({**quality.PARAMS, **params}):
        rows = stage.run(rows)
    return rows.collect()["drop"].to_list()


@pytest.mark.parametrize("text", GOOD)
def test_short_texts_that_say_something_stay(text):
    assert reasons([text]) == [None]


@pytest.mark.parametrize("reason", JUNK)
def test_junk_goes_by_name(reason):
    assert reasons(JUNK[reason]) == [reason] * len(JUNK[reason])


def test_every_reason_has_its_examples():
    assert set(JUNK) == set(quality.REASONS)


def test_a_short_answer_stays_in_a_dialogue_and_a_post_does_not():
    answers = [
        "yes",
        "5",
        "😂",
        ":)",
        ";-(",
        "<3",
        "wkwkwk",
        "[user] done",
        "哈哈哈哈哈哈哈哈哈哈",
        "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ",
        "no no no no no no no no",
    ]
    assert reasons(answers, "test:9", short_answers=True) == [None] * len(answers)
    assert None not in reasons(answers, "test:9")
    assert None not in reasons(answers, short_answers=True)


def test_an_answer_without_a_word_a_figure_an_emoji_or_a_face_goes():
    assert reasons(["!!!", "[user]", "[code]", ""], "test:9", short_answers=True) == [
        "only symbols",
        "no own words",
        "no own words",
        "only symbols",
    ]


def test_a_long_answer_is_judged_like_a_post():
    assert reasons(["buy " * 40], "test:9", short_answers=True) == ["same words"]


def test_long_texts_may_use_the_same_words_again():
    words = [f"word{n}" for n in range(80)]
    assert reasons([" ".join(random.Random(1).choices(words, k=2000)), " ".join(words[:40] * 50)]) == [None, "same words"]


def test_many_names_before_an_answer_are_not_the_same_words_again():
    said = "I agree with you on this one, and so do all of my friends"
    assert reasons(["[user] " * 40 + said, "[user_3] " * 60 + said]) == [None, None]
    assert reasons(["[user] " * 30 + "buy " * 9, "[user] " * 30 + "hello hi hola hmm haha hooray hohoho here"]) == ["same words", None]
    assert reasons(["[user] " * 3 + "a" * 20 + " aaa"]) == ["one character"]


def test_limits_are_the_parameters():
    assert reasons(["a b c"], min_words=4) == ["too short"]
    assert reasons(["a b c"], min_letters=4) == ["too short"]
    assert reasons(["yes"], min_words=1) == [None]
    assert reasons(["go go go go"], repeat_words=4, distinct_share=0.5) == ["same words"]
    assert reasons(["x #a #b"], tags=2, tag_share=0.5) == ["mostly hashtags"]
    assert reasons(["[user] [user] hi you"], marks=2, mark_share=0.5) == ["mostly names and links"]
    assert reasons(["[user] [user] hi you"], marks=2, mark_share=0.5, mark_words=2) == [None]
    assert reasons(["1234 5678 ab"], letter_share=0.5) == ["few letters"]


def test_the_verdict_does_not_hang_on_the_other_texts_or_on_blocks(monkeypatch):
    texts = [*GOOD, *(text for some in JUNK.values() for text in some), None]
    random.Random(3).shuffle(texts)
    whole = reasons(texts)
    assert whole == [reasons([text])[0] for text in texts]
    for read, block in ((7, 3), (200, 64), (1 << 20, 1)):
        monkeypatch.setattr(_letters, "_READ", read)
        monkeypatch.setattr(_letters, "_BLOCK", block)
        assert reasons(texts) == whole


PIECES = [
    "a",
    "a ",
    "ab cd ",
    "[user] ",
    "[user_1]",
    "[",
    "[a",
    "#a ",
    "#",
    "中",
    "哈 ",
    "z\u0335\u0336",
    "😂",
    "👩‍👩‍👧",
    "\u202e",
    "1 ",
    "\n",
    "\U00020000",
]


@pytest.mark.parametrize("piece", PIECES)
def test_eight_times_the_text_costs_some_eight_times_the_work(piece):
    def seconds(n: int) -> float:
        text = piece * (n // len(piece))
        began = time.process_time()
        reasons([text])
        return time.process_time() - began

    reasons(["a b"])
    short, long = min(seconds(60_000) for _ in range(3)), min(seconds(480_000) for _ in range(2))
    assert long < 24 * max(short, 0.01)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("ab1 中😂[]#_!"), max_size=60), max_size=8))
def test_any_texts_get_a_verdict_each_by_itself(texts):
    verdicts = reasons(texts)
    assert set(verdicts) <= {None, *quality.REASONS}
    assert verdicts == [reasons([text])[0] for text in texts]


def plain(text: str) -> tuple[int, int]:
    """Words of an ASCII text and different ones among them, letter by letter."""
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    return len(words), len(set(words))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["ab", "cd", "ef", "gh", "Ab", "x1"]), min_size=1, max_size=40))
def test_same_words_are_as_counted_one_by_one(words):
    n_words, n_distinct = plain(" ".join(words))
    expected = n_words >= 8 and (n_distinct < 0.25 * n_words or n_distinct == 1)
    assert (reasons([" ".join(words)]) == ["same words"]) == expected


def test_polars_gets_the_rows_it_gave():
    rows = kept([{"text": text} for text in GOOD])
    out = pl.concat([stage.run(rows.lazy()) for stage in quality.stages(dict(quality.PARAMS))]).collect()
    assert out.drop("drop").equals(rows)
