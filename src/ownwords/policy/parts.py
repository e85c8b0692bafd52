"""People whose decisions are about some of their records only, and the parts of their records within which they stand in one way."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ownwords.core.schemas import RECORDS, SPECIAL, conform
from ownwords.policy.facts import Asked, is_special
from ownwords.policy.standing import Standing

#: With more parts or categories than these, each record is looked at by itself.
_MOST = 1 << 20
_MOST_WORDS = 32


@dataclass(frozen=True, slots=True)
class Parts:
    """Whoever decides by date and category divides their records at the dates they name, and each span by the categories anybody names.

    A part's number is its span's times the number of categories, plus its category's: one of `words`, another, or none. Spans are
    numbered person by person, from the first date on; then come everybody's undated records.

    people   table[P]: Standing.people, as it is for each part
    person   int64[A + 2]: of a row of Standing.people (of an unknown person, of nobody) its place among those who divide; null = none:
             what they decide is about all of their records, or about single records
    dates    time[M]: all that anybody names, ascending
    begins   int64[N]: person * (M + 1) + place in `dates` + 1 of each date that a person names, ascending
    words    the categories that anybody names
    by_mark  somebody names what is marked as of a special category: records with that mark are then in no part
    """

    people: pl.DataFrame
    person: pl.Series
    dates: pl.Series
    begins: pl.Series
    words: tuple[str, ...]
    by_mark: bool

    @classmethod
    def of(cls, standing: Standing, asked: Asked) -> Parts | None:
        """The parts; None if nobody divides, or there would be too many."""
        single = standing.scoped.filter(pl.col("record_id").is_not_null())["_person"].unique()
        dividing = standing.scoped.filter(~pl.col("_person").is_in(single.implode()))
        who = dividing["_person"].unique().sort()
        words = tuple(word for word in dividing["category"].drop_nulls().unique().sort() if word != SPECIAL)
        named = pl.concat([dividing.select("_person", pl.col(name).alias("at")) for name in ("since", "until")]).drop_nulls().unique()
        n_parts = (named.height + 2 * who.len()) * (len(words) + 2)
        if who.is_empty() or len(words) > _MOST_WORDS or n_parts > _MOST:
            return None
        dates = named["at"].unique().sort()
        nobody = pl.repeat(None, standing.people.height + 2, dtype=pl.Int64, eager=True)
        person = nobody.scatter(who, pl.int_range(who.len(), eager=True))
        begins = person.gather(named["_person"]) * (dates.len() + 1) + dates.search_sorted(named["at"], side="right")
        undated = who.to_frame().with_columns(pl.lit(None, named.schema["at"]).alias("at"))
        before = pl.lit(dates.min(), named.schema["at"]) - pl.duration(microseconds=1)
        dated = pl.concat([undated, named]).sort("_person", "at").with_columns(pl.coalesce("at", before, pl.lit(asked.at)))
        kinds = pl.DataFrame({"category": [*words, "not " + " or ".join(words), None]}, schema={"category": pl.String})
        each = pl.concat([dated, undated]).rename({"at": "created_at"}).join(kinds, how="cross", maintain_order="left_right")
        rows = conform(each, {name: RECORDS[name] for name in ("category", "created_at", "record_id", "signals")})
        people = standing.beside_of(each["_person"], rows, asked).select(standing.people.columns)
        return cls(
            people.with_columns(pl.lit(False).alias("_scoped")),
            person,
            dates,
            begins.sort(),
            words,
            bool((dividing["category"] == SPECIAL).any()),
        )

    def place(self, person: pl.Series, rows: pl.DataFrame) -> pl.Series:
        """int64[len]: the part to which each row belongs, by its author's row in Standing.people; null for a row in none."""
        number = self.person.gather(person)
        reached = number * (self.dates.len() + 1) + self.dates.search_sorted(rows["created_at"], side="right")
        dated = self.begins.search_sorted(reached, side="right") + number
        undated = self.begins.len() + self.person.count() + number
        category = pl.when(pl.col("category").is_null()).then(len(self.words) + 1).otherwise(len(self.words))
        for k, word in enumerate(self.words):
            category = pl.when(pl.col("category") == word).then(k).otherwise(category)
        if self.by_mark:
            category = pl.when(~is_special()).then(category)
        span = dated.zip_with(rows["created_at"].is_not_null(), undated)
        return span * (len(self.words) + 2) + rows.select(category).to_series()
