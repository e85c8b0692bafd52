"""How each account stands towards a question: state, age, and the decisions that count, collapsed to one row an account.

Columns added to a record's row (an account nobody knows has nulls in all):

_state      Int8    STATE_CODES, UNKNOWN_STATE for a word that is not in it, null where nobody told
_minor      bool    under the age of majority of its jurisdiction
_child      bool    to be treated as a child: a minor, or of unknown age where params/age_unknown.toml says so
_home       str     the network the account lives on
_jurisdiction       ISO 3166-1 alpha-2, null = unknown
_own        Int64   ledger event of the person's own consent, null = none covers the record
_guardian   Int64   of a guardian's consent for exactly this purpose, while the person is known to be a minor
_directive  Int64   of the person's own lifetime directive for exactly this purpose, once they are dead
_denied     Int64   of a standing refusal, withdrawal or objection
_explicit   bool    the person's own consent to exactly this purpose names the record's category, or the record itself
_special    bool    the same for what is marked as of a special category
_own_at_K   time    of the person's newest own consent to Asked.chain[K]: replaces imported and inferred denials before it
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ownwords.core.purpose import granted_by
from ownwords.core.schemas import RECORDS, SPECIAL, conform
from ownwords.policy import numbers
from ownwords.policy.facts import FAR, STATE_CODES, UNKNOWN_STATE, Asked, Facts, is_special

_SCOPE = ("category", "since", "until", "record_id")
#: What of a record a scoped decision can depend on.
_ROW_KEYS = {name: RECORDS[name] for name in ("category", "created_at", "record_id")}


@dataclass(frozen=True, slots=True)
class Standing:
    """How everybody stands towards one question.

    people   table[A]: the columns above, and _scoped: some decision of theirs is about some of their records only; the columns that
             decisions make are then null here, and `beside` fills them
    scoped   table[D]: the decisions of those, as `_live` gives them
    place    uint32 over rows with account_id: the account's row in `people`; null where nobody knows it
    """

    people: pl.DataFrame
    scoped: pl.DataFrame
    place: pl.Expr

    @classmethod
    def of(cls, facts: Facts, asked: Asked) -> Standing:
        """Everybody of whom an account, a state or a decision is known."""
        known = _described(facts.accounts, asked)
        n_people, place, states, decisions = _numbered(known["account_id"], facts.states, facts.decisions)
        people = _accounts(known, n_people, states, asked)
        live = _live(decisions, people, asked)
        some = live.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in _SCOPE))["_person"].unique()
        is_scoped = pl.repeat(False, n_people, eager=True).scatter(some, True).alias("_scoped")
        of_scoped = is_scoped.gather(live["_person"])
        whole = _collapse(live.filter(~of_scoped).lazy(), "_person", asked).collect()
        people = people.hstack(whole.drop("_person").clear(n_people))
        return cls(_filled(people, whole).with_columns(is_scoped), live.filter(of_scoped), place)

    def beside(self, rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
        """`rows`, in their order, with the columns above."""
        return self.beside_of(rows.select(self.place).to_series(), rows, asked)

    def beside_of(self, person: pl.Series, rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
        """The same of rows whose authors are these rows of `people` (uint32[len])."""
        known = self.people.select(pl.all().gather(person))
        stood = rows.hstack(known)
        if self.scoped.is_empty() or not known["_scoped"].any():
            return stood
        marked = stood.select(is_special().alias("_marked"))
        keys = conform(stood, _ROW_KEYS).with_columns(marked.to_series(), person.alias("_person")).with_row_index("_row")
        return _filled(stood, _collapse(_covered(keys.filter(known["_scoped"]).lazy(), self.scoped.lazy()), "_row", asked).collect())


def _filled(table: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """`table` with what is `told` of some of its rows; told's first column says of which."""
    places, *columns = told.get_columns()
    return table.with_columns(table[column.name].clone().scatter(places, column) for column in columns)


