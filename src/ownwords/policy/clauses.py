"""The paragraphs of a policy's human text, numbered and hashed, so that each rule can cite the one it implements."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_SPACES = re.compile(r"\s+")
#: Normalised, the line under a heading has become its last word.
_HEADING = re.compile(r"^#|\S (?:={3,}|-{3,})$")
#: So many characters of a clause's sha256 stand in messages and reasons; the file itself cites all 64.
SHORT = 12


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a text.

    number       counted from 1, headings included
    sha256       hex, over the normalised words
    words        the paragraph on one line
    is_heading   a Markdown heading (`# ...`, or underlined by = or -): names a part, promises nothing
    """

    number: int
    sha256: str
    words: str
    is_heading: bool


def normalise(paragraph: str) -> str:
    """Unicode NFC, every run of white space one space, none at the ends: re-wrapping lines keeps a clause's hash."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", paragraph)).strip()


def paragraph_hash(paragraph: str) -> str:
    """Hex sha256 over the UTF-8 bytes of the normalised paragraph."""
    return hashlib.sha256(normalise(paragraph).encode()).hexdigest()


def parts(text: str) -> list[str]:
    """What blank lines separate, as written, in order; a byte order mark and line endings do not count."""
    unified = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return [part for part in _BLANK_LINES.split(unified) if normalise(part)]


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs of `text`, one for each of its `parts`."""
    told = [normalise(part) for part in parts(text)]
    return tuple(
        Paragraph(number, paragraph_hash(words), words, bool(_HEADING.search(words))) for number, words in enumerate(told, start=1)
    )
