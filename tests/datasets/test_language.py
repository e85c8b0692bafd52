"""Languages: short informal posts in each, what a source declared, what is kept; a text's answer is its own alone."""

from __future__ import annotations

import csv
import hashlib
import random
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.errors import Usage
from ownwords.datasets import _letters, language
from posts import records

DATA = Path(__file__).parents[2] / "../shared/data"

#: Written for this test, as people write to each other; not looked at while the lists were made.
POSTS = {
    "en": [
        "omg i can't believe we won!!",
        "so tired of this weather tbh",
        "who else is still up at 3am lol",
        "thank you so much for the help",
    ],
    "id": [
        "gak nyangka sih dia bakal dateng",
        "udah makan belum? aku laper banget",
        "besok kita ke pantai yuk",
        "harga bensin naik lagi, pusing deh",
    ],
    "ms": [
        "korang dah makan ke belum?",
        "tak sangka harga minyak naik lagi, letih betul",
        "awak nak pergi mana esok",
        "sedapnya nasi lemak kat kedai tu",
    ],
    "jv": ["aku wis mangan mau esuk karo kancaku", "piye kabare rek, apik tenan fotone", "sesuk aku ora iso teko, sepurane yo"],
    "su": ["abdi nuju di imah, teu tiasa ka ditu", "kumaha damang? hayu urang ameng deui", "geuning si eta mah teu acan uih"],
    "nl": ["ik heb er echt geen zin meer in", "wat een mooie dag vandaag hè", "hoe laat ga je morgen naar huis?"],
    "de": ["ich hab heute echt keine Lust mehr", "was für ein schöner Tag", "weiß jemand wann der Zug kommt?"],
    "fr": ["j'en peux plus de cette pluie", "quelqu'un sait à quelle heure ça commence ?", "c'est trop bien ce film mdr"],
    "es": ["no puedo más con este calor", "alguien sabe a qué hora empieza?", "qué bonito día para salir con los amigos"],
    "pt": ["não aguento mais esse calor", "alguém sabe que horas começa?", "kkkk você viu o que ele fez ontem"],
    "it": ["non ce la faccio più con questo caldo", "qualcuno sa a che ora inizia?", "che bella giornata per uscire con gli amici"],
    "tr": ["bu sıcağa daha fazla dayanamıyorum", "saat kaçta başlıyor bilen var mı", "bugün hava çok güzel arkadaşlar"],
    "vi": ["hôm nay trời đẹp quá mọi người ơi", "có ai biết mấy giờ bắt đầu không", "mệt quá không muốn đi làm nữa"],
    "tl": ["grabe ang init ngayon, ayoko na", "alam niyo ba kung anong oras magsisimula?", "kumain ka na ba, gutom na ako"],
    "sw": ["leo kuna joto sana jamani", "nani anajua inaanza saa ngapi?", "asante sana rafiki yangu kwa msaada"],
    "pl": ["nie mogę już wytrzymać tego upału", "ktoś wie o której się zaczyna?", "ale dzisiaj piękny dzień"],
    "cs": ["už to horko nemůžu vydržet", "neví někdo, v kolik to začíná?", "dneska je ale krásný den"],
    "ro": ["nu mai suport căldura asta", "știe cineva la ce oră începe?", "ce zi frumoasă este astăzi"],
    "sv": ["jag orkar inte med den här värmen längre", "är det någon som vet när det börjar?", "vilken fin dag det är idag"],
    "da": ["jeg kan ikke holde varmen ud mere", "er der nogen der ved hvornår det starter?", "sikke en dejlig dag i dag"],
    "no": ["jeg orker ikke denne varmen mer", "er det noen som vet når det begynner?", "for en nydelig dag det er, hva skal dere gjøre"],
    "fi": ["en jaksa enää tätä kuumuutta", "tietääkö joku mihin aikaan se alkaa?", "onpa tänään kaunis päivä"],
    "hu": ["nem bírom már ezt a meleget", "tudja valaki hogy mikor kezdődik?", "milyen szép nap van ma"],
    "ru": ["не могу больше терпеть эту жару", "кто знает, во сколько начало?", "какой сегодня красивый день"],
    "uk": ["не можу більше терпіти цю спеку", "хто знає, о котрій початок?", "який сьогодні гарний день"],
    "bg": ["не мога да търпя повече тази жега", "някой знае ли в колко започва?", "колко хубав ден е днес"],
    "ar": ["الجو اليوم حار جدا والله", "مين يعرف متى يبدأ الفيلم؟", "شكرا لكم على المساعدة"],
    "fa": ["امروز هوا خیلی گرمه", "کسی می‌دونه ساعت چند شروع میشه؟", "مرسی از کمک شما دوست عزیز"],
    "ur": ["آج بہت گرمی ہے یار", "کسی کو پتا ہے کہ یہ کب شروع ہوگا؟", "مدد کے لیے آپ کا شکریہ"],
    "hi": ["आज बहुत गर्मी है यार", "किसी को पता है कब शुरू होगा?", "मदद के लिए धन्यवाद"],
    "ta": ["இன்று மிகவும் வெயிலாக இருக்கிறது", "எத்தனை மணிக்கு தொடங்கும்?"],
    "th": ["วันนี้ร้อนมากเลย", "มีใครรู้ไหมว่าเริ่มกี่โมง"],
    "ko": ["오늘 너무 덥다 ㅠㅠ", "몇 시에 시작하는지 아는 사람?"],
    "ja": ["今日は暑すぎて無理", "何時に始まるか知ってる人いる?", "ｗｗｗそれはないわ"],
    "zh": ["今天太热了受不了", "有人知道几点开始吗", "哈哈哈笑死我了"],
    "he": ["היום ממש חם בחוץ", "מישהו יודע מתי זה מתחיל?"],
    "el": ["σήμερα κάνει πολλή ζέστη", "ξέρει κανείς τι ώρα αρχίζει;"],
}
NOTHING = ["", " ", "😂😂", "[user] [url]", "[email] [code] [quote]", "[phone_7] [name]", "12:30 4-2", "!!!", "xkqz vrrt", "x"]


