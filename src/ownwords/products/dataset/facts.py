"""What the documents beside a dataset are written from; one object, so that they cannot disagree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.dataset import StepRecord
    from ownwords.core.permit import Permit
    from ownwords.core.step import Param
    from ownwords.products.dataset import Options
    from ownwords.products.dataset.examples import Examples
    from ownwords.products.dataset.figures import Figures

#: SPDX identifiers of terms under which sources are had, where they are licences of the open kind.
LICENCES = {
    name.upper(): name
    for name in ("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0")
}
_MARKS = re.compile(r"[^\w .:/+-]+")


@dataclass(frozen=True, slots=True)
class Facts:
    """One dataset. Nothing in it depends on when it was made or how records are numbered.

    metrics    as in the manifest
    figures    what the rows add up to
    rows_hash  content hash of all rows: the dataset's name among its equals
    tokens     what `shards` wrote, empty without a tokenizer
    """

    options: Options
    permit: Permit
    steps: tuple[StepRecord, ...]
    metrics: Mapping[str, Any]
    figures: Figures
    rows_hash: str
    examples: Examples
    tokens: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """A name for readers: form and number of rows."""
        return f"{self.metrics['dialogues']:,} rows of people's words, {self.options.form.replace('_', ' ')}"

    @property
    def name(self) -> str:
        """A name for machines: the form, and the first of the rows' hash, so that readers do not take another dataset from their cache."""
        return f"{self.options.form.replace('_', '-')}-{self.rows_hash[:12]}"

    @property
    def splits(self) -> list[str]:
        """The parts that have rows; readers refuse a part without any."""
        return [name for name, n in self.metrics["split"].items() if n]

    @property
    def is_by_person(self) -> bool:
        """Whether people are held out, so that nobody is on both sides; else what was written last is."""
        return self._sides.get("by", self.options.split) == "person"

    @property
    def held_out(self) -> str:
        """Who or what is held out, in words."""
        share = f"{float(self._sides.get('held_out', self.options.held_out)):.0%}"
        if not self.is_by_person:
            at = self._sides.get("at", self.options.split_at)
            return f"what was written on {at} or later" if at else f"the {share} of the posts that were written last"
        seed = self._sides.get("seed", self.options.seed)
        return f"{share} of the people, chosen by a hash of their account id with seed {seed}; none of their words are in train"

    @property
    def masked(self) -> str:
        """What the step `pii` takes out, and what it leaves, in a sentence or two."""
        params = next((dict(step.params) for step in self.steps if step.name == "pii"), {})
        people = "Names of people and postal addresses are not"
        if params.get("recogniser"):
            people = "Names of people and places in running text are where the recogniser found them, postal addresses are not"
        return (
            "Names of accounts (@name, name_99) are masked, and by their patterns addresses of e-mail and the net, and telephone, card, "
            f"bank and identity numbers. {people}; and patterns miss some."
        )

    @property
    def _sides(self) -> dict[str, Param]:
        """Parameters of the step that told who is held out."""
        return next((dict(step.params) for step in self.steps if step.name in ("split", "pairs")), {})

    @property
    def licences(self) -> list[str]:
        """SPDX identifiers of the open licences among the terms of the rows."""
        return sorted({LICENCES[name.upper()] for name in self.figures.terms if name.upper() in LICENCES})

    @property
    def languages(self) -> list[str]:
        """BCP 47 tags of the rows, most frequent first, without the unknown."""
        return [name for name, _ in ranked(self.figures.language) if name != "und"]


def plain(name: str) -> str:
    """A word of a source (its terms, a network, a language) as one that breaks no Markdown, cut to 60 characters."""
    return " ".join(_MARKS.sub(" ", name).split())[:60] or "(unreadable)"


def listed(counts: Mapping[str, int], most: int = 20) -> list[tuple[str, int]]:
    """Name and count, most first, names as `plain`; what is beyond `most` is added up as `others`."""
    ordered = ranked(counts)
    rest = sum(n for _, n in ordered[most:])
    return [*((plain(name), n) for name, n in ordered[:most]), *([("others", rest)] if rest else [])]


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Most first; of equals, by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
