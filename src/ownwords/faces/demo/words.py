"""Sentences of invented people, in English and Indonesian, from grammars of our own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

LEXICON = Path(__file__).parent / "lexicon"
LANGUAGES = ("en", "id")
#: What may follow what: the acts of a reply to each act, the likelier ones named twice.
ANSWERS: dict[str, tuple[str, ...]] = {
    "report": ("react", "react", "ask"),
    "opinion": ("agree", "disagree"),
    "question": ("answer", "answer", "answer", "same_question"),
    "problem": ("advice", "advice", "same"),
    "plan": ("wish", "ask"),
    "tip": ("tried", "thanks"),
    "praise": ("agree", "ask"),
    "memory": ("react", "ask"),
    "answer": ("thanks", "ask", "tried"),
    "advice": ("thanks", "tried"),
    "agree": ("react", "ask"),
    "disagree": ("agree", "disagree"),
    "ask": ("answer",),
    "react": ("thanks", "wish"),
    "thanks": ("welcome",),
    "tried": ("react",),
    "same": ("advice",),
    "same_question": ("answer",),
    "wish": ("thanks",),
    "welcome": ("thanks",),
}
_HOLE = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeio])")
_ALIAS = {"tip2": "tip", "but2": "but", "place2": "place"}
_DIGITS = tuple(str(n) for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20, 30, 45, 60))

Pattern = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """How one person writes.

    topics       favourites first; the first is chosen most
    indonesian   share of posts in Indonesian, 0 to 1
    taste        where in every word list their favourites begin
    casing       sentence, lower or shout
    closing      what ends a sentence: . or ! or ... or nothing
    emoji        their few; put after every nth post of theirs, by `emoji_rate`
    catches      indices of their catchphrases
    swaps        words they always write in their own way, per language
    """

    topics: tuple[str, ...]
    indonesian: float
    taste: int
    casing: str
    closing: str
    emoji: tuple[str, ...]
    emoji_rate: float
    catches: tuple[int, ...]
    catch_rate: float
    kin: int
    home: str
    pet: str
    shop: str
    digits: bool
    swaps: dict[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language: word lists shared and by topic, and patterns by act."""

    slots: dict[str, tuple[str, ...]]
    topics: dict[str, dict[str, tuple[str, ...]]]
    acts: dict[str, tuple[Pattern, ...]]
    extras: tuple[Pattern, ...]
    catches: tuple[Pattern, ...]
    kin: tuple[str, ...]
    emoji: tuple[str, ...]
    openings: tuple[str, ...]


def _items(text: str) -> tuple[str, ...]:
    return tuple(re.split(r"[,;] ", text.strip()))


def _pattern(line: str) -> Pattern:
    """`a {b} c` as (("a ", "b"), (" c", ""))."""
    pieces = _HOLE.split(line)
    return tuple((pieces[k], _ALIAS.get(pieces[k + 1], pieces[k + 1]) if k + 1 < len(pieces) else "") for k in range(0, len(pieces), 2))


def _patterns(block: str) -> tuple[Pattern, ...]:
    return tuple(_pattern(line) for line in block.strip().splitlines())


@cache
def grammar(language: str) -> Grammar:
    """The grammar of `en` or `id`, read once from the files beside this module."""
    speech = tomllib.loads((LEXICON / f"speech_{language}.toml").read_text(encoding="utf-8"))
    topics = tomllib.loads((LEXICON / f"topics_{language}.toml").read_text(encoding="utf-8"))
    acts = {name: _patterns(block) for part in ("open", "reply") for name, block in speech[part].items()}
    return Grammar(
        slots={name: _items(text) for name, text in speech["slots"].items()},
        topics={topic: {name: _items(text) for name, text in slots.items()} for topic, slots in topics.items()},
        acts={**acts, "same_question": acts["question"]},
        extras=_patterns(speech["extra"]["any"]),
        catches=_patterns(speech["person"]["catch"]),
        kin=_items(speech["person"]["kin"]),
        emoji=tuple(speech["person"]["emoji"].split()),
        openings=tuple(speech["open"]),
    )


def topic_names() -> tuple[str, ...]:
    """The topics, the same in every language."""
    return tuple(grammar("en").topics)


def choose(items: tuple[str, ...], voice: Voice, rng: Random) -> str:
    """One of `items`, most likely one near the voice's favourites."""
    chance = rng.random()
    return items[(voice.taste + int(len(items) * chance * (0.4 + 0.6 * chance))) % len(items)]


def focus_of(language: str, topic: str, voice: Voice, rng: Random) -> str:
    """The thing a conversation is about."""
    return choose(grammar(language).topics[topic]["thing"], voice, rng)


def _fill(pattern: Pattern, language: str, topic: str, focus: str, voice: Voice, rng: Random) -> str:
    words = grammar(language)
    of_topic = words.topics[topic]
    own = {"focus": focus, "pet": voice.pet, "home": voice.home, "shop": voice.shop}
    parts: list[str] = []
    for literal, hole in pattern:
        parts.append(literal)
        if not hole:
            continue
        if hole in own:
            parts.append(own[hole])
        elif hole == "kin":
            parts.append(words.kin[voice.kin])
        elif hole == "n" and voice.digits:
            parts.append(choose(_DIGITS, voice, rng))
        else:
            parts.append(choose(of_topic.get(hole) or words.slots[hole], voice, rng))
    return "".join(parts)


def _written(sentence: str, voice: Voice, language: str) -> str:
    """A sentence in the person's own spelling and punctuation."""
    if language == "en":
        sentence = _ARTICLE.sub(r"\1n ", sentence)
    for plain, own in voice.swaps.get(language, ()):
        if plain in sentence:
            sentence = f" {sentence} ".replace(plain, own).strip()
    if voice.casing == "sentence":
        sentence = sentence[0].upper() + sentence[1:]
    return sentence if sentence[-1] in "?!" else sentence + voice.closing


def say(act: str, language: str, topic: str, focus: str, voice: Voice, rng: Random, *, n_extra: int = 0) -> str:
    """One post: an opening or an answer about `focus`, in `voice`, with `n_extra` more sentences.

    act   a key of ANSWERS
    """
    words = grammar(language)
    acts = words.acts[act]
    pattern = acts[int(len(acts) * rng.random())]
    sentences = [_fill(pattern, language, topic, focus, voice, rng)]
    first = int(len(words.extras) * rng.random())
    for k in range(n_extra):
        extra = words.extras[(first + 5 * k) % len(words.extras)]
        sentences.append(_fill(extra, language, topic, focus, voice, rng))
    if voice.catches and rng.random() < voice.catch_rate:
        catch = words.catches[voice.catches[int(len(voice.catches) * rng.random())]]
        sentences.append(_fill(catch, language, topic, focus, voice, rng))
    text = (" " if voice.closing else ". ").join(_written(sentence, voice, language) for sentence in sentences)
    text = text.replace("?. ", "? ").replace("!. ", "! ")
    if voice.emoji and rng.random() < voice.emoji_rate:
        text = f"{text} {voice.emoji[int(len(voice.emoji) * rng.random())]}"
    return text.upper() if voice.casing == "shout" and rng.random() < 0.15 else text
