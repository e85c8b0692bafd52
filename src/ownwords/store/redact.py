"""Take the forgotten out of other people's rows: references become `gone:<random>`, mentions `[forgotten]`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

MENTION = "[forgotten]"
REFERENCES = ("reply_to", "conversation", "quotes", "repost_of")
_PATTERN_SIZE = 500


@dataclass(frozen=True, slots=True)
class Gone:
    """Who and what is forgotten.

    accounts   account ids, `network:native`
    handles    their handles, without @
    records    {record id: what stands for it from now on, `gone:<random>`}
    """

    accounts: Sequence[str] = ()
    handles: Sequence[str] = ()
    records: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Whole tokens that must not stay: account ids, `network:@handle`, record ids."""
        networks = {account.partition(":")[0] for account in self.accounts}
        known_by = [f"{network}:@{handle}" for network in sorted(networks) for handle in self.handles]
        return [*self.accounts, *known_by, *self.records]

    @property
    def natives(self) -> list[str]:
        """The ids as they stand in running text, with and without network; numbers of under five characters could be anything."""
        ids = [*self.accounts, *self.records]
        tails = {name.partition(":")[2].rpartition("/")[2] for name in ids}
        return sorted({*ids, *(name for name in tails if len(name) >= 5)})


def touched(gone: Gone) -> pl.Expr:
    """bool per RECORDS row: whether it may speak of the forgotten (a few false alarms, no misses)."""
    names, needles = gone.names, [*gone.handles, *gone.natives]
    hits = [pl.col(name).is_in(names) for name in REFERENCES]
    hits += [pl.col(name).list.eval(pl.element().is_in(names)).list.any() for name in ("mentions", "audience")]
    hits += [pl.col(name).str.contains_any(needles, ascii_case_insensitive=True) for name in ("text", "attributes")]
    for name, part in (("media", "uri"), ("signals", "set_by")):
        inside = pl.element().struct.field(part).str.contains_any(needles, ascii_case_insensitive=True)
        hits.append(pl.col(name).list.eval(inside).list.any())
    return pl.any_horizontal(hit.fill_null(False) for hit in hits)


def without(rows: pl.DataFrame, gone: Gone) -> pl.DataFrame:
    """RECORDS (or PARSED) rows less those of the forgotten, and without a trace of them in the others."""
    theirs = pl.col("account_id").is_in(list(gone.accounts)) | pl.col("record_id").is_in(list(gone.records))
    return mask(rows.filter(~theirs.fill_null(False)), gone) if gone.names or gone.handles else rows


def mask(rows: pl.DataFrame, gone: Gone) -> pl.DataFrame:
    """RECORDS (or PARSED) rows without a trace of the forgotten; rows that never spoke of them come out as they were."""
    hit = rows.select(touched(gone).alias("hit"))["hit"]
    if not hit.any():
        return rows
    names = gone.names
    references = [pl.col(name).replace(dict(gone.records)) for name in REFERENCES]
    lists = [
        pl.col(name).list.eval(pl.when(pl.element().is_in(names)).then(pl.lit(MENTION)).otherwise(pl.element()))
        for name in ("mentions", "audience")
    ]
    texts = [mask_text(pl.col(name), gone) for name in ("text", "attributes")]
    inner = [
        pl.col(name).list.eval(pl.element().struct.with_fields(mask_text(pl.element().struct.field(part), gone).alias(part)))
        for name, part in (("media", "uri"), ("signals", "set_by"))
    ]
    numbered = rows.with_row_index("_row")
    masked = numbered.filter(hit).with_columns(*references, *lists, *texts, *inner)
    return pl.concat([numbered.filter(~hit), masked]).sort("_row").drop("_row")


def mask_text(text: pl.Expr, gone: Gone) -> pl.Expr:
    """`text` with each handle and native id of the forgotten replaced by `[forgotten]`.

    A handle goes wherever it stands after @, u/ or a slash; bare only where it can be no ordinary word (it has a
    digit or an underscore), because a person called `the` must not take that word out of everyone's mouth.
    """
    for part in _parts(gone.handles):
        text = text.str.replace_all(rf"(?i)@(?:{part})(?:@[\w.-]+)?\b", MENTION)
        text = text.str.replace_all(rf"(?i)(?:\bu/|\buser/|/)(?:{part})\b", MENTION)
    bare = [handle for handle in gone.handles if re.search(r"[\d_]", handle)]
    for part in _parts([*bare, *gone.natives]):
        text = text.str.replace_all(rf"(?i)\b(?:{part})\b", MENTION)
    return text


def _parts(words: Sequence[str]) -> list[str]:
    """Alternations of at most 500 words each, longest first."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return ["|".join(re.escape(word) for word in ordered[k : k + _PATTERN_SIZE]) for k in range(0, len(ordered), _PATTERN_SIZE)]
