"""Two human texts of a policy held side by side: what was added, removed and reworded, and which words leave a promise open."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher

from ownwords.policy import numbers
from ownwords.policy.clauses import Paragraph, paragraphs, parts

#: Two paragraphs with at least this share of words in common, in order, are one that was reworded.
ALIKE = 0.5
#: Each half of a file that holds two policies has at least this share of its paragraphs.
_HALF = 0.2
_CANDIDATES = 5
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_DATE = rf"({'|'.join(_MONTHS)})\s+(\d{{1,2}}),?\s+(\d{{4}})"
_UNTIL = re.compile(rf"^[^\w]*effective until\s+{_DATE}", re.IGNORECASE)
_FROM = re.compile(rf"(?:go(?:es)? into effect on|takes? effect on|effective(?: date)?(?: on| as of)?)[\s:*_]*{_DATE}", re.IGNORECASE)
_MARKS = re.compile(r"^#+\s*|[=\-*_\s]+$")


@dataclass(frozen=True, slots=True)
class Edition:
    """One policy of a file, and what it says of its own time.

    words       its text
    standing    `only`, or of two in one file: `in force` and `announced`, or `one of two` where their dates do not tell which is which
    effective   from when, as the text says; None = it does not
    until       until when it was to hold, as the text says
    """

    words: str
    standing: str
    effective: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """A paragraph that one text has and the other has not.

    kind    added | removed | reworded
    old     None where it was added
    new     None where it was removed
    pieces  ((same | removed | added, words), ...): the old paragraph and the new one, word by word
    vague   (phrase, why) for each phrase of the new paragraph that leaves open what it promises
    """

    kind: str
    old: Paragraph | None
    new: Paragraph | None
    pieces: tuple[tuple[str, str], ...]
    vague: tuple[tuple[str, str], ...]

    def is_new(self, start: int, end: int) -> bool:
        """Whether any of the letters `start` to `end` of the new paragraph were not in the old one."""
        at = 0
        for kind, words in self.pieces:
            if kind == "removed":
                continue
            if kind == "added" and start < at + len(words) and at < end:
                return True
            at += len(words) + 1
        return False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of a text, headings left out.

    changes     in the order of the new text, what was removed last
    n_same      paragraphs that stayed; n_moved of them stand elsewhere, which changes nothing
    """

    changes: tuple[Change, ...]
    n_same: int
    n_moved: int

    def count(self, kind: str) -> int:
        """How many changes are of a kind."""
        return sum(change.kind == kind for change in self.changes)


def editions(text: str) -> tuple[Edition, ...]:
    """The policies a file holds, one or two, in the file's order.

    A captured page holds two while a change is announced, or where it speaks to two parts of the world. The second begins at the heading
    before the words `Effective until DATE`, or where the file's title stands again, if that leaves a fifth of the paragraphs on both sides.
    """
    raw, told = parts(text), paragraphs(text)
    cut = next((at for at in _beginnings(told) if _HALF <= at / len(told) <= 1 - _HALF), None)
    if cut is None:
        return (Edition(text, "only", _first(_FROM, told), _first(_UNTIL, told)),)
    halves = (told[:cut], told[cut:])
    until = [_first(_UNTIL, half) for half in halves]
    since = [_first(_FROM, half) for half in halves]
    texts = ["\n\n".join(words) + "\n" for words in (raw[:cut], raw[cut:])]
    old = _old(since, until)
    if old is None:
        return tuple(Edition(words, "one of two", *dates) for words, *dates in zip(texts, since, until, strict=True))
    since[1 - old] = until[old] or since[1 - old]  # what ends one begins the other; the footers of captured pages are of any age
    return tuple(Edition(words, "in force" if k == old else "announced", since[k], until[k]) for k, words in enumerate(texts))


def compared(text: str) -> Edition:
    """The policy of a file that a comparison is about: the announced one if there are two, the first if nothing tells them apart."""
    found = editions(text)
    return next((one for one in found if one.standing == "announced"), found[0])


def holds_two(text: str) -> bool:
    """Whether the text speaks of a policy in force until a day, whether or not it can be cut in two there."""
    return len(editions(text)) > 1 or _first(_UNTIL, paragraphs(text)) is not None