def told(texts: list[str | None]) -> list[str | None]:
    return language.detected(pl.Series("text", texts, dtype=pl.String)).to_list()


def through(rows: list[dict], **params) -> pl.DataFrame:
    frame = records(rows).lazy()
    for stage in language.stages({**language.PARAMS, **params}):
        frame = stage.run(frame)
    return frame.collect()


@pytest.mark.parametrize("code", POSTS)
def test_most_short_posts_of_each_language(code):
    assert told(POSTS[code]).count(code) >= 2 / 3 * len(POSTS[code])


def test_nineteen_of_twenty_short_posts_of_all_languages():
    right = [code == guess for code, posts in POSTS.items() for guess in told(posts)]
    assert sum(right) / len(right) >= 0.95


def test_what_nobody_can_tell_is_unknown():
    assert told([*NOTHING, None]) == [None] * (len(NOTHING) + 1)


def test_marks_are_nobodys_words():
    assert told(["[user] [url] gak nyangka dia dateng [email]", "[quote] ich weiß es nicht [code]", "[withheld]"]) == ["id", "de", None]


def test_malay_without_a_word_of_its_own_is_called_indonesian():
    assert told(["saya suka makan nasi goreng di sana"]) == ["id"]


def test_a_foreign_word_or_name_changes_nothing():
    assert told(["watching the anime 進撃 tonight with my friends", "今日はbest dayだった", "ngl the Москва trip was great"]) == [
        "en",
        "ja",
        "en",
    ]


def test_width_case_and_typographic_apostrophes_do_not_matter():
    assert told(["ＴＨＡＮＫ ＹＯＵ ＳＯ ＭＵＣＨ", "I DON’T KNOW WHAT YOU’RE SAYING", "WAS FÜR EIN TAG IST DAS DENN"]) == [
        "en",
        "en",
        "de",
    ]


def test_what_the_source_declares_stands_and_the_rest_is_told():
    rows = [
        {"text": "gak tau deh", "language": "en"},
        {"text": "gak tau deh", "language": None},
        {"text": "gak tau deh", "language": "und"},
    ]
    assert through(rows)["language"].to_list() == ["en", "id", "id"]
    assert through(rows, trust="detected")["language"].to_list() == ["id", "id", "id"]


