"""Expressions that several formats need: instants, JSON of what is known, account and record ids."""

from __future__ import annotations

import polars as pl

from ownwords.core.schemas import TIME


def since_epoch(seconds: pl.Expr) -> pl.Expr:
    """Instant of a number of seconds since 1970 written as text; null if it is none, or not in years 1 to 9999."""
    number = seconds.cast(pl.Float64, strict=False)
    return (
        pl.when(number.is_between(-62_135_596_800, 253_402_300_799))
        .then((number * 1_000_000).round().cast(pl.Int64, strict=False))
        .cast(TIME)
    )


def iso(text: pl.Expr) -> pl.Expr:
    """Instant of an ISO 8601 text; without a zone it is UTC, without a time midnight; null if it is none."""
    return text.map_batches(_iso, return_dtype=TIME, is_elementwise=True)


def _iso(texts: pl.Series) -> pl.Series:
    """Most files write one form, `2026-05-01T10:00:00Z`: the others are tried on what is left of it alone."""
    told = texts.cast(pl.String)
    found = told.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False).dt.replace_time_zone("UTC")
    # This one form alone would also take `10: 0:00` and `--26-05-01`.
    is_plain = (told.str.len_bytes() == 20) & ~told.str.contains(" ", literal=True)
    open_ones = told.is_not_null() & (found.is_null() | ~is_plain)
    if open_ones.any():
        found = found.scatter(open_ones.arg_true(), told.filter(open_ones).to_frame("told").select(_any_iso(pl.col("told")))["told"])
    return found.to_frame("found").select(in_range(pl.col("found"))).to_series().alias(texts.name)


def _any_iso(text: pl.Expr) -> pl.Expr:
    plain = text.str.strip_chars().str.replace(" ", "T", literal=True)
    return pl.coalesce(
        plain.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False),
        plain.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", time_zone="UTC", strict=False),
        plain.str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_unit="us", time_zone="UTC", strict=False),
        plain.str.to_datetime("%Y-%m-%dT%H:%M", time_unit="us", time_zone="UTC", strict=False),
        plain.str.to_date("%Y-%m-%d", strict=False).cast(TIME),
    )


def in_range(instant: pl.Expr) -> pl.Expr:
    """`instant`, or null where its year is not one of 1 to 9999, which no calendar of ours can name."""
    return pl.when(instant.dt.year().is_between(1, 9999)).then(instant)


def not_before(instant: pl.Expr, year: int) -> pl.Expr:
    """`instant`, or null where it is before the network was there: such a date is a mistake, so it is unknown."""
    return pl.when(instant.dt.year() >= year).then(instant)


def edit_number(created_at: pl.Expr, edited_at: pl.Expr) -> pl.Expr:
    """A revision that grows with every edit: whole seconds from making to editing, at least 1; 0 if never edited."""
    seconds = (edited_at - created_at).dt.total_seconds().clip(1, 2**31 - 2)
    return pl.when(edited_at.is_null()).then(0).otherwise(seconds.fill_null(1)).cast(pl.Int32)


def json_of(**values: pl.Expr) -> pl.Expr:
    """A JSON object of the values that are not null; null if all are."""
    parts = [
        pl.when(value.is_not_null()).then(pl.struct(value.alias(name)).struct.json_encode().str.strip_prefix("{").str.strip_suffix("}"))
        for name, value in values.items()
    ]
    body = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return pl.when(body != "").then(pl.concat_str(pl.lit("{"), body, pl.lit("}")))


def one_of(text: pl.Expr, *known: str) -> pl.Expr:
    """Whether `text` is one of some words; null counts as not."""
    return text.is_in(list(known)).fill_null(value=False)


def unescaped(text: pl.Expr) -> pl.Expr:
    """`text` without the three entities that X and Reddit write for `<`, `>` and `&`."""
    plain = text.str.replace_all("&lt;", "<", literal=True).str.replace_all("&gt;", ">", literal=True)
    return plain.str.replace_all("&amp;", "&", literal=True)
