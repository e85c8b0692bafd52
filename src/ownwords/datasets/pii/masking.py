"""Pass after pass over texts: what a pattern finds becomes the word for its kind, and it can be said where it stood."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import cache, partial, reduce
from typing import TYPE_CHECKING, Protocol

import polars as pl

from ownwords.datasets._texts import touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Control characters no text may have: they part pieces, and open the piece that was found, what stood before it, and after.
MARK, FOUND, BEFORE, AFTER = "\x01", "\x02", "\x03", "\x04"
RESERVED = [MARK, FOUND, BEFORE, AFTER]
#: Where something stood: the text's place among the texts, its first character, the one after its last, and its kind.
SPANS = {"row": pl.UInt32, "start": pl.Int64, "end": pl.Int64, "kind": pl.String}


#: A text without one of these has nothing to be folded that could be part of a number or an address.
_TO_FOLD = r"[\p{Nd}\u{ff20}\u{ff21}-\u{ff3a}\u{ff41}-\u{ff5a}--0-9]"


class Pass(Protocol):
    """One look at all texts, each by itself."""

    def may(self, texts: pl.Series) -> pl.Series:
        """bool[R]: whether there may be something in a text; no misses, null = no."""

    def masked(self, texts: pl.Series) -> pl.Series:
        """The texts with `[kind]` for what was found."""

    def found(self, texts: pl.Series) -> pl.DataFrame:
        """What is found, as `SPANS`; row = place in `texts`."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern whose matches are of one kind.

    kind      what stands for it, without brackets
    pattern   linear-time regular expression; group 1 stays before it if `keeps` is 1 or 2, group 2 after it if it is 2
    hints     cheap patterns of which a text must have one before this one is tried; empty = none
    """

    kind: str
    pattern: str
    keeps: int = 0
    hints: tuple[str, ...] = ()

    def may(self, texts: pl.Series) -> pl.Series:
        """As Pass."""
        return has_any(texts, self.hints or (self.pattern,))

    def masked(self, texts: pl.Series) -> pl.Series:
        """As Pass."""
        before, after = self._kept
        return texts.str.replace_all(self.pattern, f"{before}[{self.kind}]{after}")

    def found(self, texts: pl.Series) -> pl.DataFrame:
        """As Pass."""
        before, after = self._kept
        marked = texts.str.replace_all(self.pattern, f"{MARK}{BEFORE}{before}{MARK}{FOUND}${{0}}{MARK}{AFTER}{after}{MARK}")
        piece = pl.col("piece")
        length = pl.when(piece.str.contains(f"^[{BEFORE}{AFTER}]")).then(0).otherwise(piece.str.strip_prefix(FOUND).str.len_chars())
        placed = pieces(marked).with_columns(length.cast(pl.Int64).alias("length"))
        start = (pl.col("length").cum_sum() - pl.col("length")).over("row")
        return (
            placed.with_columns(start.alias("start"), piece.shift(1).alias("before"), piece.shift(-1).alias("after"))
            .filter(piece.str.starts_with(FOUND))
            .select(
                "row",
                pl.col("start") + pl.col("before").str.len_chars().cast(pl.Int64) - 1,
                (pl.col("start") + pl.col("length") - pl.col("after").str.len_chars().cast(pl.Int64) + 1).alias("end"),
                pl.lit(self.kind).alias("kind"),
            )
        )

    @property
    def _kept(self) -> tuple[str, str]:
        return "${1}" if self.keeps else "", "${2}" if self.keeps == 2 else ""


@dataclass(frozen=True, slots=True)
class Within:
    """Passes that all need one of `hints`, so that only texts that have one are taken through them."""

    hints: tuple[str, ...]
    passes: tuple[Pass, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """Passes over texts with figures of other scripts, and full-width letters, read as those of ASCII: character for character.

    The texts keep them, where nothing is found.
    """

    passes: tuple[Pass, ...]

    def may(self, texts: pl.Series) -> pl.Series:
        """As Pass."""
        return texts.str.contains(_TO_FOLD)

    def masked(self, texts: pl.Series) -> pl.Series:
        """As Pass."""
        return spliced(texts, self.found(texts), pl.col("kind"))

    def found(self, texts: pl.Series) -> pl.DataFrame:
        """As Pass."""
        return spans(folded(texts), self.passes)


def folded(texts: pl.Series) -> pl.Series:
    """Decimal figures of every script, and the full-width forms, as ASCII; each text as long as before."""
    return touched(texts, texts.str.contains(_TO_FOLD), _ascii)


def _ascii(texts: pl.Series) -> pl.Series:
    table = _folds()
    return texts.str.replace_many(list(table), list(table.values()))


@cache
def _folds() -> dict[str, str]:
    """{character: the one of ASCII that it stands for}"""
    figures = filter(str.isdecimal, map(chr, range(128, sys.maxunicode + 1)))
    return {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {each: str(unicodedata.decimal(each)) for each in figures}


def has_any(texts: pl.Series, patterns: Sequence[str]) -> pl.Series:
    """bool[R]: whether a text has one of the patterns; tried one after the other, which is faster than one of alternatives."""
    return reduce(lambda one, other: one | other, (texts.str.contains(pattern) for pattern in patterns))


def pieces(marked: pl.Series) -> pl.DataFrame:
    """table[row, piece]: texts parted at MARK, in order; row = place in `marked`."""
    parts = marked.str.split(MARK)
    rows = pl.int_range(len(marked), dtype=pl.UInt32, eager=True).repeat_by(parts.list.len())
    return pl.DataFrame({"row": rows.explode(), "piece": parts.explode()})


def ready(texts: pl.Series) -> pl.Series:
    """The texts without the control characters that passes use."""
    has_one = texts.str.contains(f"[{RESERVED[0]}-{RESERVED[-1]}]")
    return touched(texts, has_one, lambda some: some.str.replace_many(RESERVED, [" "] * len(RESERVED)))


def masked(texts: pl.Series, passes: Iterable[Pass | Within]) -> pl.Series:
    """Texts that are `ready` after every pass; a pass sees only those in which it may find something."""
    for each in passes:
        if isinstance(each, Within):
            texts = touched(texts, has_any(texts, each.hints), partial(masked, passes=each.passes))
        else:
            texts = touched(texts, each.may(texts), each.masked)
    return texts


def spans(texts: pl.Series, passes: Iterable[Pass | Within]) -> pl.DataFrame:
    """Where `masked` masks, as `SPANS` in the texts as they came, in order; what a later pass takes in whole is told once."""
    told = pl.DataFrame(schema={**SPANS, "was_start": pl.Int64, "was_end": pl.Int64})
    for each in (one for group in passes for one in (group.passes if isinstance(group, Within) else (group,))):
        rows = each.may(texts).arg_true()
        if not len(rows):
            continue
        found = each.found(texts.gather(rows))
        found = found.with_columns(rows.gather(found["row"]).cast(pl.UInt32).alias("row")).sort("row", "start")
        told = _moved(told, found.select(pl.col(name).cast(dtype) for name, dtype in SPANS.items()))
        texts = touched(texts, each.may(texts), each.masked)
    return told.select("row", pl.col("was_start").alias("start"), pl.col("was_end").alias("end"), "kind").sort("row", "start")


def spliced(texts: pl.Series, told: pl.DataFrame, word: pl.Expr) -> pl.Series:
    """The texts with `[word]` in the place of each span of `told`, which is in order, without overlaps."""
    if told.is_empty():
        return texts
    done = pl.col("end").shift(1, fill_value=0).over("row")
    found = told.with_columns(texts.gather(told["row"]).alias("raw"))
    pieces = found.with_columns(pl.format("{}[{}]", pl.col("raw").str.slice(done, pl.col("start") - done), word).alias("piece"))
    parts = pieces.group_by("row", maintain_order=True).agg(pl.col("piece").str.join(""), pl.col("raw", "end").last())
    whole = parts.select(pl.col("piece") + pl.col("raw").str.slice("end")).to_series()
    return texts.clone().scatter(parts["row"], whole)


def _moved(told: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """What was told before and what is found now, both with their places in the text after this pass."""
    old = told.sort("row", "start")
    first = _last_before(found, "start", old.select("row", "start", "end", "was_start", "was_end"))
    is_inside = pl.col("start") < pl.col("end_told")
    was_start = pl.when(is_inside).then("was_start").otherwise(pl.col("start") - pl.col("end_told") + pl.col("was_end"))
    found = found.with_columns(first.select(was_start.fill_null(pl.col("start")).alias("new_start")).to_series())
    last = _last_before(found.with_columns(pl.col("end") - 1), "end", old.select("row", "start", "end", "was_start", "was_end"))
    end = pl.col("end") + 1
    was_end = pl.when(end <= pl.col("end_told")).then("was_end").otherwise(end - pl.col("end_told") + pl.col("was_end"))
    found = found.with_columns(last.select(was_end.fill_null(end).alias("was_end")).to_series()).rename({"new_start": "was_start"})
    taken = _last_before(old.with_columns(pl.col("end") - 1), "end", found.select("row", "start", "end"))
    kept = old.filter((taken["end_told"] <= old["start"]).fill_null(value=True))
    mark = pl.col("kind").str.len_chars().cast(pl.Int64) + 2
    both = pl.concat(
        [
            kept.with_columns(pl.lit(0).alias("grown")),
            found.select(kept.columns).with_columns(grown=mark - pl.col("end") + pl.col("start")),
        ],
        how="vertical_relaxed",
    ).sort("row", "start")
    shift = (pl.col("grown").cum_sum() - pl.col("grown")).over("row")
    return both.with_columns(pl.col("start") + shift, pl.col("end") + shift + pl.col("grown")).drop("grown")


def _last_before(places: pl.DataFrame, at: str, others: pl.DataFrame) -> pl.DataFrame:
    """`places` in their order, each with the last of `others` in its row that begins at or before its `at`; `end_told` is its end."""
    others = others.rename({"start": "start_told", "end": "end_told"})
    placed = places.with_row_index("_place").sort(at)
    joined = placed.join_asof(
        others.sort("start_told"), left_on=at, right_on="start_told", by="row", strategy="backward", check_sortedness=False
    )
    return joined.sort("_place").drop("_place")
