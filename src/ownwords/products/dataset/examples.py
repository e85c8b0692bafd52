"""A few posts on their way through the steps, for the report: before and after, and some of those that were dropped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl
from pyroaring import BitMap64

from ownwords.core import plugins
from ownwords.core.step import DROP, Stage
from ownwords.datasets._stable import hashed
from ownwords.engine.run import dropped

if TYPE_CHECKING:
    from pathlib import Path

    from ownwords.core.dataset import StepRecord

#: Texts looked at for each thing to show, and shown.
_LOOKED_AT, _SHOWN = 20, 3
_KEPT_SHOWN = 8
#: What may stand for a name, or be one: @names, links, numbers, hosts, marks. A text with one is not shown, since what the steps take
#: out should not stand beside them, and a name that the store has forgotten must leave the same report as a name that is there.
_POINTS_AT_SOMEBODY = r"[@_\d\[\]{}\\]|://|www\.|(?i)\bu/|\w\.\w|[A-Za-z]:[A-Za-z]"
_LONGEST = 280
#: Steps that take out what points at people: a post that they changed is not shown.
_HIDES = ("pii",)
#: The step from which on none changes a text, and which takes long to begin.
_UNCHANGED_FROM = "decontaminate"
#: Steps from which on rows are turns, pairs or dialogues; what `threads` drops are posts still.
_TURNS = ("threads", "pairs", "split")


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts of permitted posts, cut to 280 characters.

    kept      of each post shown: (step, text after it), the first being `as written`, and then each step that changed it
    dropped   (step, reason) -> texts as they were when it dropped them
    origins   record numbers of all posts shown
    """

    kept: tuple[tuple[tuple[str, str], ...], ...] = ()
    dropped: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    origins: BitMap64 = field(default_factory=BitMap64)


def collect(raw: pl.LazyFrame, steps: tuple[StepRecord, ...], kept: pl.DataFrame, scratch: Path) -> Examples:
    """Follow some posts through the steps that look at one post at a time; but not to a recogniser, whose model takes long to begin.

    So of the posts of the dataset those are shown that stand in it as they come out of the other steps: in these it found nothing.
    Of the dropped, what it would have found is not known where it saw them: then they are not shown.

    raw       permitted RECORDS
    steps     what ran
    kept      record_id, record_no, text: posts of the dataset, more than will be shown
    scratch   where the engine noted what it dropped
    """
    names = [step.name for step in steps]
    early = names[: next((place for place, name in enumerate(names) if name in _TURNS), len(names))]
    unseen = next((place for place, step in enumerate(steps) if dict(step.params).get("recogniser")), None)
    told = [*early, "threads"] if unseen is None else early[:unseen]
    gone = _least(dropped(scratch).filter(pl.col("step").is_in(told)).collect(engine="streaming"))
    wanted = pl.concat([kept.select("record_no"), gone.select("record_no")])["record_no"].unique()
    if wanted.is_empty():
        return Examples()
    found = raw.filter(pl.col("record_no").is_in(wanted.implode())).collect(engine="streaming")
    after = _followed(found, steps, early)
    shown = BitMap64()
    trails = list[tuple[tuple[str, str], ...]]()
    for number, text in kept.select("record_no", "text").iter_rows():
        if number in after and after[number][-1][1] == text and len(trails) < _KEPT_SHOWN:
            trails.append(tuple((name, _cut(said)) for name, said in after[number]))
            shown.add(number)
    texts: dict[tuple[str, str], tuple[str, ...]] = {}
    for step, reason, number in gone.select("step", "reason", "record_no").iter_rows():
        so_far = texts.get((step, reason), ())
        if number in after and len(so_far) < _SHOWN:
            before = names[: names.index(step)]
            seen = [text for name, text in after[number] if name == "as written" or name in before]
            text = _cut(seen[-1])
            if text not in so_far:
                texts[step, reason] = (*so_far, text)
                shown.add(number)
    return Examples(tuple(trails), texts, shown)


def chance(name: str, seed: int = 0) -> pl.Expr:
    """UInt64 by which posts are chosen: it hangs on their ids (in column `name`) and `seed` alone; of equals, the id decides."""
    return hashed(pl.col(name), seed, n_words=1)


def _least(gone: pl.DataFrame) -> pl.DataFrame:
    """Of each step and reason the posts to look at."""
    ordered = gone.with_columns(chance("record_id").alias("_chance")).sort("position", "reason", "_chance", "record_id")
    return ordered.group_by("position", "step", "reason", maintain_order=True).head(_LOOKED_AT)


def _followed(found: pl.DataFrame, steps: tuple[StepRecord, ...], early: list[str]) -> dict[int, list[tuple[str, str]]]:
    """Of each post that may be shown: its text as written, and after each step that changed it.

    Followed are the stages that look at each post by itself; the others change no text.
    """
    raw = found.filter(pl.col("text").is_not_null() & ~pl.col("text").str.contains(_POINTS_AT_SOMEBODY))
    trails: dict[int, list[tuple[str, str]]] = {
        number: [("as written", text)] for number, text in raw.select("record_no", "text").iter_rows()
    }
    rows = raw
    for step in steps[: early.index(_UNCHANGED_FROM) if _UNCHANGED_FROM in early else len(early)]:
        params = dict(step.params)
        if "recogniser" in params:
            params["recogniser"] = ""
        if "pseudonyms" in params:
            params["pseudonyms"] = False  # these are dealt out among all posts together
        for stage in plugins.load("step", step.name).stages(params):
            if isinstance(stage, Stage) and stage.key is None:
                done = stage.run(rows.lazy()).collect()
                rows = done.filter(pl.col(DROP).is_null()).drop(DROP) if DROP in done.columns else done
        for number, text in rows.select("record_no", "text").iter_rows():
            if number in trails and text != trails[number][-1][1]:
                trails[number].append((step.name, text))
                if step.name in _HIDES:
                    del trails[number]
    return trails


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
