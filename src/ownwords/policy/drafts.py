"""Rules drafted from paragraphs that are new in a text: inactive until somebody has read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ownwords.policy import numbers
from ownwords.policy.texts import Change, date_words

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+")
_REFUSES = re.compile(r"\b(?:do not|don[’']t|does not|will not|won[’']t|never|no longer|may not)\b", re.IGNORECASE)
_BY_CONSENT = re.compile(r"\b(?:your|explicit|with|on) consent\b|\bopt[- ]?in\b|\bif you agree\b", re.IGNORECASE)
#: What a draft names as weighing an interest that nobody has weighed.
UNWRITTEN = "not yet written"


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as it might read.

    purposes     found by the words of params/vague.toml in what is new of the paragraph
    categories   guessed alike; posts and replies where the paragraph names none
    basis        consent where the paragraph speaks of it, else legitimate_interest; None where it denies
    vague        (phrase, why): what to settle with whoever wrote the text
    """

    id: str
    clause: str
    effect: str
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    basis: str | None
    vague: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, object]:
        """The rule as the policy file holds it."""
        rule: dict[str, object] = {"id": self.id, "clause": self.clause, "effect": self.effect, "purposes": list(self.purposes)}
        rule |= {"categories": list(self.categories)}
        if self.effect == "allow":
            rule |= {"visibility": ["public"], "legal_basis": self.basis}
            rule |= {"consent_mechanism": "opt-in"} if self.basis == "consent" else {"assessment": UNWRITTEN}
        return {**rule, "reviewed": False}


def draft(changes: Iterable[Change], at: datetime) -> tuple[Draft, ...]:
    """The rules that new and reworded paragraphs might carry; of a reworded one only what is new in it counts.

    at   UTC; the words of params/vague.toml as they stood then
    """
    return tuple(one for change in changes for one in _of(change, at))


def to_yaml(drafts: Iterable[Draft], name: str, text: str, text_sha256: str, begins: datetime, made_at: datetime) -> str:
    """A policy file of these rules, which loads, and allows and denies nothing until they are reviewed.

    name     the policy's id
    text     name of the file with the text, beside it
    begins   from when the text says that it holds
    """
    lines = [
        f"# Drafted {date_words(made_at)} from {text}. No rule counts before somebody has read its clause and written `reviewed: true`.",
        "# Then name the services the policy speaks for (networks: [...]), since when it was public, and what weighs an interest.",
        f"id: {_quoted(name)}",
        f"version: {_quoted(str(date_words(begins)))}",
        f"text: {_quoted(text)}",
        f"text_sha256: {text_sha256}",
        f"effective_from: {date_words(begins)}",
        "on_withdrawal: refuse",
        "default: deny",
        "rules:",
    ]
    for one in drafts:
        if one.vague:
            lines.append("  # left open by: " + ", ".join(phrase for phrase, _ in one.vague))
        for place, (key, value) in enumerate(one.to_json().items()):
            lines.append(f"  {'- ' if not place else '  '}{key}: {_written(value)}")
    return "\n".join(lines if lines[-1] != "rules:" else [*lines[:-1], "rules: []"]) + "\n"


def _of(change: Change, at: datetime) -> Iterator[Draft]:
    if change.new is None:
        return
    words = change.new.words
    folded = words.casefold() if len(words.casefold()) == len(words) else words.lower()
    spans = {
        purpose: [span for span in _spans(folded, phrases) if change.is_new(*span)]
        for purpose, phrases in numbers.words_of_purposes(at).items()
    }
    found = {purpose: places for purpose, places in spans.items() if places}
    by_consent = bool(_BY_CONSENT.search(words))
    refused = tuple(purpose for purpose, places in found.items() if all(_refused(words, *place) for place in places))
    allowed = tuple(purpose for purpose in found if purpose not in refused)
    persona = tuple(purpose for purpose in allowed if purpose.startswith("simulate_person"))
    common = tuple(purpose for purpose in allowed if purpose not in persona)
    groups = (("deny", refused, None), ("allow", common, "consent" if by_consent else "legitimate_interest"), ("allow", persona, "consent"))
    categories = _categories(folded, at)
    for effect, purposes, basis in groups:
        if purposes:
            name = f"{purposes[0].replace('.', '-').replace('_', '-')}-{effect}-{change.new.sha256[:8]}"
            yield Draft(name, change.new.sha256, effect, purposes, categories, basis, change.vague)


def _spans(folded: str, phrases: tuple[str, ...]) -> list[tuple[int, int]]:
    return [match.span() for phrase in phrases for match in re.finditer(rf"\b{re.escape(phrase)}", folded)]


def _refused(words: str, start: int, end: int) -> bool:
    """Whether the sentence around these letters says that something is not done."""
    starts = [0, *(match.end() for match in _SENTENCE.finditer(words))]
    begin = max(at for at in starts if at <= start)
    stop = min((at for at in starts if at >= end), default=len(words))
    return bool(_REFUSES.search(words[begin:stop]))


def _categories(folded: str, at: datetime) -> tuple[str, ...]:
    found = [name for names, phrases in numbers.words_of_categories(at) if _spans(folded, phrases) for name in names]
    return tuple(dict.fromkeys(found)) or ("post", "reply")


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value)
