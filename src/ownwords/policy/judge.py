"""Puts the rules to records: once for every kind of record that no rule can tell apart, and by itself to whatever is peculiar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import prod
from threading import Lock

import polars as pl

from ownwords.core.schemas import CITES
from ownwords.policy.facts import NEEDED_COLUMNS, Asked, Facts
from ownwords.policy.parts import Parts
from ownwords.policy.standing import Standing

#: What of a row tells its kind. Of these columns the word itself, and how many are remembered; a row with another word is peculiar.
_WORDS = {"visibility": 4, "category": 6, "state": 2, "network": 4, "terms": 6}
#: Of these and of account_id, whether there is anything. Of created_at besides, which of the rules' moments it has reached.
#: Of these, and of what begins so, nothing: rules look at them beside signals alone, and a row with signals is peculiar.
_BESIDE = ("observed_at", "_own_at_")
#: Of how the account stands (towards the part of its records that the row is in), each column that a rule names; of a ledger event
#: (Int64), whether there is one. A row is peculiar if its author has decided about single records.
_MOST_KINDS = 1 << 24


@dataclass(frozen=True, slots=True)
class Rule:
    """One file of rules/, loaded.

    number    what a decision carries; the lowest prohibition that applies names the reason
    kind      prohibition | basis | otherwise
    says      why a record is (not) used, as the rest of a sentence that begins with `because`
    applies   bool over a row with the columns of standing.py; a null counts against the record
    clause    str: where it is written; null = `gate:NUMBER`
    moments   instants at which what `applies` says of a record's date may change
    """

    name: str
    number: int
    kind: str
    says: str
    applies: Callable[[Asked], pl.Expr]
    clause: Callable[[Asked], pl.Expr]
    moments: Callable[[Asked], Sequence[datetime]]


class Judge:
    """The rules, put to one question about the records of everybody whom `facts` know.

    order      all rules, in the order in which prohibitions, then bases, may give the reason
    remember   False: every row is judged by itself; slower, and never different
    cleared    str[n]: ids of records of others that may themselves be used, so that who quotes them may be
    """

    def __init__(self, facts: Facts, asked: Asked, order: Sequence[Rule], remember: bool = True, cleared: pl.Series | None = None) -> None:
        self.asked = asked
        self.order = order
        self.standing = Standing.of(facts, asked)
        by_record = bool(self.standing.scoped["record_id"].is_not_null().any())
        self.columns = [name for name in NEEDED_COLUMNS if name != "record_no" and (by_record or name != "record_id")]
        self._hits = {rule.name: rule.applies(asked).fill_null(rule.kind == "prohibition") for rule in order}
        reasons = [rule for kind in ("prohibition", "basis") for rule in order if rule.kind == kind]
        decides = [pl.when(self._hits[rule.name]).then(pl.lit(rule.number, pl.Int8)) for rule in reasons]
        self._deciding = pl.coalesce(*decides, pl.lit(11, pl.Int8)).alias("_rule")
        known = pl.Series(dtype=pl.String) if cleared is None else cleared
        may_be_used = (pl.col(name).is_null() | pl.col(name).is_in(known.implode()) for name in CITES)
        self._cleared = pl.all_horizontal(may_be_used).alias("_cleared")
        self._tells_references = known.is_empty()
        self._memory = self._remembered() if remember else None

    def rule(self) -> pl.Expr:
        """int8 over RECORDS rows: the number of the rule that decides."""
        author = self._memory.author if self._memory else pl.lit(0, pl.UInt32).alias("_author")
        judged = pl.struct(author, *self.columns).map_batches(self._judge, return_dtype=pl.Int8, is_elementwise=True)
        return judged.alias("_rule")

    def allowed(self) -> pl.Expr:
        """bool over rows with `_rule`: some basis, and no prohibition."""
        return pl.any_horizontal([pl.lit(False), *(pl.col("_rule") == rule.number for rule in self.order if rule.kind == "basis")])

    def clause(self) -> pl.Expr:
        """str over rows with `_rule`: where the rule that decides is written. Costs more than `rule`; nothing if nobody selects it."""
        return pl.struct(*self.columns, "_rule").map_batches(self._cite, return_dtype=pl.String, is_elementwise=True).alias("clause")

    def _judge(self, rows: pl.Series) -> pl.Series:
        frame = rows.struct.unnest()
        memory = self._memory
        if memory is None:
            return self._ask(frame)
        place, kinds = memory.kinds(frame)
        rule = memory.rules.gather(kinds)
        if rule.null_count():
            places = rule.is_null().arg_true()
            rest = frame.select(pl.all().gather(places))
            place, kinds = memory.kinds(rest) if memory.meet(rest) else (place.gather(places), kinds.gather(places))
            apart = (kinds.is_null() | kinds.is_first_distinct()).arg_true()
            judged = self._ask(rest.select(pl.all().gather(apart)), place.gather(apart))
            memory.learn(kinds.gather(apart), judged)
            said = memory.rules.gather(kinds)
            said.scatter(apart, judged)
            rule.scatter(places, said)
        return rule

    def _ask(self, rows: pl.DataFrame, place: pl.Series | None = None) -> pl.Series:
        """int8[len]: every rule, put to every row; `place` is memory's, where it knows it already."""
        if place is None or self._memory is None:
            stood = self.standing.beside(rows, self.asked)
        else:
            stood = self._memory.standing.beside_of(place, rows, self.asked)
        return stood.with_columns(self._cleared).select(self._deciding).to_series()

    def _cite(self, rows: pl.Series) -> pl.Series:
        stood = self.standing.beside(rows.struct.unnest(), self.asked)
        cited = [pl.when(pl.col("_rule") == rule.number).then(rule.clause(self.asked)) for rule in self.order]
        return stood.select(pl.coalesce(*cited, pl.format("gate:{}", pl.col("_rule"))).alias("clause")).to_series()

    def _remembered(self) -> _Memory | None:
        """A memory, unless some rule looks at a column of which it is not said above how much of it tells kinds apart."""
        told = {"account_id", "created_at", "signals", "_cleared", *_WORDS, *CITES, *self.standing.people.columns}
        named: set[str] = set()
        for hit in self._hits.values():
            roots = set(hit.meta.root_names())
            beside = {name for name in roots if name.startswith(_BESIDE)}
            if roots - told - beside or (beside and "signals" not in roots):
                return None
            named |= roots - beside
        moments = sorted({moment for rule in self.order for moment in rule.moments(self.asked)})
        return _Memory(self.standing, Parts.of(self.standing, self.asked), named, moments, self._tells_references)


