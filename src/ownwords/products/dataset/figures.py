"""What a dataset's rows add up to: counts for the manifest, the card and the charts, taken part by part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl
from pyroaring import BitMap64

from ownwords.products.dataset.examples import chance

if TYPE_CHECKING:
    from ownwords.core.schemas import Columns

#: Upper ends (characters) of the bars for lengths of learnt turns; the last bar is open.
LENGTHS = (10, 20, 40, 80, 160, 320, 640, 1280, 2560)
_CHOSEN: Columns = {"record_id": pl.String, "record_no": pl.Int64, "text": pl.String}
_N_CHOSEN = 64
_PEOPLE: Columns = {"account_id": pl.String, "n": pl.Int64, "n_held": pl.Int64}
#: Parts of the Lorenz curve.
_CURVE = 20


@dataclass(slots=True)
class Figures:
    """Counts over DIALOGUES; nothing in them is a person's name or a record's number but `people` and `origins`.

    split, month, language, network, terms   rows by value; month is `2024-01`, or `unknown`
    length      learnt turns by place in LENGTHS (len(LENGTHS): longer)
    turns       rows by number of turns
    people      account_id, n, n_held: the turns of each, and those of them that are held out
    origins     record numbers
    chosen      record_id, record_no and text of some first learnt turns, by a hash of their ids
    """

    split: Counter[str] = field(default_factory=Counter)
    month: Counter[str] = field(default_factory=Counter)
    language: Counter[str] = field(default_factory=Counter)
    network: Counter[str] = field(default_factory=Counter)
    terms: Counter[str] = field(default_factory=Counter)
    length: Counter[int] = field(default_factory=Counter)
    turns: Counter[int] = field(default_factory=Counter)
    people: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_PEOPLE))
    origins: BitMap64 = field(default_factory=BitMap64)
    chosen: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_CHOSEN))
    n_characters: int = 0
    n_withheld: int = 0

    @property
    def n_rows(self) -> int:
        """Dialogues."""
        return sum(self.split.values())

    @property
    def n_turns(self) -> int:
        """Turns, those shown without being learnt included."""
        return sum(n * rows for n, rows in self.turns.items())

    @property
    def n_learnt(self) -> int:
        """Turns that are learnt."""
        return sum(self.length.values())

    @property
    def n_people_held(self) -> int:
        """People with words in held_out."""
        return int((self.people["n_held"] > 0).sum())

    def add(self, rows: pl.DataFrame, answers: pl.Series | None = None) -> None:
        """Count in some more DIALOGUES.

        answers   where a row teaches its answer alone: the text of each; null: the turns tell
        """
        self.split.update(_counted(rows["split"]))
        month = rows["created_at"].dt.month_start().dt.date().alias("month")
        self.month.update({str(value)[:7] if value else "unknown": n for value, n in _counted(month).items()})
        for name, unknown in (("language", "und"), ("network", "unknown"), ("terms", "unknown")):
            getattr(self, name).update(_counted(rows[name].fill_null(unknown)))
        self.turns.update(_counted(rows["turns"].list.len()))
        said = rows.select(pl.col("turns").explode(empty_as_null=False)).unnest("turns")
        learnt = (said.filter("learn")["text"] if answers is None else answers).str.len_chars()
        place = pl.Series(LENGTHS).cast(learnt.dtype).search_sorted(learnt, side="left")
        self.length.update(_counted(pl.Series("place", place)))
        self.n_characters += int(learnt.sum() or 0)
        self.n_withheld += said["record_id"].null_count()
        is_held = pl.col("split") == "held_out"
        people = rows.select(pl.col("people").alias("account_id"), is_held.alias("is_held")).explode("account_id").drop_nulls()
        counted = people.group_by("account_id").agg(
            pl.len().cast(pl.Int64).alias("n"), pl.col("is_held").sum().cast(pl.Int64).alias("n_held")
        )
        self.people = pl.concat([self.people, counted]).group_by("account_id").agg(pl.col("n", "n_held").sum())
        self.origins |= BitMap64(rows["origins"].explode(empty_as_null=False).unique().to_numpy())

        self._choose(rows)

    def _choose(self, rows: pl.DataFrame) -> None:
        """Keep the first learnt turns whose ids come first by chance."""
        ids = rows.select("row_id", pl.int_range(pl.len()).alias("place"), chance("row_id").alias("chance"))
        first = ids.bottom_k(_N_CHOSEN, by=["chance", "row_id"])
        some = rows.select("row_id", "turns", "origins")[first["place"].to_list()]
        held = some.with_columns(pl.col("turns").list.filter(pl.element().struct.field("record_id").is_not_null()))
        of_turns = pl.col("origins").list.head(pl.col("turns").list.len())  # of a preference, the rejected answer's comes last
        pairs = held.with_columns(of_turns).explode("origins", "turns").unnest("turns").filter(pl.col("record_id") == pl.col("row_id"))
        found = pairs.select("record_id", pl.col("origins").alias("record_no"), "text")
        self.chosen = pl.concat([self.chosen, found]).sort(chance("record_id"), "record_id").head(_N_CHOSEN)

    def lorenz(self) -> list[float]:
        """Share of all turns that the quietest 0, 5 ... 100 % of the people wrote; a straight line if all wrote as much."""
        counts = self.people["n"].sort().cum_sum()
        if counts.is_empty():
            return []
        total = int(counts[-1])
        places = [len(counts) * k // _CURVE for k in range(_CURVE + 1)]
        return [int(counts[place - 1]) / total if place else 0.0 for place in places]

    def share_of_busiest(self, people: float) -> float:
        """Share of all turns by the busiest `people` (0 to 1) of the people, one person at least."""
        counts = self.people["n"].sort(descending=True)
        return int(counts.head(max(1, int(len(counts) * people))).sum()) / int(counts.sum()) if len(counts) else 0.0


def _counted(values: pl.Series) -> dict[Any, int]:
    return dict(values.alias("value").value_counts(name="n").iter_rows())