def compare(old: str, new: str, at: datetime) -> Comparison:
    """What became of the paragraphs of `old` in `new`; one that moved, or was wrapped differently, has not changed.

    at   UTC; the phrases of params/vague.toml as they stood then
    """
    before, after = ([one for one in paragraphs(text) if not one.is_heading] for text in (old, new))
    kept = Counter(one.sha256 for one in before) & Counter(one.sha256 for one in after)
    gone, came = _without(before, kept), _without(after, kept)
    partner = _partners(gone, came)
    phrases = numbers.vague_phrases(at)
    changes = [_change(gone[partner[k]] if k in partner else None, one, phrases) for k, one in enumerate(came)]
    paired = set(partner.values())
    changes += [_change(one, None, phrases) for k, one in enumerate(gone) if k not in paired]
    n_same = kept.total()
    return Comparison(tuple(changes), n_same, n_same - _in_order(before, after, kept))


def found_phrases(words: str, phrases: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """(phrase, why) for each phrase that stands in `words`; the month of May is no phrase."""
    return tuple((phrase, why) for phrase, why in phrases.items() if _phrase(phrase).search(words))


def date_words(instant: datetime | None) -> str | None:
    """The day, as YYYY-MM-DD."""
    return None if instant is None else instant.date().isoformat()


def _phrase(phrase: str) -> re.Pattern[str]:
    first, rest = phrase[0], phrase[1:]
    head = f"[{first}{first.upper()}]" if " " in phrase else re.escape(first)
    return re.compile(rf"\b{head}{re.escape(rest).replace(' ', r' ')}\b")


def _beginnings(told: tuple[Paragraph, ...]) -> list[int]:
    """Where a second policy may begin, the clearest sign first."""
    marked = [k for k, one in enumerate(told) if _UNTIL.search(one.words)]
    starts = [k - 1 if k and told[k - 1].is_heading else k for k in marked]
    title = next((_title(one) for one in told if one.is_heading), None)
    again = [k for k, one in enumerate(told) if one.is_heading and _title(one) == title]
    return [*starts, *again[1:]]


def _old(since: list[datetime | None], until: list[datetime | None]) -> int | None:
    """Which of two policies is the one in force: the one that ends, else the older one; None = their dates do not tell."""
    if (until[0] is None) != (until[1] is None):
        return 0 if until[1] is None else 1
    first, second = since
    return None if first is None or second is None or first == second else int(second < first)


def _title(heading: Paragraph) -> str:
    return _MARKS.sub("", heading.words).casefold()


def _first(pattern: re.Pattern[str], told: tuple[Paragraph, ...]) -> datetime | None:
    for one in told:
        if (match := pattern.search(one.words)) is not None:
            month, day, year = match.groups()
            try:
                return datetime(int(year), _MONTHS.index(month.lower()) + 1, int(day), tzinfo=UTC)
            except ValueError:
                continue
    return None


def _without(told: list[Paragraph], kept: Counter[str]) -> list[Paragraph]:
    left = Counter(kept)
    others = []
    for one in told:
        if left[one.sha256]:
            left[one.sha256] -= 1
        else:
            others.append(one)
    return others


def _partners(gone: list[Paragraph], came: list[Paragraph]) -> dict[int, int]:
    """For each new paragraph (by place) the old one that it rewords, the most alike first."""
    holding: dict[str, list[int]] = {}
    for k, one in enumerate(gone):
        for word in set(one.words.split()):
            holding.setdefault(word, []).append(k)
    pairs = []
    for j, one in enumerate(came):
        words = one.words.split()
        shared = Counter(k for word in set(words) for k in holding.get(word, ()))
        for k, _ in shared.most_common(_CANDIDATES):
            likeness = SequenceMatcher(None, gone[k].words.split(), words, autojunk=False).ratio()
            pairs.append((likeness, j, k))
    partner: dict[int, int] = {}
    for likeness, j, k in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if likeness >= ALIKE and j not in partner and k not in partner.values():
            partner[j] = k
    return partner


def _change(old: Paragraph | None, new: Paragraph | None, phrases: dict[str, str]) -> Change:
    vague = found_phrases(new.words, phrases) if new is not None else ()
    if old is None or new is None:
        one, kind = (new, "added") if new is not None else (old, "removed")
        assert one is not None
        return Change(kind, old, new, ((kind, one.words),), vague)
    was, now = old.words.split(), new.words.split()
    pieces: list[tuple[str, str]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(("same", " ".join(now[j1:j2])))
            continue
        pieces += [(kind, " ".join(words)) for kind, words in (("removed", was[i1:i2]), ("added", now[j1:j2])) if words]
    return Change("reworded", old, new, tuple(pieces), vague)


def _in_order(before: list[Paragraph], after: list[Paragraph], kept: Counter[str]) -> int:
    """How many of the paragraphs that stayed stand in the order they had: the longest run that does."""
    was, now = ([one.sha256 for one in told if one.sha256 in kept] for told in (before, after))
    return sum(block.size for block in SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks())