def _described(accounts: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """table: account_id, _told, _home, _jurisdiction, born_on, majority; one row an account, in the order in which they are told of.

    Accounts that lie together in the store had best lie together here: then what a block of records looks up is near at hand.
    """
    ages = numbers.ages_of_majority(asked.at)
    majority = pl.col("jurisdiction").replace_strict(ages, default=ages[numbers.ANYWHERE], return_dtype=pl.Int32)
    known = accounts.filter(pl.col("account_id").is_not_null()).select(
        "account_id",
        _code(pl.col("state")).alias("_told"),
        pl.col("network").alias("_home"),
        pl.col("jurisdiction").alias("_jurisdiction"),
        "born_on",
        majority.alias("majority"),
    )
    if known["account_id"].n_unique() == known.height:
        return known
    return known.group_by("account_id", maintain_order=True).agg(
        pl.col("_told").max(), pl.col("_home").min(), _agreed("_jurisdiction"), pl.col("born_on").max(), pl.col("majority").max()
    )


def _numbered(ids: pl.Series, states: pl.DataFrame, decisions: pl.DataFrame) -> tuple[int, pl.Expr, pl.DataFrame, pl.DataFrame]:
    """How many people there are, Standing.place, and both tables with `_person`: everybody in `ids`, then whom only these tell of."""
    # An enumeration is a hash table made once, which serves block after block of rows; a join would make it anew for each.
    place = pl.col("account_id").cast(pl.Enum(ids), strict=False).to_physical().cast(pl.UInt32)
    states, decisions = (table.with_columns(place.alias("_person")) for table in (states, decisions))
    strangers = pl.concat([table.filter(pl.col("_person").is_null())["account_id"] for table in (states, decisions)]).drop_nulls().unique()
    if strangers.is_empty():
        return ids.len(), place, states, decisions
    return _numbered(pl.concat([ids, strangers]), states, decisions)


def _accounts(known: pl.DataFrame, n_people: int, states: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """table[A]: _state, _minor, _child, _home, _jurisdiction, _dead."""
    told = pl.concat([known, known.clear(n_people - known.height)]).with_columns(pl.lit(None, pl.Int8).alias("_state"))
    ruled = states.filter(pl.col("_person").is_not_null()).group_by("_person").agg(_code(pl.col("state")).max().alias("_state"))
    age = _age_years(pl.col("born_on"), asked.at)
    minor = (age < pl.col("majority")).fill_null(False)
    unknown = pl.col("born_on").is_null()
    child = minor | unknown if numbers.unknown_age_is_child(asked.purpose, asked.at) else minor
    state = pl.coalesce("_state", "_told").alias("_state")
    dead = pl.col("_state").is_in([STATE_CODES["memorialised"], STATE_CODES["historical"]]).fill_null(False).alias("_dead")
    return _filled(told, ruled).select(state, minor.alias("_minor"), child.alias("_child"), "_home", "_jurisdiction").with_columns(dead)


def _agreed(column: str) -> pl.Expr:
    """The one value that all rows of the group tell; null where none does or two differ."""
    return pl.when(pl.col(column).drop_nulls().n_unique() == 1).then(pl.col(column).drop_nulls().first())


def _code(state: pl.Expr) -> pl.Expr:
    coded = state.replace_strict(STATE_CODES, default=UNKNOWN_STATE, return_dtype=pl.Int8)
    return pl.when(state.is_not_null()).then(coded)


def _age_years(born_on: pl.Expr, at: datetime) -> pl.Expr:
    """Whole years; who was born on 29 February is a year older on 1 March."""
    ahead = (born_on.dt.month().cast(pl.Int32) * 100 + born_on.dt.day()) > at.month * 100 + at.day
    return at.year - born_on.dt.year() - ahead.cast(pl.Int32)


def _live(decisions: pl.DataFrame, people: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """The decisions that bear on the question: effective, about its purposes, the one that stands of each voice and scope.

    `give` and `renew` grant, `expire` ends what was granted, any other effect denies. A grant stands if it is newer than every denial
    and end of the same voice and scope, both by when it takes effect and by when it arrived, and has not expired; else the newest
    denial does. A denial without date or purpose counts, a grant without them does not. Words for after death count once the person
    is dead, and then stand beside those said in life.
    """
    gives = pl.col("effect").is_in(["give", "renew"]).fill_null(False)
    timely = pl.when(gives).then(pl.col("effective_at") <= asked.at).otherwise(pl.col("effective_at").fill_null(asked.at) <= asked.at)
    about = pl.col("purpose").is_in(list(asked.chain)) | (pl.col("purpose").is_null() & ~gives)
    bearing = decisions.filter(timely.fill_null(False) & about.fill_null(False) & pl.col("_person").is_not_null()).with_columns(
        gives.alias("gives"),
        ~gives.alias("denies"),
        pl.col("effective_at").fill_null(FAR).alias("moment"),
        pl.col("seq").fill_null(-1),
        pl.col("is_lifetime").fill_null(False),
    )
    stood = people.select(pl.col("_minor", "_child", "_dead").gather(bearing["_person"]))
    said = bearing.hstack(stood).filter(~pl.col("is_lifetime") | pl.col("_dead"))
    alone = said["_person"].is_unique()  # most people decide once: nothing to compare
    over = pl.col("gives") & (pl.col("expires_at") <= asked.at).fill_null(False)
    lasting = pl.concat([said.filter(alone), _latest(said.filter(~alone))]).filter(~over & ~_says("effect", "expire"))
    own = _says("by", "self") & _says("source", "self") & ~pl.col("denies") & ~pl.col("_child")
    told_by_others = _says("by", "import") | (_says("by", "self") & (pl.col("source") != "self").fill_null(False))
    exactly = _says("purpose", asked.purpose)
    return lasting.select(
        "_person",
        "purpose",
        *_SCOPE,
        "seq",
        "moment",
        "denies",
        (pl.col("denies") & told_by_others).alias("replaceable"),
        (own & (pl.col("is_lifetime") | ~pl.col("_dead"))).alias("own"),
        (own & pl.col("is_lifetime") & exactly).alias("directive"),
        (_says("by", "guardian") & ~pl.col("denies") & exactly & ~pl.col("_dead") & pl.col("_minor")).alias("guardian"),
        (own & exactly & (pl.col("is_lifetime") | ~pl.col("_dead"))).alias("exact"),
        pl.col("_dead").alias("dead"),
    )


def _latest(said: pl.DataFrame) -> pl.DataFrame:
    """Of each voice and scope the decision that stands; a grant for life and one for after death stand side by side."""
    voice = ["_person", "by", "source", "purpose", *_SCOPE]
    ended = [pl.when(~pl.col("gives")).then(name).max().over(voice) for name in ("seq", "moment")]
    stands = ((pl.col("seq") > ended[0]) & (pl.col("moment") >= ended[1])).fill_null(True)
    return (
        said.lazy()
        .filter(~pl.col("gives") | stands)
        .filter(~_says("effect", "expire"))
        .filter(pl.col("gives") | ~pl.col("gives").any().over(voice))
        .sort("moment", "seq", pl.col("expires_at").fill_null(FAR), descending=[False, False, True])
        .unique([*voice, "is_lifetime"], keep="last", maintain_order=True)
        .collect()
    )


def _says(column: str, word: str) -> pl.Expr:
    return (pl.col(column) == word).fill_null(False)


def _covered(keys: pl.LazyFrame, scoped: pl.LazyFrame) -> pl.LazyFrame:
    """One row a record and decision that covers it. What the record does not say, a denial covers and a grant does not."""
    decisions = scoped.rename({"category": "d_category", "record_id": "d_record_id"})
    wanted = {
        "d_category": pl.when(pl.col("d_category") == SPECIAL).then("_marked").otherwise(pl.col("d_category") == pl.col("category")),
        "d_record_id": pl.col("d_record_id") == pl.col("record_id"),
        "since": pl.col("created_at") >= pl.col("since"),
        "until": pl.col("created_at") < pl.col("until"),
    }
    covers = [pl.col(scope).is_null() | holds.fill_null(pl.col("denies")) for scope, holds in wanted.items()]
    return keys.join(decisions, on="_person", how="inner").filter(pl.all_horizontal(covers))


def _collapse(live: pl.LazyFrame, key: str, asked: Asked) -> pl.LazyFrame:
    """One row per `key`: _own, _guardian, _directive, _denied, _explicit, _special, _own_at_K."""
    own_at = [
        pl.when(pl.col("own") & pl.col("purpose").is_in(list(granted_by(name)))).then("moment").max().over(key).alias(f"_own_at_{k}")
        for k, name in enumerate(asked.chain)
    ]
    d_category, d_record_id = ("category", "record_id") if key == "_person" else ("d_category", "d_record_id")
    by_name = pl.col("exact") & (pl.col(d_category).is_not_null() | pl.col(d_record_id).is_not_null())
    is_special_scope = pl.col(d_category) == SPECIAL
    replaced = pl.lit(False)
    for k, name in enumerate(asked.chain):
        replaced |= _says("purpose", name) & (pl.col(f"_own_at_{k}") > pl.col("moment")).fill_null(False)
    denied = pl.col("denies") & ~(pl.col("replaceable") & replaced)
    consents = pl.col("own") & ~pl.col("dead") & pl.col("purpose").is_in(list(granted_by(asked.purpose)))
    return (
        live.with_columns(own_at)
        .group_by(key)
        .agg(
            pl.when(consents).then("seq").max().alias("_own"),
            pl.when("guardian").then("seq").max().alias("_guardian"),
            pl.when("directive").then("seq").max().alias("_directive"),
            (by_name & ~is_special_scope.fill_null(False)).any().alias("_explicit"),
            (by_name & is_special_scope.fill_null(True)).any().alias("_special"),
            pl.when(denied).then("seq").max().alias("_denied"),
            *(pl.col(f"_own_at_{k}").first() for k in range(len(asked.chain))),
        )
    )