def test_what_cannot_be_told_stays_as_declared():
    assert through([{"text": "😂", "language": "pt-BR"}, {"text": "😂"}], trust="detected")["language"].to_list() == ["pt-BR", None]


def test_old_codes_become_the_ones_in_use_and_regions_stay():
    codes = ["in", "iw", "nb-NO", "EN-us", "zh-Hant-TW", "fil"]
    assert through([{"text": "x", "language": code} for code in codes])["language"].to_list() == [
        "id",
        "he",
        "no-NO",
        "en-us",
        "zh-Hant-TW",
        "tl",
    ]


def test_other_languages_are_dropped_by_name():
    rows = [
        {"text": "gak tau deh"},
        {"text": "i don't know"},
        {"text": "ich weiß es nicht"},
        {"text": "😂"},
        {"text": "x", "language": "en-GB"},
    ]
    assert through(rows, keep="en, id")["drop"].to_list() == [None, None, "other language", None, None]
    dropped = through(rows, keep="en,in", keep_unknown=False)["drop"].to_list()
    assert dropped == [None, None, "other language", "language unknown", None]
    assert "drop" not in through(rows).columns


def test_another_trust_is_refused():
    with pytest.raises(Usage, match="declared"):
        language.stages({**language.PARAMS, "trust": "both"})


def test_the_answer_does_not_hang_on_the_other_texts_or_on_blocks(monkeypatch):
    texts = [post for posts in POSTS.values() for post in posts] + NOTHING
    random.Random(5).shuffle(texts)
    whole = told(texts)
    assert whole == [told([text])[0] for text in texts]
    for read, block in ((7, 3), (200, 64), (1 << 20, 1)):
        monkeypatch.setattr(_letters, "_READ", read)
        monkeypatch.setattr(_letters, "_BLOCK", block)
        assert told(texts) == whole


PIECES = [
    "a",
    "the ",
    "ș",
    "中",
    "z\u0335\u0336",
    "\u202e",
    "👩‍👩‍👧",
    "x\ufe0f",
    "\U00020000",
    "ｔｈｅ ",
    "[user]",
    "\n",
    "дай ",
    "the the",
]


@pytest.mark.parametrize("piece", PIECES)
def test_eight_times_the_text_costs_some_eight_times_the_work(piece):
    def seconds(n: int) -> float:
        text = piece * (n // len(piece))
        began = time.process_time()
        told([text])
        return time.process_time() - began

    told(["the"])
    short, long = min(seconds(60_000) for _ in range(3)), min(seconds(480_000) for _ in range(2))
    assert long < 24 * max(short, 0.01)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("the яй中あ[]# "), max_size=60), max_size=8))
def test_any_texts_get_a_language_or_none_each_by_itself(texts):
    languages = set(language.lists().languages)
    assert all(code is None or code in languages for code in told(texts))
    assert told(texts) == [told([text])[0] for text in texts]


def _posts() -> list[tuple[str, str]]:
    """Language and text of TweetEval, SmSA and EmoT, each text once: the half that the lists were not made on."""
    found = [("en", line) for path in sorted(DATA.glob("tweeteval/*/*_text.txt")) for line in path.read_text().splitlines()]
    for part in ("train", "valid"):
        lines = (DATA / f"indonesian/smsa/{part}.tsv").read_text().splitlines()
        found += [("id", line.rsplit("\t", 1)[0]) for line in lines]
        with (DATA / f"indonesian/emot/{part}.csv").open(newline="") as rows:
            found += [("id", row["tweet"]) for row in csv.DictReader(rows)]
    return [pair for pair in dict.fromkeys(found) if hashlib.sha256(pair[1].encode()).digest()[0] & 1]


@pytest.mark.skipif(not (DATA / "tweeteval").exists(), reason="the posts of TweetEval, SmSA and EmoT are not here")
def test_nineteen_of_twenty_english_and_indonesian_posts_are_told():
    posts = _posts()
    right = [code == guess for (code, _), guess in zip(posts, told([text for _, text in posts]), strict=True)]
    assert len(posts) > 20_000
    assert sum(right) / len(right) >= 0.95