class _Memory:
    """The rule that decides, by kind of row; kinds are numbered by how the account stands, and within that by what the row is like.

    author  uint32 over RECORDS rows, `_author`: the place in `first`
    first   uint32[A + 2 + P]: the first kind of each account's rows, of an unknown account's, of nobody's, and of the rows in each part
            of an account's; null: peculiar, or told by parts
    standing  how accounts stand, with a row for each place
    rules   int8[K]: what decides each kind, null = not known yet
    """

    def __init__(
        self, standing: Standing, parts: Parts | None, named: set[str], moments: Sequence[datetime], tells_references: bool
    ) -> None:
        n_like = prod(_WORDS.values()) * 2 ** len(CITES) * (len(moments) + 2)
        people, n_people = standing.people, standing.people.height
        of_parts = parts.people if parts else people.clear()
        ways, n_ways = _ways(pl.concat([people, of_parts]), named, _MOST_KINDS // n_like)
        strangers = pl.Series([n_ways - 2, n_ways - 1], dtype=pl.UInt32)
        self.first = pl.concat([ways.head(n_people), strangers, ways.slice(n_people)]) * n_like
        self.standing = replace(standing, people=pl.concat([people, people.clear(2), of_parts]))
        self._n_like = n_like
        self.rules = pl.repeat(None, n_ways * n_like, dtype=pl.Int8, eager=True)
        self._parts = parts
        known = standing.place.fill_null(n_people)
        self.author = pl.when(pl.col("account_id").is_not_null()).then(known).otherwise(n_people + 1).cast(pl.UInt32).alias("_author")
        self._moments = moments
        self._tells_references = tells_references
        self._words: dict[str, list[str | None]] = {name: [] for name in _WORDS}
        self._like = self._likeness()
        self._lock = Lock()

    def kinds(self, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        """uint32[len] of each row: the place of its author, or of the author's part to which it belongs; its kind, null = peculiar."""
        place = rows["_author"]
        like = rows.select(self._like).to_series()
        kinds: pl.Series = self.first.gather(place) + like
        if self._parts and kinds.null_count():
            apart = kinds.is_null().arg_true()
            some = rows.select(pl.col("_author", "category", "created_at", "signals").gather(apart))
            part = self._parts.place(some["_author"], some) + (self.first.len() - self._parts.people.height)
            place = place.clone().scatter(apart, part.fill_null(some["_author"]))
            kinds.scatter(apart, self.first.gather(place.gather(apart)) + like.gather(apart))
        return place, kinds

    def meet(self, rows: pl.DataFrame) -> bool:
        """Take words in that were not met yet, as far as there is room; whether there were any."""
        with self._lock:
            room = {name: n - len(self._words[name]) for name, n in _WORDS.items() if n > len(self._words[name])}
            new = {name: _unmet(rows[name], self._words[name])[:n] for name, n in room.items()}
            if any(new.values()):
                self._words = {name: words + new.get(name, []) for name, words in self._words.items()}
                self._like = self._likeness()
                return True
        return False

    def learn(self, kinds: pl.Series, decided: pl.Series) -> None:
        """Keep what decides these kinds; null is none."""
        known = kinds.is_not_null()
        if known.any():
            with self._lock:
                rules = self.rules.clone()  # others may be reading the old one
                rules.scatter(kinds.filter(known), decided.filter(known))
                self.rules = rules

    def _likeness(self) -> pl.Expr:
        """uint32 over rows: what a row is like, in mixed radix; null where it has signals or a word that is not remembered."""
        # Small numbers, and literals that are multiplied already: each step here is taken by every row.
        narrow = pl.UInt16 if self._n_like <= 1 << 16 else pl.UInt32
        parts: list[pl.Expr] = []
        n = 1
        for name in CITES:
            parts.append(pl.when(pl.col(name).is_not_null()).then(pl.lit(n, narrow)).otherwise(pl.lit(0, narrow)))
            n *= 2
        for name, n_words in _WORDS.items():
            parts.append(_place(name, self._words[name], n, narrow))
            n *= n_words
        reached = sum(((pl.col("created_at") >= moment).cast(narrow) for moment in self._moments), pl.lit(1, narrow))
        parts.append(pl.when(pl.col("created_at").is_not_null()).then(reached * pl.lit(n, narrow)).otherwise(pl.lit(0, narrow)))
        silent = pl.col("signals").is_null() | (pl.col("signals").list.len() == 0)
        if not self._tells_references:  # what they quote may or may not be used: each is looked at by itself
            silent &= pl.all_horizontal(pl.col(name).is_null() for name in CITES)
        return pl.when(silent).then(pl.sum_horizontal(parts, ignore_nulls=False)).cast(pl.UInt32).alias("_like")


def _unmet(told: pl.Series, words: list[str | None]) -> list[str | None]:
    """The values that are not among `words`, the commonest first."""
    found: list[str | None] = told.value_counts(sort=True)[told.name].to_list()
    return [word for word in found if word not in words]


def _place(column: str, words: list[str | None], times: int, narrow: type[pl.DataType]) -> pl.Expr:
    """Where the row's word stands in `words`, times that; null where it does not."""
    place = pl.lit(None, narrow)
    for k in reversed(range(len(words))):
        is_it = pl.col(column).is_null() if words[k] is None else (pl.col(column) == words[k])
        place = pl.when(is_it).then(pl.lit(k * times, narrow)).otherwise(place)
    return place


def _ways(people: pl.DataFrame, named: set[str], most: int) -> tuple[pl.Series, int]:
    """uint32[A]: how each account stands as far as the `named` columns tell; and how many ways, with that of strangers and of nobody.

    Null: some decision of theirs is about some records only, or hardly anybody else stands like that.
    """
    columns = [name for name in people.columns if name in named]
    looks = [pl.col(name).is_not_null() if people.schema[name] == pl.Int64 else pl.col(name) for name in columns]
    seen = people.select(*looks, "_scoped")
    common = seen.filter(~pl.col("_scoped")).group_by(seen.columns).len().top_k(max(most - 2, 0), by="len").drop("len")
    numbered = common.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("_way"))
    ways = seen.join(numbered, on=seen.columns, how="left", nulls_equal=True, maintain_order="left")["_way"]
    return ways, common.height + 2
