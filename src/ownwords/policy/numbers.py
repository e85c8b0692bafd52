"""The dated, cited numbers and lists of params/, as they stood at an instant."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("params")
ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Terms:
    """Source terms in force.

    forbids                  purposes, each with its children
    unless_author_consents   the author's own explicit consent lifts the prohibition
    """

    name: str
    forbids: frozenset[str]
    unless_author_consents: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that denies: `name` and `values` in small letters, and the purposes, each with its children."""

    name: str
    values: tuple[str, ...]
    denies: frozenset[str]


def ages_of_majority(at: datetime) -> dict[str, int]:
    """Age in years per ISO 3166-1 alpha-2 code at `at` (UTC); under `*` the one for everywhere else."""
    entries = _entries("majority", "majority", at.date())
    return {str(entry["jurisdiction"]): int(str(entry["age_years"])) for entry in entries}


def is_minor(born_on: date, jurisdiction: str | None, at: datetime) -> bool:
    """Whether somebody born then, living there (None: anywhere), is under age at `at` (UTC)."""
    ages = ages_of_majority(at)
    years = at.year - born_on.year - ((at.month, at.day) < (born_on.month, born_on.day))
    return years < ages.get(jurisdiction or ANYWHERE, ages[ANYWHERE])


def unknown_age_is_child(purpose: str, at: datetime) -> bool:
    """Whether a person without a birth date counts as a child for `purpose` at `at` (UTC)."""
    entries = _entries("age_unknown", "age_unknown", at.date())
    return bool(entries) and purpose in _words(entries[-1], "treats_as_child")


def terms_in_force(at: datetime) -> tuple[Terms, ...]:
    """The source terms that have something to say at `at` (UTC), one a name."""
    newest = {str(entry["name"]): entry for entry in _entries("terms", "terms", at.date())}
    return tuple(
        Terms(name, frozenset(_words(entry, "forbids")), bool(entry.get("unless_author_consents", False))) for name, entry in newest.items()
    )


def known_terms() -> frozenset[str]:
    """Every name of source terms ever listed."""
    return frozenset(str(entry["name"]) for entry in _entries("terms", "terms", date.max))


def signals() -> tuple[Signal, ...]:
    """The signals that deny something."""
    found = _entries("signals", "signal", date.max)
    return tuple(Signal(str(entry["name"]), _words(entry, "values"), frozenset(_words(entry, "denies"))) for entry in found)


def vague_phrases(at: datetime) -> dict[str, str]:
    """Phrases that leave open what a policy promises, in small letters, and why each does."""
    return {str(entry["phrase"]): str(entry["why"]) for entry in _entries("vague", "vague", at.date())}


def words_of_purposes(at: datetime) -> dict[str, tuple[str, ...]]:
    """The words, in small letters, by which a paragraph shows that it speaks of a purpose."""
    return {str(entry["name"]): _words(entry, "words") for entry in _entries("vague", "purpose", at.date())}


def words_of_categories(at: datetime) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Categories of records, and the words by which a paragraph shows that it speaks of them."""
    return tuple((_words(entry, "name"), _words(entry, "words")) for entry in _entries("vague", "category", at.date()))


def _entries(file: str, table: str, day: date) -> list[dict[str, object]]:
    """Entries that count on `day`, oldest first."""
    rows = [row for row in _table(file, table) if _day(row, "since", date.min) <= day]
    kept = [row for row in rows if day < _day(row, "until", date.max) or day == date.max]
    return sorted(kept, key=lambda row: _day(row, "since", date.min))


@cache
def _table(file: str, table: str) -> list[dict[str, object]]:
    with (_FOLDER / f"{file}.toml").open("rb") as handle:
        rows: list[dict[str, object]] = tomllib.load(handle)[table]
    return rows


def _day(row: dict[str, object], key: str, otherwise: date) -> date:
    found = row.get(key, otherwise)
    return found if isinstance(found, date) else otherwise


def _words(row: dict[str, object], key: str) -> tuple[str, ...]:
    found = row[key]
    return tuple(str(word) for word in found) if isinstance(found, list) else ()
