"""Take the forgotten out of other people's rows: references become `gone:<random>`, mentions `[forgotten]`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from ownwords.core.handles import is_distinctive

MENTION = "[forgotten]"
REFERENCES = ("reply_to", "conversation", "quotes", "repost_of")
_PATTERN_SIZE = 500
_LINK = r"\b(?:(?:https?|ftp)://|www\.|(?:[a-z0-9-]+\.)+[a-z]{2,}/)"


@dataclass(frozen=True, slots=True)
class Gone:
    """Who and what is forgotten.

    accounts   account ids, `network:native`
    handles    their handles, without @
    records    {record id: what stands for it from now on, `gone:<random>`}
    networks   where those handles are theirs, where no account or record tells it
    """

    accounts: Sequence[str] = ()
    handles: Sequence[str] = ()
    records: Mapping[str, str] = field(default_factory=dict)
    networks: Sequence[str] = ()

    @property
    def names(self) -> list[str]:
        """Whole tokens that must not stay, in small letters: account ids, `network:@handle`, record ids."""
        networks = {name.partition(":")[0] for name in [*self.accounts, *self.records]} | set(self.networks)
        known_by = [f"{network}:@{handle}" for network in sorted(networks) for handle in self.handles]
        return [name.lower() for name in [*self.accounts, *known_by, *self.records]]

    @property
    def natives(self) -> list[str]:
        """The ids as they stand in links; numbers of under five characters could be anything."""
        tails = {name.partition(":")[2].rpartition("/")[2] for name in [*self.accounts, *self.records]}
        return sorted(name for name in tails if len(name) >= 5)


def touched(gone: Gone) -> pl.Expr:
    """bool per RECORDS row: whether it may speak of the forgotten (a few false alarms, no misses)."""
    names = gone.names
    needles = [name.lower() for name in [*gone.handles, *gone.natives, *gone.accounts, *gone.records]]
    hits = [pl.col(name).str.to_lowercase().is_in(names) for name in REFERENCES]
    hits += [pl.col(name).list.eval(pl.element().str.to_lowercase().is_in(names)).list.any() for name in ("mentions", "audience")]
    hits += [pl.col(name).str.to_lowercase().str.contains_any(needles) for name in ("text", "attributes")]
    for name, part in (("media", "uri"), ("signals", "set_by")):
        inside = pl.element().struct.field(part).str.to_lowercase().str.contains_any(needles)
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
        pl.col(name).list.eval(pl.when(pl.element().str.to_lowercase().is_in(names)).then(pl.lit(MENTION)).otherwise(pl.element()))
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
    """`text` with each handle and id of the forgotten replaced by `[forgotten]`.

    A handle goes after @, u/ and inside a link; bare only where its shape makes it no ordinary word (`core.handles`), because a
    person called `the` must not take that word out of everyone's mouth. Native ids go inside links, whole ids everywhere. The
    step `pii` takes the same shapes out for everyone, so that a dataset is the same as if the person had never been named.
    """
    for part in _parts(gone.handles):
        text = text.str.replace_all(rf"(?i)(^|\W)@(?:{part})(?:@[\w.-]+\b)?", "${1}" + MENTION)
        text = text.str.replace_all(rf"(?i)(^|\W)(?:u/|user/)(?:{part})", "${1}" + MENTION)
    for part in _parts([*gone.handles, *gone.natives]):
        for _ in range(2):  # a name and a number in one link
            text = text.str.replace_all(rf"(?i)({_LINK}(?:[^\s]*[/=@.])?)(?:{part})", "${1}" + MENTION)
    whole = [*filter(is_distinctive, gone.handles), *gone.accounts, *gone.records]
    for part in _parts(whole):
        text = text.str.replace_all(rf"(?i)\b(?:{part})", MENTION)
    return text


def _parts(words: Sequence[str]) -> list[str]:
    """Alternations of at most 500 words each, longest first."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return ["|".join(_whole(word) for word in ordered[k : k + _PATTERN_SIZE]) for k in range(0, len(ordered), _PATTERN_SIZE)]


def _whole(word: str) -> str:
    """A pattern for `word` that does not go on as another: `bob` is not in `bobby`; a name that ends in `-` or `.` ends there."""
    return re.escape(word) + (r"\b" if re.search(r"\w$", word) else "")
