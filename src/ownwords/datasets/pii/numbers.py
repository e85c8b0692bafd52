"""Numbers that point at people: found by shape, and believed by check digits, numbering plans and the words around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.datasets._texts import touched
from ownwords.datasets.pii import checksums as checks
from ownwords.datasets.pii.dialling import is_abroad, is_inland
from ownwords.datasets.pii.masking import FOUND, MARK, SPANS, has_any, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

#: What `Numbers` tells apart; `id` is a national number of a person, outside Indonesia (nik) and the United States (ssn).
KINDS = ("ip", "iban", "card", "nik", "ssn", "id", "phone")
_D = "[0-9]"
_IBANS = "|".join(
    f"(?:{countries.replace(' ', '|')}){_D}{_D}(?:[ -]?[A-Z0-9]){{{length - 4}}}" for length, countries in checks.IBAN_LENGTHS.items()
)
_IBAN = rf"(^|[^0-9A-Za-z_])((?i-u:{_IBANS}))(?-u:\b)"
_MAY_IBAN = ("[0-9]{2}[ -]?[A-Za-z0-9]{4}[ -]?[A-Za-z0-9]{4}[ -]?[A-Za-z0-9]{3}",)
_NINO = rf"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?{_D}{{2}} ?{_D}{{2}} ?{_D}{{2}} ?[A-D]"
_SHAPES = "|".join((
    r"(?:[0-9A-Fa-f]{1,4}:){1,7}:(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?|[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}",  # IPv6
    rf"{_D}{{1,3}}(?:\.{_D}{{1,3}}){{3}}(?:\.{_D}+)*",  # IPv4, or a version with more parts
    # dates and ISBN: found so as to be left alone
    rf"{_D}{{4}}[-/.]{_D}{{1,2}}[-/.]{_D}{{1,2}}|{_D}{{1,2}}[/.-]{_D}{{1,2}}[/.-]{_D}{{4}}|97[89](?:[ -]?{_D}){{10}}",
    rf"[12] {_D}{{2}} {_D}{{2}} (?:{_D}{{2}}|2[AB]) {_D}{{3}} {_D}{{3}} {_D}{{2}}",  # NIR
    rf"{_D}{{4}}[ .-]{_D}{{4}}[ .-]{_D}{{4}}[ .-]{_D}{{4}}|3{_D}{{3}}[ -]{_D}{{6}}[ -]{_D}{{5}}",  # card, NIK
    rf"{_D}{{17}}[0-9Xx]|{_D}{{12,19}}",
    rf"[XYZxyz]-?{_D}{{7}}-?[A-Za-z]|{_D}{{8}}-?[A-Za-z]|[STFG]{_D}{{7}}[A-Z]",  # NIE, DNI, NRIC
    _NINO,
    rf"[A-Za-z]{{6}}{_D}{{2}}[A-Za-z]{_D}{{2}}[A-Za-z]{_D}{{3}}[A-Za-z]",  # codice fiscale
    rf"{_D}{{3}}-{_D}{{2}}-{_D}{{4}}|{_D}{{3}}\.{_D}{{3}}\.{_D}{{3}}-{_D}{{2}}|{_D}{{6}}-[1-8]{_D}{{6}}",  # SSN, CPF, RRN
    rf"[2-9]{_D}{{3}} {_D}{{4}} {_D}{{4}}",  # Aadhaar
    rf"0{_D}{{2,4}}/{_D}{{5,8}}|(?:\({_D}{{2}}\)|{_D}{{2}}) ?{_D}{{4,5}}-{_D}{{4}}",  # Germany, Brazil
    rf"(?:\+?1[ .-]?)?(?:\({_D}{{3}}\) ?|{_D}{{3}}[ .-]){_D}{{3}}[ .-]{_D}{{4}}(?: ?(?:x|ext\.? ?){_D}{{1,6}})?",  # North America
    rf"(?:\+|00|011[ .-]){_D}{{1,3}}[ .-]?(?:\({_D}{{1,4}}\)[ .-]?)?{_D}{{1,12}}(?:[ .-]{_D}{{2,8}}){{0,5}}(?:x{_D}{{1,6}})?",
    rf"(?:62|86|852)[ .-]?{_D}{{2,4}}[ .-]?{_D}{{3,4}}[ .-]?{_D}{{3,5}}|1[3-9]{_D}[ -]?{_D}{{4}}[ -]?{_D}{{4}}",
    rf"(?:\(0{_D}{{1,4}}\)|0{_D}{{1,4}})(?:[ .-]?{_D}{{2,8}}){{1,4}}",  # phone within a country
    rf"{_D}{{9,11}}",
))  # fmt: skip
_NUMBER = rf"(^|[^0-9A-Za-z_#$€£¥₹./+@-])({_SHAPES})(?-u:\b)"
#: A cheap look: six figures not far apart, or what an IP address or a codice fiscale has.
_MAY = (
    rf"{_D}(?:[ ().+-]{{0,3}}{_D}){{5}}",
    rf"{_D}\.{_D}{{1,3}}\.{_D}{{1,3}}\.{_D}",
    ":[0-9A-Fa-f]{0,4}:",
    rf"{_D}{{2}}[A-Za-z]{_D}{{2}}[A-Za-z]{_D}{{3}}",
)
#: Right after such a word a number is of a thing.
_OF_A_THING = (
    r"(?i-u)\b(?:order|tracking|invoice|receipt|shipment|parcel|resi|pesanan|faktur|isbn|issn|doi|sku|sn|serial|model|version|ver|"
    r"release|build|firmware|patent|article|barcode|ean|upc|rp|idr|usd|eur)(?: *(?:number|no|nr|id|code|is|nomor))*[ .:#]*$"
)
_OF_A_CARD = r"(?i-u)\b(?:card|cc|visa|amex|maestro|mastercard|debit|credit|kartu|karte|carte|tarjeta)\b[ -~]{0,30}$"
_OF_A_PERSON = r"(?i-u)\b(?:bsn|burgerservice[a-z]*|sofi|aadhaar|adhaar|uidai|pesel|cpf|ssn|social security)\b[ -~]{0,24}$"


#: Kind, which numbers it may be, and whether one is; the first that says yes has it.
Judges = tuple[tuple[str, pl.Expr, "Callable[[pl.DataFrame], pl.Series]"], ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A pass that finds what has a shape and is believed by judges; see `masking.Pass`.

    kinds     which of `KINDS` are told
    hints     cheap patterns of which a text must have one before the shapes are looked for
    shapes    pattern: group 1 what stands before a number, group 2 the number
    judges    of table[number, digits, before, after] with the columns of `_SEEN`: the figures, and what stands beside the number
    """

    kinds: Collection[str]
    hints: tuple[str, ...]
    shapes: str
    judges: Judges

    def may(self, texts: pl.Series) -> pl.Series:
        """As Pass."""
        return has_any(texts, self.hints)

    def masked(self, texts: pl.Series) -> pl.Series:
        """As Pass."""
        marked = self._marked(texts)
        return touched(marked, marked.str.contains(MARK, literal=True), self._mended)

    def found(self, texts: pl.Series) -> pl.DataFrame:
        """As Pass."""
        told = self._told(self._marked(texts)).with_columns(pl.col("piece").str.len_chars().cast(pl.Int64).alias("length"))
        end = pl.col("length").cum_sum().over("row")
        placed = told.with_columns((end - pl.col("length")).alias("start"), end.alias("end"))
        return placed.filter(pl.col("kind").is_not_null()).select(*SPANS)

    def _marked(self, texts: pl.Series) -> pl.Series:
        return texts.str.replace_all(self.shapes, f"${{1}}{MARK}{FOUND}${{2}}{MARK}")

    def _mended(self, marked: pl.Series) -> pl.Series:
        word = pl.when(pl.col("kind").is_null()).then("piece").otherwise(pl.format("[{}]", "kind"))
        return self._told(marked).group_by("row", maintain_order=True).agg(word.str.join("").alias("text"))["text"]

    def _told(self, marked: pl.Series) -> pl.DataFrame:
        """table[row, piece, kind]: the texts in pieces; kind is null where a piece stays."""
        parts = pieces(marked)
        piece = parts["piece"]
        places = piece.str.starts_with(FOUND).arg_true()
        parts = parts.with_columns(piece.str.strip_prefix(FOUND))
        neighbours = {"before": piece.gather(places - 1), "after": piece.gather(places + 1)}
        found = pl.DataFrame({"number": parts["piece"].gather(places), **neighbours})
        kinds = pl.Series("kind", [None], dtype=pl.String).new_from_index(0, parts.height)
        return parts.with_columns(kinds.scatter(places, self._kinds(found)))

    def _kinds(self, found: pl.DataFrame) -> pl.Series:
        """The kind of each number, by its own figures and by what stands before and after it; null = of no kind, or not asked for."""
        found = found.with_columns(pl.col("number").str.replace_all("[^0-9]", "").alias("digits"), pl.col("before").str.tail(64))
        found = found.with_columns(**_SEEN)
        flags = found.select(may.alias(str(number)) for number, (_, may, _) in enumerate(self.judges))
        kinds: list[str | None] = [None, *(kind if kind in self.kinds else None for kind, _, _ in self.judges)]
        which = np.zeros(found.height, np.uint32)
        for number, (_, _, is_one) in enumerate(self.judges):
            places = np.flatnonzero((which == 0) & flags[str(number)].to_numpy())
            if len(places):
                which[places[is_one(found[places]).to_numpy()]] = number + 1
        return pl.Series(kinds, dtype=pl.String).gather(pl.Series(which))


