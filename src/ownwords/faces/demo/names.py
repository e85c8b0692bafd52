"""Invented names: handles, display names, hamlets, pets and shops that belong to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_ONSETS = ("b", "br", "d", "dr", "f", "g", "gl", "k", "kl", "kr", "l", "m", "n", "p", "pl", "r", "s", "sk", "t", "tr", "v", "w", "z")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "oa", "ui")
_CODAS = ("", "", "", "l", "m", "n", "r", "sk", "x", "ng")


def coin(rng: Random, n_syllables: int) -> str:
    """A word of no language."""
    pick = rng.choice
    return "".join(pick(_ONSETS) + pick(_VOWELS) for _ in range(n_syllables)) + pick(_CODAS)


def coin_distinct(rng: Random, count: int, n_syllables: int, *, taken: set[str]) -> tuple[str, ...]:
    """`count` coined words, none of them in `taken`, which grows."""
    words: list[str] = []
    while len(words) < count:
        word = coin(rng, n_syllables)
        if word not in taken:
            taken.add(word)
            words.append(word)
    return tuple(words)


def handles(rng: Random, count: int) -> tuple[str, ...]:
    """`count` distinct handles such as `drelimo_482`: a coined word, an underscore, three digits."""
    words = coin_distinct(rng, count, 3, taken=set())
    return tuple(f"{word}_{rng.randrange(100, 1000)}" for word in words)
