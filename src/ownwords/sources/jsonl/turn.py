"""Columns of a foreign table become ours, as the mapping says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.errors import BadInput
from ownwords.core.schemas import ACCOUNT_STATES, CATEGORIES, MEDIA, RECORD_STATES, SIGNALS, TIME, VISIBILITIES
from ownwords.sources._batches import REFUSE, Turned
from ownwords.sources._columns import in_range, iso, json_of, since_epoch
from ownwords.sources._json import AT
from ownwords.sources.jsonl.mapping import INSTANTS, KNOWN, LISTS, REFERENCES, TERMS

if TYPE_CHECKING:
    from ownwords.core.source import ReadOptions
    from ownwords.sources.jsonl.mapping import Mapping

#: Network of a file that names none.
LOCAL = "local"
_NO_WORDS = ("reaction", "repost", "profile", "connection", "skill", "position", "education")


def turn(frame: pl.DataFrame, mapping: Mapping, options: ReadOptions) -> Turned:
    """Records and accounts.

    frame    their columns as text, and `_at`
    mapping  what they mean
    """
    ours = _typed(_ours(frame, mapping), mapping).with_columns(
        category=pl.coalesce("category", pl.when(pl.col("reply_to").is_not_null()).then(pl.lit("reply")).otherwise(pl.lit("post"))),
        visibility=pl.col("visibility").fill_null("unknown"),
        state=pl.col("state").fill_null("live"),
        observed_at=pl.col("observed_at").fill_null(options.observed_at),
        handle=pl.coalesce("handle", _name()).str.strip_prefix("@"),
        author=pl.col("author").str.strip_prefix("@"),
        network=_network(),
    )
    named = ours.with_columns(
        record_id=pl.coalesce("record_id", _full("id")),
        account_id=pl.coalesce("account_id", _full("author")),
        **{name: _full(name) for name in REFERENCES},
        **{name: _each_full(ours, name) for name in ("mentions", "audience")},
    )
    attributes = json_of(**{name: pl.col(_inner(name)) for name in mapping.attributes}) if mapping.attributes else pl.lit(None, pl.String)
    rows = named.with_columns(
        attributes.alias("attributes"), _media().alias("media"), _signals(mapping).alias("signals"), _refuse().alias(REFUSE)
    )
    people = named.select("account_id", "network", "handle", "born_on", "jurisdiction", "joined_at", state="account_state")
    return Turned(rows, people)


def _inner(name: str) -> str:
    return f"attribute {name}"


def _signal(name: str) -> str:
    return f"signal {name}"


def _ours(frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Every column of ours as text, without blanks around it; null where it is blank, or the file has none."""
    told = {name: _theirs(frame, theirs) for name, theirs in mapping.columns.items()}
    told |= {name: pl.lit(value) for name, value in mapping.constants.items()}
    return frame.select(
        AT,
        *(_word(told[name], name, mapping) if name in told else pl.lit(None, pl.String).alias(name) for name in sorted(KNOWN)),
        *(_theirs(frame, theirs).alias(_inner(name)) for name, theirs in mapping.attributes.items()),
        *(_theirs(frame, theirs).alias(_signal(name)) for name, theirs in mapping.signals.items()),
    )


def _word(told: pl.Expr, name: str, mapping: Mapping) -> pl.Expr:
    """A column of ours, in our words where the mapping tells them."""
    text = told.cast(pl.String)
    if name == "text":
        return text.alias(name)
    stripped = text.str.strip_chars()
    word = pl.when(stripped != "").then(stripped)
    return (word.replace(mapping.values[name]) if name in mapping.values else word).alias(name)


def _theirs(frame: pl.DataFrame, name: str) -> pl.Expr:
    if name in frame.columns:
        return pl.col(name)
    outer, _, path = name.partition(".")
    return pl.col(outer).str.json_path_match(f"$.{path}")