def _is_ip(found: pl.DataFrame) -> pl.Series:
    """Four parts up to 255; or eight groups, or fewer around one `::`, of which the first is no lone figure (10:30:45:99 is a time).

    With few figures it may be a program's, `add::f2`: then the first group is one of those in use (RFC 4291, RFC 4193).
    """
    number = pl.col("number")
    part = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
    n_groups = number.str.count_matches("[0-9A-Fa-f]+")
    is_known = number.str.contains("^(?i:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):")
    is_long = number.str.contains("^[0-9A-Fa-f]{3,4}:") & (pl.col("n") > 3)
    is_short = (number.str.count_matches("::", literal=True) == 1) & (n_groups < 8) & (is_known | is_long)
    is_six = number.str.contains("^[0-9A-Fa-f:]*:[0-9A-Fa-f:]*$") & number.str.contains("[0-9]") & ((n_groups == 8) | is_short)
    is_four = number.str.contains(rf"^{part}(?:\.{part}){{3}}$")
    return found.select((is_four | is_six) & ~pl.col("is_things")).to_series()


def _is_card(found: pl.DataFrame) -> pl.Series:
    """Figures of a scheme; where a card is spoken of, any that add up."""
    return checks.adds_up(found["digits"]) & (checks.is_of_a_scheme(found["digits"]) | found["is_cards"])


