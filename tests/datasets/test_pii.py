"""What points at people: which numbers and addresses are believed, where they stood, and that short cuts change nothing."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.errors import Usage
from ownwords.datasets import clean, pii
from ownwords.datasets._texts import touched
from ownwords.datasets.pii import masking, numbers

PLAIN = tuple(kind for kind in pii.KINDS if kind != "url")


def masked(text: str, kinds: tuple[str, ...] = PLAIN) -> str:
    return pii.masked(pl.Series([text]), kinds)[0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mi dni 12345678Z", "id"),
        ("NIE X1234567L ok", "id"),
        ("my bsn is 111222333", "id"),
        ("CPF 529.982.247-25", "id"),
        ("aadhaar 2341 2341 2346", "id"),
        ("pesel: 44051401359", "id"),
        ("2 55 08 14 168 025 38", "id"),
        ("S1234567D", "id"),
        ("RSSMRA85T10A562S", "id"),
        ("11010519491231002X", "id"),
        ("NI number AB 12 34 56 C", "id"),
        ("+33 6 12 34 56 78", "phone"),
        ("+49 30 901820", "phone"),
        ("+44 (0)20 7946 0123", "phone"),
        ("+55 11 91234-5678", "phone"),
        ("0044 20 7946 0123", "phone"),
        ("+8613907120000", "phone"),
        ("13907120000", "phone"),
        ("06.12.34.56.78", "phone"),
        ("415-555-0123 x12", "phone"),
        ("NL91 ABNA 0417 1643 00", "iban"),
        ("2001:db8::1", "ip"),
        ("请拨打13907120000", "phone"),
        ("โทร081-234-5678 ครับ", "phone"),
        ("fe80::1:2:3", "ip"),
        ("5555 5555 5555 4444", "card"),
        ("6011111111111117", "card"),
        ("key AKIAIOSFODNN7EXAMPLE", "secret"),
        ("4111.1111.1111.1111", "card"),
        ("GB82-WEST-1234-5698-7654-32", "iban"),
        ("gb82 west 1234 5698 7654 32", "iban"),
        ("fe80::1", "ip"),
        ("0171/1234567", "phone"),
        ("(11) 3123-4567", "phone"),
        ("11 91234-5678", "phone"),
        ("call ０８１２３４５６７８９０", "phone"),
        ("هاتف ٠٥٠١٢٣٤٥٦٧", "phone"),
        ("+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", "phone"),
        ("４１１１ １１１１ １１１１ １１１１", "card"),
        ("ａｎａ＠ｍａｉｌ．ｅｘａｍｐｌｅ", "email"),
        ("ana@192.0.2.1", "email"),
        ("ana.b+c@mail.example.co.id", "email"),
        ("ana (at) mail (dot) example", "email"),
    ],
)
def test_numbers_and_addresses_of_people_are_taken_out_whole(text, kind):
    out = masked(text)
    assert out.endswith(f"[{kind}]") or f"[{kind}] " in out
    assert not any(part in out for part in text.split() if any(letter.isdigit() for letter in part) or "@" in part)


@pytest.mark.parametrize(
    "text",
    [
        "mi dni 12345678A",
        "NIE X1234567M ok",
        "my bsn is 111222334",
        "number 111222333 of them",
        "CPF 529.982.247-26",
        "2341 2341 2347",
        "44051401359 files",
        "2 55 08 14 168 025 39",
        "S1234567E",
        "RSSMRA85T10A562T",
        "110105194912310021",
        "+999 123 456 789",
        "+33 6 12 34",
        "order 0812-3456-7890",
        "tracking number 081234567890",
        "version 10.0.19.41",
        "DE89 3704 0044 0532 0130 01",
        "5555 5555 5555 4445",
        "31 93 0284 11 4921 0382 77 203",
        "a[1::2] and 10:30:45",
        "Rp 81.234.567.890",
        "SN 123-45-6789",
        "4111.1111.1111.1112",
        "add::f2 and dead::beef and std::vector",
        "2024/2025 and 01/02/03 and 10/12345",
        "(1999) 123-130",
        "(10) 3123-4567 of them",
        "10:30:45 16:9 1:1000 -6.200000, 106.816666",
        "２０２４年５月６日 ¥１２，５００",
        "٢٠٢٤ ١٢٣٤٥",
        "C6H12O6 and H2SO4, 6.022e23",
        "ISBN 978-3-16-148410-0",
        "€ 1.234.567,89 or 1 234 567 890",
        "lost 3-2 in 2024, 1,234,567 people",
    ],
)
def test_what_only_looks_like_one_stays(text):
    assert masked(text) == text


def test_only_the_kinds_asked_for_are_taken_out():
    text = "@sari_99 call 0812-3456-7890 or ana@mail.example"
    assert masked(text, ("phone",)) == "@sari_99 call [phone] or ana@mail.example"
    assert masked(text, ("email",)) == "@sari_99 call 0812-3456-7890 or [email]"
    assert masked("gb82west12345698765432", ("iban",)) == "[iban]"
    with pytest.raises(Usage):
        pii.stages({"kinds": "user,shoe"})


def test_tokens_and_passwords_in_links_are_taken_out_where_links_are_kept():
    kinds = ("secret",)
    assert masked("https://a.example/x?id=3&access_token=abc.DEF-1#top", kinds) == "https://a.example/x?id=3&access_token=[secret]#top"
    assert masked("ftp://ana:hunter2@files.example/x", kinds) == "ftp://[secret]@files.example/x"


PIECES = [
    *(
        "call me ",
        "0812-3456-7890",
        " 415-555-0123",
        "@sari_99",
        " @budi@social.example ",
        "ana@mail.example",
        " at ",
        "[forgotten]",
        "sari_99",
    ),
    *(
        " (at) ",
        "mail dot com",
        "4111 1111 1111 1111",
        "192.0.2.8",
        " 2001:db8::1",
        "DE89 3704 0044 0532 0130 00",
        "x:795000",
        "test:12345678",
    ),
    *(
        "[user]",
        "[email]",
        "/u/foo",
        "bob",
        " ",
        "\n",
        "?token=abc",
        "https://a:b@c.example/",
        "AB 12 34 56 C",
        "12345678Z",
        " office",
        "é",
        "さん",
        "٠٨١٢٣٤٥٦٧٨٩٠",
        "ａｎａ＠ｍａｉｌ．ｅｘａｍｐｌｅ",
    ),
    *(
        "\x01",
        "\x02",
        "::",
        "2024-05-06",
        "123-45-6789",
        "www.example.com/a",
        "dot",
        "👍",
        "7",
        "phone: ",
        "62 812 3456 7890",
        "(",
        ")",
        ".",
    ),
]
texts = st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), min_size=1, max_size=4)


@settings(max_examples=100, deadline=None)
@given(texts, st.sampled_from([pii.KINDS, PLAIN, ("email", "phone", "ip"), ("user",)]))
def test_spans_are_where_the_text_is_masked(rows, kinds):
    series = pl.Series(rows, dtype=pl.String)
    told = pii.spans(series, kinds)
    spliced = list(series.str.replace_many(masking.RESERVED, [" "] * len(masking.RESERVED)))
    for row, start, end, kind in reversed(list(told.iter_rows())):
        assert 0 <= start < end <= len(spliced[row])
        spliced[row] = spliced[row][:start] + f"[{kind}]" + spliced[row][end:]
    assert spliced == pii.masked(series, kinds).to_list()


def everywhere(texts: pl.Series, _which: pl.Series, change) -> pl.Series:
    return touched(texts, texts.is_not_null(), change)


@settings(max_examples=100, deadline=None)
@given(texts)
def test_short_cuts_change_nothing(rows):
    series = pl.Series([*rows, None], dtype=pl.String)
    fast = clean.plain(series)
    masked_fast = pii.masked(fast, PLAIN)
    with pytest.MonkeyPatch.context() as patched:
        for module in (clean, masking, numbers):
            patched.setattr(module, "touched", everywhere)
        assert clean.plain(series).to_list() == fast.to_list()
        assert pii.masked(fast, PLAIN).to_list() == masked_fast.to_list()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="ab<>/pre cod&lt;#39@x.\n`[]()uw-_> \t\u00a0\u200b:w", max_size=60), min_size=1, max_size=3))
def test_cleaning_takes_no_short_cut_that_shows(rows):
    series = pl.Series(rows, dtype=pl.String)
    fast = clean.plain(series).to_list()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clean, "touched", everywhere)
        assert clean.plain(series).to_list() == fast
