"""What stands beside a dataset's rows: the card, the report, the draft of the EU's summary."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from made_datasets import finished, some

from dialogue_rows import dialogue, table, talk
from ownwords.core.product import Opened
from ownwords.products.dataset import Options, charts, forms, make
from posts import WORDS, permitted, records

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Checks that what is opened is closed, and keeps what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> | `x` \u202e ]]> &lt;b&gt; ${x} </dd></main>"


@pytest.fixture
def page(tmp_path) -> Page:
    posts = [{"text": f"plain words number {'i' * n}", "language": "en"} for n in range(1, 20)]
    posts += [{"text": HOSTILE.replace("[", "").replace("]", "").replace("{x}", "")} for _ in range(3)]
    rows = table([dialogue(("a", post["text"])) for post in posts])
    finished(rows, tmp_path / "out", Options(form="flat"), posts)
    return Page((tmp_path / "out" / "report.html").read_text())


def test_the_report_is_whole_and_loads_nothing(page):
    assert page.open == []
    assert not page.tags & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    assert not {name for name in page.attributes if name.startswith("on")} | (page.attributes & {"src", "href", "srcset", "xlink:href"})


def test_the_report_can_be_read_without_eyes(page):
    assert {"title", "h1", "main", "figcaption", "svg", "table", "details"} <= page.tags
    assert {"lang", "role", "scope", "dir"} <= page.attributes


def test_the_report_loads_nothing_by_its_style_either(tmp_path):
    text = (some(tmp_path / "out", "conversations") / "report.html").read_text()
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text)
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text


def test_the_report_shows_people_what_they_wrote_and_nothing_that_points_at_anybody(tmp_path):
    posts = [
        {"text": text}
        for text in ("good words here", "call 0812 3456", "ask @bob_99", "see https://x.example", "as [forgotten] said", "x.com/bob")
    ]
    finished(table([dialogue(("a", post["text"])) for post in posts]), tmp_path / "out", Options(form="flat"), posts)
    text = (tmp_path / "out" / "report.html").read_text()
    assert "good words here" in text
    assert not [post["text"] for post in posts[1:] if post["text"] in text]


def test_a_forgotten_name_leaves_the_report_a_name_would(tmp_path):
    """Nobody can tell from the report which names the store has taken out."""
    told = []
    for name in ("@bob", "[forgotten]"):
        posts = [{"text": "good words here"}, {"text": f"thanks {name} for that"}]
        rows = table([dialogue(("a", "good words here")), dialogue(("a", "thanks [user] for that"))])
        done = finished(rows, tmp_path / name, Options(form="flat"), posts)
        told.append((done.content_hash, (tmp_path / name / "report.html").read_text()))
    assert told[0] == told[1]


def test_whoever_is_shown_is_among_the_origins(tmp_path):
    posts = [{"text": "good words here"}, {"text": "other good words"}]
    rows = table([dialogue(("a", post["text"])) for post in posts])
    assert set(finished(rows, tmp_path / "out", Options(form="flat"), posts).origins) == {0, 1}


def test_names_of_sources_break_neither_card_nor_summary(tmp_path):
    rows = talk(10).with_columns(pl.lit("a|b\n# `x` <script>").alias("terms"), pl.lit("x\ny").alias("language"))
    finished(rows, tmp_path / "out", Options(form="flat"))
    for name in ("README.md", "training_content.md"):
        text = (tmp_path / "out" / name).read_text()
        assert "<script>" not in text
        assert "a b x script" in text


@pytest.mark.parametrize("form", forms.FORMS)
def test_documents_hold_no_account_no_time_and_no_record(tmp_path, form):
    folder = some(tmp_path / "out", form)
    for path in folder.iterdir():
        if path.suffix in {".md", ".html", ".json"} and path.name != "croissant.json":
            text = path.read_text()
            assert not re.search(r"test:[a-j0-9]|\d\d:\d\d", text), path.name


def test_the_summary_answers_every_section_or_asks_the_provider(tmp_path):
    told = json.loads((some(tmp_path / "out", "flat") / "training_content.json").read_text())
    titles = [title.split()[0] for parts in told.values() for title in parts]
    assert titles == ["1.0", "1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2", "3.3"]
    assert all(answer.strip() for parts in told.values() for answers in parts.values() for answer in answers.values())
    assert "must say" in told["1. General information"]["1.1 Provider"]["Name and contact"]
    assert "own-export: 60 rows" in str(told["2. List of data sources"])
    page = (tmp_path / "out" / "training_content.md").read_text()
    assert all(f"### {title}" in page for parts in told.values() for title in parts)


@pytest.mark.parametrize(("terms", "licence"), [("CC-BY-SA-4.0", "cc-by-sa-4.0"), ("own-export", "other")])
def test_the_card_names_an_open_licence_where_all_rows_have_it(tmp_path, terms, licence):
    finished(talk(10).with_columns(pl.lit(terms).alias("terms")), tmp_path / "out", Options(form="flat"))
    assert f"license: {licence}\n" in (tmp_path / "out" / "README.md").read_text()
    summary = (tmp_path / "out" / "training_content.md").read_text()
    assert (f"open licences: {terms}" in summary) == (licence != "other")


def test_no_text_stands_among_the_dropped_twice(tmp_path):
    posts = [{"text": text} for text in ["the same words again"] * 9 + ["other words here", "other words here"]]
    built = make.build({"rows": Opened(permitted(records(posts)))}, tmp_path, Options(form="flat"), None)
    words = (tmp_path / "report.html").read_text()
    assert words.count("the same words again") == words.count("other words here") == 2  # once kept, once dropped
    assert built.metrics["dropped"] == {"exact duplicate": 9}


def test_of_a_post_that_cannot_be_seen_the_report_says_so(tmp_path):
    posts = [{"text": text} for text in ("good words here", "\u2800\u2800", "\u200b\u00ad", "\u3164\n\u3164")]
    make.build({"rows": Opened(permitted(records(posts)))}, tmp_path, Options(form="flat"), None)
    words = (tmp_path / "report.html").read_text()
    dropped = words.partition("Posts that were dropped")[2]
    shown = re.findall(r'<dd dir="auto">(.*?)</dd>', dropped, re.DOTALL)
    assert shown
    assert set(shown) == {"<i>nothing that can be seen</i>"}


def test_the_funnels_bars_are_of_posts_alone(tmp_path):
    make.build({"rows": Opened(permitted(records([{"text": "good words"}])))}, tmp_path, Options(), None)
    funnel = (tmp_path / "report.html").read_text().partition("The funnel")[2].partition("</table>")[0]
    rows = re.findall(r"<code>(\w+)</code>(.*?)</tr>", funnel)
    assert {name: "meter" in row for name, row in rows} == {name: name not in ("threads", "split") for name, _ in rows}


def test_what_is_the_same_in_all_rows_takes_no_chart(tmp_path):
    text = (some(tmp_path / "out", "flat") / "report.html").read_text()
    charted = re.findall(r"<figcaption>(.*?)</figcaption>", text)
    assert "Rows by language" in charted
    assert "Rows by network" not in charted
    assert "<li>Rows by network: test, all 60</li>" in text


def test_labels_of_charts_are_whole_and_within_the_picture():
    long = "more than its author may say in one line"
    assert long in charts.rows("t", [(long, 3), ("b", 1)])
    months = [(f"20{year}-{month:02}", 123_456) for year in range(19, 24) for month in range(1, 13)]
    drawn = charts.columns("t", months)
    for x, label in re.findall(r'<text x="([\d.]+)" y="[\d.]+" text-anchor="middle"(?: class="more")?>(.*?)</text>', drawn):
        assert float(x) - 4.25 * len(label) >= 0
        assert float(x) + 4.25 * len(label) <= 460
    assert re.findall(r'text-anchor="end">(.*?)</text>', drawn) == ["0", "61.7k", "123k"]


def test_charts_take_nothing_and_single_values():
    for chart in (charts.columns("t", []), charts.rows("t", []), charts.lorenz("t", [])):
        assert "Nothing to show" in chart
    Page(charts.columns("t", [("a & b", 0)]) + charts.rows("t", [("<", 1)]) + charts.lorenz("t", [0.0, 1.0]))


def test_a_dataset_of_nothing_has_all_documents(tmp_path):
    folder = some(tmp_path / "out", "conversations", n=0)
    Page((folder / "report.html").read_text())
    assert {path.name for path in folder.iterdir()} >= {"README.md", "croissant.json", "report.html", "training_content.md"}


def test_documents_count_in_the_content(tmp_path):
    posts = [{"text": f"good words {'i' * n}"} for n in range(20)]
    rows = table([dialogue(("a", post["text"])) for post in posts])
    one = finished(rows, tmp_path / "one", Options(form="flat"))
    other = finished(rows, tmp_path / "other", Options(form="flat"), posts)
    assert one.content_hash != other.content_hash
    assert (tmp_path / "one" / "train.jsonl").read_bytes() == (tmp_path / "other" / "train.jsonl").read_bytes()
    assert Path(tmp_path / "one" / "README.md").exists()


HELD_OUT = [
    ({"held_out": 0.4}, "40% of the people"),
    ({"split": "time", "held_out": 0.4}, "the 40% of the posts that were written last"),
    ({"split": "time", "split_at": "2024-01-01"}, "what was written on 2024-01-01 or later"),
]


@pytest.mark.parametrize(("options", "says"), HELD_OUT)
def test_every_document_says_the_same_of_who_is_held_out(tmp_path, options, says):
    posts = records([{"text": f"{word} by the harbour", "account_id": f"test:{word}"} for word in WORDS])
    make.build({"rows": Opened(permitted(posts))}, tmp_path, Options(**options), None)
    told = json.loads((tmp_path / "croissant.json").read_text())
    described = [field["description"] for records in told["recordSet"][1:] for field in records["field"] if field["name"] == "split"]
    assert says in told["rai:machineAnnotationTools"][0]
    assert f"Held out: {says}" in (tmp_path / "README.md").read_text()
    for text in (*described, told["rai:machineAnnotationTools"][0]):
        assert ("person" in text or "people" in text) == ("split" not in options)


@pytest.mark.parametrize(
    ("form", "has", "has_not"),
    [("preference", "<br>pairs of answers", "threads"), ("conversations", "<br>dialogues", "pairs"), ("flat", "split", "dialogues")],
)
def test_the_report_speaks_of_steps_that_ran(tmp_path, form, has, has_not):
    make.build({"rows": Opened(permitted(records([{"text": "good words"}])))}, tmp_path, Options(form=form), None)
    words = (tmp_path / "report.html").read_text().partition("The funnel")[2].partition("</table>")[0]
    assert has in words
    assert has_not not in words


@pytest.mark.parametrize(("form", "is_told"), [("conversations", True), ("prompt_completion", False), ("flat", False)])
def test_the_card_counts_rows_without_a_word_of_the_user(tmp_path, form, is_told):
    rows = table([dialogue(("a", "one")), dialogue(("a", "two")), dialogue(("a", "three"), ("b", "four"))])
    finished(rows, tmp_path / "out", Options(form=form))
    assert ("2 of these rows are one post alone" in (tmp_path / "out" / "README.md").read_text()) == is_told
    if is_told:
        column = "prompt" if form == "prompt_completion" else "messages"
        users = pl.read_parquet(tmp_path / "out" / "train.parquet")[column].list.first().struct.field("content")
        assert users.eq("").sum() == 2