def _is_nik(found: pl.DataFrame) -> pl.Series:
    return checks.nik(found["digits"])


def _is_ssn(found: pl.DataFrame) -> pl.Series:
    """No number was issued with an area of 000, 666 or 9xx, a group of 00 or a serial of 0000."""
    return ~found["number"].str.contains("^(?:000|666|9)|-00-|-0000$")


def _is_lettered(found: pl.DataFrame) -> pl.Series:
    """National ids with letters, by check digits; the British one has none, and a shape of its own."""
    bare = found["number"].str.replace_all("[ -]", "").str.to_uppercase()
    is_one = found["number"].str.contains(f"^(?:{_NINO})$")
    for check in (checks.dni, checks.nric, checks.codice, checks.chinese):
        is_one |= check(bare)
    return is_one


def _is_figured(found: pl.DataFrame) -> pl.Series:
    """National ids of figures: by check digits and a shape of their own, or where one is spoken of."""
    number, digits, is_spoken_of = found["number"], found["digits"], found["is_persons"]
    is_one = checks.nir(digits) | checks.chinese(digits)
    is_one |= checks.korean(digits) & number.str.contains("^[0-9]{6}-")
    is_one |= checks.cpf(digits) & (number.str.contains(".", literal=True) | is_spoken_of)
    is_one |= checks.aadhaar(digits) & (number.str.contains("^[0-9]{4} [0-9]{4} [0-9]{4}$") & ~found["goes_on"] | is_spoken_of)
    return is_one | (checks.pesel(digits) | checks.bsn(digits)) & is_spoken_of


