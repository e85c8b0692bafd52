"""Paragraphs of a text: numbered, and hashed so that re-wrapping changes nothing and a word does."""

from hypothesis import given
from hypothesis import strategies as st

from ownwords.policy.clauses import paragraph_hash, paragraphs


def test_paragraphs_are_what_blank_lines_separate():
    found = paragraphs("# Title\n\nOne\nline more.\n \t\n\n\nTwo.\n")
    assert [(p.number, p.words, p.is_heading) for p in found] == [(1, "# Title", True), (2, "One line more.", False), (3, "Two.", False)]


def test_line_endings_a_byte_order_mark_and_wrapping_do_not_count():
    text = "One paragraph of words.\n\nAnother é."
    for same in ("\ufeffOne  paragraph\r\nof words.\r\n\r\nAnother é.\r\n", "One paragraph\rof words.\r\rAnother e\u0301."):
        assert [p.sha256 for p in paragraphs(same)] == [p.sha256 for p in paragraphs(text)]


def test_a_word_a_case_and_a_comma_count():
    hashes = {paragraph_hash(words) for words in ("We may.", "We may not.", "we may.", "We, may.")}
    assert len(hashes) == 4


def test_a_text_without_words_has_no_paragraphs():
    assert paragraphs("") == paragraphs(" \n\n\t\n") == ()


@given(st.lists(st.text("abc é.,\n", min_size=1)))
def test_splitting_and_hashing_agree(parts):
    found = paragraphs("\n\n".join(parts))
    assert all(p.sha256 == paragraph_hash(p.words) for p in found)
    assert [p.number for p in found] == list(range(1, len(found) + 1))