def _typed(ours: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    told = mapping.columns.keys() | mapping.constants.keys()
    try:
        return ours.with_columns(
            *(_instant(pl.col(name), mapping).alias(name) if name in told else pl.lit(None, TIME).alias(name) for name in INSTANTS),
            *(_listed(name) if name in told else pl.lit(None, pl.List(pl.String)).alias(name) for name in LISTS),
            revision=pl.col("revision").cast(pl.Int32, strict=False).fill_null(0),
            born_on=pl.col("born_on").str.to_date("%Y-%m-%d", strict=False),
            language=pl.col("language").str.replace_all("_", "-", literal=True),
        )
    except pl.exceptions.PolarsError as error:
        raise BadInput(
            f"the format {mapping.time_format!r} or the zone {mapping.zone!r} under [time] cannot be used", "see docs/sources.md"
        ) from error


def _listed(name: str) -> pl.Expr:
    return pl.col(name).str.extract_all(r'[^\[\]",\s]+').alias(name)


def _instant(text: pl.Expr, mapping: Mapping) -> pl.Expr:
    match mapping.time_format:
        case "seconds":
            return since_epoch(text)
        case "milliseconds":
            return since_epoch(text.cast(pl.Float64, strict=False) / 1000)
        case "iso" if mapping.zone == "UTC":
            return iso(text)
        case "iso":
            has_zone = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$")
            return pl.when(has_zone).then(iso(text)).otherwise(_local(iso(text).dt.replace_time_zone(None), mapping.zone))
        case form if "%z" in form or "%:z" in form or "%#z" in form or "%+" in form:
            return in_range(text.str.to_datetime(form, time_unit="us", strict=False)).cast(TIME)
        case form:
            return in_range(_local(text.str.to_datetime(form, time_unit="us", strict=False), mapping.zone))


def _local(naive: pl.Expr, zone: str) -> pl.Expr:
    """The hour that summer time repeats is its first; the one it leaves out is unknown."""
    return naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")


def _name() -> pl.Expr:
    """An author who is a mere number bears no name."""
    return pl.when(~pl.col("author").str.contains(r"^[0-9]+$")).then("author")


def _network() -> pl.Expr:
    """As told, else what stands before the colon of a full id."""
    prefix = pl.coalesce("account_id", "record_id").str.extract(r"^([a-z][a-z0-9_.-]*):")
    return pl.coalesce("network", prefix, pl.lit(LOCAL))


def _full(name: str) -> pl.Expr:
    prefix = pl.col("network") + ":"
    return pl.when(pl.col(name).str.starts_with(prefix)).then(name).otherwise(prefix + pl.col(name))


def _each_full(rows: pl.DataFrame, name: str) -> pl.Series:
    """The ids of a list column with their network before them; null where there is none."""
    each = rows.select(AT, "network", pl.col(name)).explode(name).filter(pl.col(name).is_not_null())
    whole = each.select(AT, _full(name)).group_by(AT, maintain_order=True).agg(name)
    return rows.select(AT).join(whole, on=AT, how="left", maintain_order="left")[name]


def _media() -> pl.Expr:
    medium = pl.struct(uri=pl.element(), kind=pl.lit(None, pl.String), sha256=pl.lit(None, pl.String))
    return pl.when(pl.col("media").list.len() > 0).then(pl.col("media").list.eval(medium)).cast(MEDIA)


def _signals(mapping: Mapping) -> pl.Expr:
    """What each row carries, told by its network, when it was set not being known."""
    if not mapping.signals:
        return pl.lit(None, SIGNALS)
    given = [pl.col(_signal(name)).str.strip_chars() for name in mapping.signals]
    found = pl.concat_list(
        pl.when(value != "").then(pl.struct(name=pl.lit(_spelt(name)), value=value, set_by="network", at=pl.lit(None, TIME)))
        for name, value in zip(mapping.signals, given, strict=True)
    ).list.drop_nulls()
    return pl.when(found.list.len() > 0).then(found).cast(SIGNALS)


def _spelt(name: str) -> str:
    """A signal's name as the rules know it: `Special_Category ` is `special-category`."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def _refuse() -> pl.Expr:
    has_network = r"^[a-z][a-z0-9_.-]*:."
    spoiled = r":\d(?:\.\d+)?[eE]\+?\d+$"
    return (
        pl.when(pl.col("text").is_null() & ~pl.col("category").is_in(_NO_WORDS))
        .then(pl.lit("no text"))
        .when(~pl.col("category").is_in(sorted(CATEGORIES)))
        .then(pl.lit("its category is none of ours"))
        .when(~pl.col("visibility").is_in(sorted(VISIBILITIES)))
        .then(pl.lit("its visibility is none of ours"))
        .when(~pl.col("state").is_in(sorted(RECORD_STATES)))
        .then(pl.lit("its state is none of ours"))
        .when(~pl.col("account_state").is_in(sorted(ACCOUNT_STATES)))
        .then(pl.lit("its account_state is none of ours"))
        .when(~pl.col("terms").str.contains(TERMS))
        .then(pl.lit("its terms are no short name"))
        .when(~pl.col("record_id").str.contains(has_network) | ~pl.col("account_id").str.contains(has_network))
        .then(pl.lit("its record_id or account_id does not begin with a network"))
        .when(pl.col("record_id").str.contains(spoiled) | pl.col("account_id").str.contains(spoiled))
        .then(pl.lit("its id was made a number by a spreadsheet"))
    )