def _is_phone(found: pl.DataFrame) -> pl.Series:
    """With its country, or as dialled within one; a run of figures that goes on with a space is a table and no number."""
    number = pl.col("number")
    after_prefix = number.str.replace(r"\(0\)", "").str.replace("x[0-9]+$", "").str.replace(r"^(?:\+|00|011[ .-])", "")
    has_prefix = number.str.contains(r"^(?:\+|00|011[ .-])[1-9]")
    told = found.select(
        "number", "n", "goes_on", has_prefix.alias("has_prefix"), after_prefix.str.replace_all("[^0-9]", "").alias("dialled")
    )
    is_local = is_inland(number, pl.col("n")) & (~pl.col("goes_on") | number.str.contains("[(.-]"))
    return told.select(pl.when("has_prefix").then(is_abroad(pl.col("dialled"))).otherwise(is_local)).to_series()


def _is_iban(found: pl.DataFrame) -> pl.Series:
    return checks.iban(found["number"].str.replace_all("[ -]", "").str.to_uppercase())


#: What judges look at, beside the number, its figures (`digits`) and the 64 characters before it.
_SEEN = {
    "n": pl.col("digits").str.len_bytes(),
    "is_plain": ~pl.col("number").str.contains("[^0-9 .-]"),
    "is_things": pl.col("before").str.contains(_OF_A_THING),
    "is_cards": pl.col("before").str.contains(_OF_A_CARD),
    "is_persons": pl.col("before").str.contains(_OF_A_PERSON),
    "goes_on": pl.col("before").str.contains("^ $|[0-9] $") | pl.col("after").str.contains("^ (?:$|[0-9])"),
}
_MAY_BE_ID = (
    pl.col("n").is_in([15, 18])
    | pl.col("number").str.contains(r"^[0-9]{4} [0-9]{4} [0-9]{4}$|^[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}$|^[0-9]{6}-[0-9]{7}$")
    | pl.col("n").is_in([9, 11, 12]) & pl.col("is_persons")
)
_JUDGES: Judges = (
    ("ip", pl.col("number").str.contains("::|[.:].*[.:].*[.:]"), _is_ip),
    ("card", pl.col("n").is_between(12, 19) & pl.col("is_plain") & ((pl.col("n") > 12) | pl.col("is_cards")), _is_card),
    ("nik", (pl.col("n") == 16) & pl.col("is_plain"), _is_nik),
    ("ssn", pl.col("number").str.contains("^[0-9]{3}-[0-9]{2}-[0-9]{4}$") & ~pl.col("is_things"), _is_ssn),
    ("id", pl.col("number").str.contains("[A-Za-z]") & ~pl.col("is_things"), _is_lettered),
    ("id", _MAY_BE_ID & ~pl.col("is_things"), _is_figured),
    ("phone", pl.col("n").is_between(8, 21) & ~pl.col("is_things"), _is_phone),
)


def passes(kinds: Collection[str]) -> list[Numbers]:
    """The passes that find numbers of these kinds, in order."""
    banks = Numbers(kinds, _MAY_IBAN, _IBAN, (("iban", pl.lit(value=True), _is_iban),))
    return [each for each in (banks, Numbers(kinds, _MAY, _NUMBER, _JUDGES)) if any(kind in kinds for kind, _, _ in each.judges)]
