"""What points at people in running text: names, addresses, numbers; each becomes the word for its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.step import Stage
from ownwords.datasets._tokens import without_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

PARAMS: Mapping[str, Param] = {}

_ENDS = "com|net|org|edu|gov|info|io|co|me|id|uk|us|de|fr|nl|ru|jp|au|ca|br|it|es|se|ac|fm|app|dev|ai|tv|xyz|site|online|mail"
_SPELLED_LOCAL = r"(?:[\w.+-]|\[user\])+"
_SPELLED = (
    rf"(?i)\b{_SPELLED_LOCAL}\s?[\[({{<]\s?at\s?[\])}}>]\s?[\w-]+(?:\s?(?:[\[({{<]\s?dot\s?[\])}}>]|\.|\sdot\s)\s?[\w-]+)+"
    rf"|\b{_SPELLED_LOCAL}\s+at\s+[\w-]+(?:\s+dot\s+[\w-]+)*\s+dot\s+(?:{_ENDS})(?:(?:\.|\s+dot\s+)[a-z]{{2,3}})?\b"
)
_SPELLED_NAME = (
    rf"(?i)\[user\]\s?(?:[\[({{<]\s?at\s?[\])}}>]|\s+at\s+)\s?[\w-]+(?:\s?(?:[\[({{<]\s?dot\s?[\])}}>]|\.|\sdot\s)\s?(?:{_ENDS})\b)+"
)

#: Control characters that cannot be in a cleaned text: MARK parts the pieces, FOUND opens one to judge.
_MARK, _FOUND = "\x01", "\x02"
_NUMBERS = "|".join((
    r"[0-9A-Fa-f]{0,4}(?::{1,2}[0-9A-Fa-f]{1,4}){3,7}",  # IPv6
    r"\d{1,3}(?:\.\d{1,3}){3}(?:\.\d+)*",  # IPv4, or a version with more parts
    r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?",  # IBAN
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([/.-])\d{1,2}[/.-]\d{4}|97[89](?:[ -]?\d){10}",  # dates and ISBN: found so as to be left alone
    r"\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}|3\d{3}[ -]\d{6}[ -]\d{5}|\d{13,19}",  # card, NIK
    r"\d{3}-\d{2}-\d{4}",  # US social security number
    r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?: ?x\d{1,5})?",  # phone, North America
    r"(?:\+|00)\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,12}(?:[ .-]\d{2,8}){0,5}",  # phone with its country
    r"62[ .-]?8\d{1,2}[ .-]?\d{3,4}[ .-]?\d{3,5}",  # phone, Indonesia without +
    r"(?:\(0\d{1,4}\)|0\d{1,4})(?:[ .-]?\d{2,8}){1,4}",  # phone within a country
))  # fmt: skip
_NUMBER = rf"(^|[^\w#$€£./+@-])({_NUMBERS})\b"
_CALL = r"(?:call|text|phone|tel|telp|telepon|hp|wa|whatsapp|hubungi|nomor|sms|mobile|cell|ring|fax|desk|answering)"
#: After such a word any run of figures is a number to call, in pairs or with three or more at its end (a date has two).
_CALLED_NUMBER = r"(?:\d{7,15}|\(?\d{2,5}\)?(?:[ .-]?\d{2,5}){0,3}[ .-]\d{3,6}|\d{2}(?:[ .-]\d{2}){3,4})"
_CALLED = rf"(?i)\b({_CALL}(?:\s*(?:me|us|at|on|is|no|number|saya|aku|ya|ke|di|ini|[:.=-]))*\s*){_CALLED_NUMBER}\b"
_IBAN_LETTERS = {chr(ord("A") + k): str(10 + k) for k in range(26)}
#: Codes of Indonesia's provinces in a NIK's first two digits.
_PROVINCES = [*range(11, 22), *range(31, 37), 51, 52, 53, *range(61, 66), *range(71, 77), 81, 82, *range(91, 98)]


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """Rows with `record_id` and `text` in and out: [user] [email] [phone] [card] [iban] [ip] [nik] [ssn] stand for what was there."""
    return (Stage(None, _masked),)


def _masked(rows: pl.LazyFrame) -> pl.LazyFrame:
    text = pl.col("text").str.replace_many([_MARK, _FOUND], ["", ""])
    text = without_names(text).str.replace_all(_SPELLED_NAME, "[email]").str.replace_all(_SPELLED, "[email]")
    text = text.str.replace_all(_NUMBER, f"${{1}}{_MARK}{_FOUND}${{2}}{_MARK}")
    marked = rows.with_columns(text.alias("text"))
    pieces = (
        marked.filter(pl.col("text").str.contains(_MARK, literal=True))
        .select("record_id", pl.col("text").str.split(_MARK).alias("piece"))
        .with_columns(pl.int_ranges(pl.col("piece").list.len()).alias("place"))
        .explode("piece", "place")
    )
    judged = _judged(pieces).group_by("record_id").agg(pl.col("piece").sort_by("place").str.join("").alias("mended"))
    joined = marked.join(judged, on="record_id", how="left")
    mended = pl.coalesce("mended", "text").str.replace_all(_CALLED, "${1}[phone]")
    return joined.with_columns(mended.alias("text")).drop("mended")


def _judged(pieces: pl.LazyFrame) -> pl.LazyFrame:
    """Each piece that opens with FOUND as the word for its kind, or as it stood."""
    piece = pl.col("piece")
    found = pieces.with_columns(piece.str.starts_with(_FOUND).alias("is_found"), piece.str.strip_prefix(_FOUND).alias("piece"))
    counted = found.with_columns(pl.when("is_found").then(piece.str.replace_all(r"[^0-9]", "")).alias("digits"))
    counted = counted.with_columns(
        pl.col("digits").str.len_bytes().alias("n"),
        pl.col("digits").str.head(19).cast(pl.UInt64, strict=False).alias("value"),
        pl.when("is_found").then(piece.str.replace_all(" ", "", literal=True)).alias("bare"),
    )
    kind = (
        pl.when(_is_ip4(piece) | _is_ip6(piece)).then(pl.lit("[ip]"))
        .when(_is_iban(pl.col("bare"))).then(pl.lit("[iban]"))
        .when(_is_card(pl.col("n"), pl.col("digits"), pl.col("value"))).then(pl.lit("[card]"))
        .when(_is_nik(pl.col("bare"))).then(pl.lit("[nik]"))
        .when(_is_ssn(piece)).then(pl.lit("[ssn]"))
        .when(_is_phone(piece, pl.col("n"))).then(pl.lit("[phone]"))
        .otherwise(piece)
    )  # fmt: skip
    return counted.with_columns(pl.when("is_found").then(kind).otherwise(piece).alias("piece"))


def _is_ip4(piece: pl.Expr) -> pl.Expr:
    part = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    return piece.str.contains(rf"^{part}(?:\.{part}){{3}}$")


def _is_ip6(piece: pl.Expr) -> pl.Expr:
    """Eight groups, or fewer around one `::`; 10:30:45:99 is a time."""
    n_groups = piece.str.count_matches("[0-9A-Fa-f]+")
    gaps = piece.str.count_matches("::", literal=True)
    return piece.str.contains(r"^[0-9A-Fa-f:]*:[0-9A-Fa-f:]*$") & (((n_groups == 8) & (gaps == 0)) | ((n_groups < 8) & (gaps == 1)))


def _is_iban(bare: pl.Expr) -> pl.Expr:
    """Remainder 1 modulo 97, letters read as two digits, the first four characters last (ISO 13616)."""
    turned = bare.str.slice(4) + bare.str.head(4)
    digits = turned.str.replace_many(list(_IBAN_LETTERS), list(_IBAN_LETTERS.values())).str.zfill(72)
    rest = pl.lit(0, dtype=pl.Int64)
    for k in range(8):
        rest = (rest * 1_000_000_000 + digits.str.slice(9 * k, 9).cast(pl.Int64, strict=False)) % 97
    return bare.str.contains(r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$") & (rest == 1)


def _is_card(n: pl.Expr, digits: pl.Expr, value: pl.Expr) -> pl.Expr:
    """13 to 19 digits of a card scheme whose Luhn sum ends in 0 (ISO 7812-1)."""
    total = pl.lit(0, dtype=pl.UInt64)
    for k in range(19):
        digit = value // pl.lit(10**k, dtype=pl.UInt64) % pl.lit(10, dtype=pl.UInt64)
        total = total + (digit if k % 2 == 0 else digit * 2 - pl.when(digit > 4).then(9).otherwise(0).cast(pl.UInt64))
    return n.is_between(13, 19) & digits.str.contains("^(?:[2-6]|1800)") & (total % pl.lit(10, dtype=pl.UInt64) == 0)


def _is_nik(bare: pl.Expr) -> pl.Expr:
    """16 digits: province, place, date of birth (a woman's day + 40), serial (Permendagri 40/2009)."""
    parts = {name: bare.str.slice(start, 2).cast(pl.Int32, strict=False) for name, start in (("province", 0), ("day", 6), ("month", 8))}
    is_day = parts["day"].is_between(1, 31) | parts["day"].is_between(41, 71)
    return bare.str.contains(r"^\d{16}$") & parts["province"].is_in(_PROVINCES) & is_day & parts["month"].is_between(1, 12)


def _is_ssn(piece: pl.Expr) -> pl.Expr:
    refused = piece.str.contains(r"^(?:000|666|9)|-00-|-0000$")
    return piece.str.contains(r"^\d{3}-\d{2}-\d{4}$") & ~refused


def _is_phone(piece: pl.Expr, n: pl.Expr) -> pl.Expr:
    """By shape: with its country, North American, an Indonesian mobile, or a leading 0 and parts."""
    abroad = piece.str.contains(r"^(?:\+|00)[1-9]") & n.is_between(8, 15)
    american = piece.str.contains(r"^(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}(?: ?x\d{1,5})?$")
    mobile = piece.str.contains(r"^(?:0|62[ .-]?)8[1-9]") & n.is_between(10, 14)
    inland = piece.str.contains(r"^\(?0[1-9][\d]*\)?[ .-]?\d+(?:[ .-]\d+)*$") & piece.str.contains(r"[ .()-]") & n.is_between(9, 12)
    return abroad | american | mobile | inland
