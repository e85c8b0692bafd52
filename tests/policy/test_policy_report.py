"""The page of a diff: self-contained, nothing loads or runs, and whatever a policy or an id holds is text."""

import xml.etree.ElementTree as ET
from html.parser import HTMLParser

from ownwords.policy.report import page, shortened

EVIL = "<script>alert(1)</script>\"'&"


def said(word):
    reason = {"gained": True, "before": "11", "after": "10", "n_records": 1234, "n_people": 56, "samples": [word]}
    change = {
        "kind": "reworded",
        "before": 1,
        "after": 2,
        "clause": "ab" * 32,
        "pieces": [["removed", word], ["added", word], ["same", word]],
    }
    return {
        "old": word,
        "new": word,
        "asked_as_of": "2026-01-01T00:00:00Z",
        "notices": [word],
        "changes": {
            "train_ai": {"gained": {"records": 1234, "people": 56}, "lost": {"records": 7, "people": 3}, "reasons": [reason]},
        },
        "explained": {"10": word, "11": word},
        "notify": {"accounts": 56, "dates": [{"what": word, "at": "2026-02-01T00:00:00Z", "is_past": False}]},
        "rules": [
            {"rule": word, "kind": "changed", "effect": "allow", "purposes": ["train_ai"], "clause": "ab", "reviewed": False}
            | {"fields": {"assessment": {"before": word, "after": word}}}
        ],
        "clauses": {"compared": True, "added": 0, "removed": 0, "reworded": 1, "unchanged": 3, "moved": 1}
        | {"changes": [change | {"vague": [{"phrase": word, "why": word}]}]},
        "drafts": [{"effect": "allow", "purposes": [word], "categories": [word], "legal_basis": word, "clause": word}],
    }


class Seen(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.words.append(data)


def test_words_of_a_policy_are_text_and_never_markup():
    seen = Seen(page(said(EVIL)))
    assert "script" not in seen.tags
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    assert "".join(seen.words).count(EVIL) >= 12


def test_nothing_is_loaded_from_anywhere():
    text = page(said("word"))
    seen = Seen(text)
    assert not {"link", "img", "iframe", "object", "embed", "a", "base"} & set(seen.tags)
    assert not [name for _, name, _ in seen.attributes if name in {"src", "href", "srcset", "action", "data"}]
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in seen.attributes
    assert "url(" not in text
    assert "@import" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_the_charts_are_drawn_to_scale():
    text = page(said("word"))
    charts = [ET.fromstring(part.partition("</svg>")[0] + "</svg>") for part in map("<svg".__add__, text.split("<svg")[1:])]
    assert len(charts) == 2
    for chart, (gained, lost) in zip(charts, ((1234, 7), (56, 3)), strict=True):
        bars = {bar.get("class"): float(bar.get("width")) for bar in chart.iter("rect")}
        assert abs(bars["lost"] / bars["gained"] - lost / gained) < 0.001
        assert [one.text for one in chart.iter("text")] == ["train_ai", f"+{gained:,}", f"−{lost}"]


def test_figures_and_reasons_stand_in_the_tables():
    text = page(said("word"))
    for figure in ("+1,234", "+56", "rule 11", "rule 10", "2026-02-01", "does not count"):
        assert figure in text


def test_a_diff_without_changes_says_so():
    empty = {**said("word"), "changes": {}, "rules": [], "clauses": {"compared": False}, "drafts": [], "explained": {}}
    assert "No record may be used otherwise than before." in page(empty)
    assert "No rule changed." in page(empty)


def test_long_passages_that_stayed_are_cut():
    assert shortened(" ".join(map(str, range(100))), 2) == "0 1 … 98 99"
    assert shortened("0 1 2 3 4", 2) == "0 1 2 3 4"
