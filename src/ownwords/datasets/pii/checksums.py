"""Check digits of cards, bank accounts and national ids: the arithmetic that tells a number that was issued from a chance one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LETTERS = {chr(ord("A") + k): str(10 + k) for k in range(26)}
#: {characters of an IBAN: countries} (SWIFT registry).
IBAN_LENGTHS = {
    15: "NO", 16: "BE BI", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV",
    29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
#: Codes of Indonesia's provinces in a NIK's first two digits.
_PROVINCES = [*range(11, 22), *range(31, 37), 51, 52, 53, *range(61, 66), *range(71, 77), 81, 82, *range(91, 98)]
_STEP = np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4])
_ODD_CODICE = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]


def figures(digits: pl.Series, width: int) -> NDArray[np.int64]:
    """int64[R, width]: strings of digits, each in its own column from the right, zeros before them; longer ones lose their first."""
    padded = digits.str.zfill(width).str.tail(width)
    found: NDArray[np.int64] = (
        np.frombuffer(padded.str.join("").item().encode(), np.uint8).reshape(len(digits), width).astype(np.int64) - 48
    )
    return found


def weighted(found: NDArray[np.int64], weights: Sequence[int]) -> NDArray[np.int64]:
    """int64[R]: the sum of the last columns, each times its weight."""
    total: NDArray[np.int64] = found[:, -len(weights) :] @ np.array(weights)
    return total


def luhn(found: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Every second digit from the right doubled, less 9 if above 9; the sum ends in 0 (ISO 7812-1)."""
    doubled = found[:, -2::-2] * 2
    is_ten: NDArray[np.bool_] = (found[:, -1::-2].sum(1) + (doubled - 9 * (doubled > 9)).sum(1)) % 10 == 0
    return is_ten


def iban(bare: pl.Series) -> pl.Series:
    """Remainder 1 modulo 97, letters read as two digits, the first four characters last (ISO 13616); `bare` in capitals, no spaces."""
    turned = (bare.str.slice(4) + bare.str.head(4)).str.replace_many(list(_LETTERS), list(_LETTERS.values()))
    rest = np.zeros(len(bare), np.int64)
    for column in figures(turned.str.replace_all("[^0-9]", ""), 72).T:
        rest = (rest * 10 + column) % 97
    return pl.Series(rest == 1)


def is_of_a_scheme(digits: pl.Series) -> pl.Series:
    """A card scheme's first digits and length."""
    schemes = (
        r"^(?:4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|(?:5[1-5]|2[2-7]|35|6[0-9])[0-9]{14}|(?:6[0-9])[0-9]{15,17}"
        r"|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:1800|2131)[0-9]{11}|(?:50|5[6-9])[0-9]{11,17})$"
    )
    return digits.str.contains(schemes)


def adds_up(digits: pl.Series) -> pl.Series:
    """Luhn's sum, over up to 20 digits."""
    return pl.Series(luhn(figures(digits, 20)))


def nik(digits: pl.Series) -> pl.Series:
    """Indonesia, 16 digits: province, place, date of birth (a woman's day + 40), serial (Permendagri 40/2009)."""
    found = figures(digits, 16)
    province, day, month = (found[:, k] * 10 + found[:, k + 1] for k in (0, 6, 8))
    is_day = ((day >= 1) & (day <= 31)) | ((day >= 41) & (day <= 71))
    return pl.Series(_long(digits, 16) & np.isin(province, _PROVINCES) & is_day & (month >= 1) & (month <= 12) & (found[:, 12:].sum(1) > 0))


def chinese(bare: pl.Series) -> pl.Series:
    """China's resident number, 17 digits and a digit or X: date of birth, and ISO 7064 MOD 11-2 (GB 11643)."""
    found = figures(bare.str.slice(0, 17).str.replace_all("[^0-9]", ""), 17)
    check = weighted(found, [2 ** (17 - k) % 11 for k in range(17)]) % 11
    told = pl.Series(list("10X98765432")).gather(check)
    year, month, day = found[:, 6] * 10 + found[:, 7], found[:, 10] * 10 + found[:, 11], found[:, 12] * 10 + found[:, 13]
    is_date = np.isin(year, (19, 20)) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    return pl.Series(bare.str.contains("^[1-9][0-9]{16}[0-9X]$").to_numpy() & is_date & (told == bare.str.tail(1)).to_numpy())


def aadhaar(digits: pl.Series) -> pl.Series:
    """India, 12 digits, by Verhoeff's scheme."""
    state, place = np.zeros(len(digits), np.int64), np.arange(10)
    for column in figures(digits, 12).T[::-1]:
        state, place = _turned(state, place[column]), _STEP[place]
    return pl.Series(_long(digits, 12) & (state == 0))


def bsn(digits: pl.Series) -> pl.Series:
    """The Netherlands, 9 digits: weights 9 to 2 and -1, the sum divisible by 11."""
    return pl.Series(_long(digits, 9) & (weighted(figures(digits, 9), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0))


def cpf(digits: pl.Series) -> pl.Series:
    """Brazil, 11 digits, the last two modulo 11; not one digit eleven times."""
    found = figures(digits, 11)
    first = weighted(found[:, :9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(found[:, :10], range(11, 1, -1)) * 10 % 11 % 10
    return pl.Series(_long(digits, 11) & (first == found[:, 9]) & (second == found[:, 10]) & (found.max(1) != found.min(1)))


def pesel(digits: pl.Series) -> pl.Series:
    """Poland, 11 digits: a date of birth (20 added to the month from 2000 on) and weights 1 3 7 9."""
    found = figures(digits, 11)
    month, day = found[:, 2] * 10 + found[:, 3], found[:, 4] * 10 + found[:, 5]
    is_date = np.isin(month, [*range(1, 13), *range(21, 33)]) & (day >= 1) & (day <= 31)
    return pl.Series(_long(digits, 11) & is_date & (weighted(found, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0))


def nir(digits: pl.Series) -> pl.Series:
    """France, 13 digits and a key of two: 97 less the number modulo 97; month 1 to 12 or unknown."""
    found = figures(digits, 15)
    number = found[:, :13] @ (10 ** np.arange(12, -1, -1))
    key, month = found[:, 13] * 10 + found[:, 14], found[:, 3] * 10 + found[:, 4]
    return pl.Series(_long(digits, 15) & np.isin(found[:, 0], (1, 2)) & (month >= 1) & (month <= 42) & (key == 97 - number % 97))


def korean(digits: pl.Series) -> pl.Series:
    """South Korea, 6 digits of birth, 7 more: weights 2 to 9 and on, modulo 11."""
    found = figures(digits, 13)
    month, day = found[:, 2] * 10 + found[:, 3], found[:, 4] * 10 + found[:, 5]
    check = (11 - weighted(found[:, :12], [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10
    is_date = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    return pl.Series(_long(digits, 13) & is_date & (check == found[:, 12]))


def dni(bare: pl.Series) -> pl.Series:
    """Spain: 8 digits, or X Y Z and 7, and the letter of the number modulo 23."""
    number = bare.str.replace("^X", "0").str.replace("^Y", "1").str.replace("^Z", "2").str.head(8)
    found = figures(number.str.replace_all("[^0-9]", ""), 8) @ (10 ** np.arange(7, -1, -1))
    told = pl.Series(list("TRWAGMYFPDXBNJZSQVHLCKE")).gather(found % 23)
    return pl.Series(bare.str.contains("^(?:[0-9]{8}|[XYZ][0-9]{7})[A-Z]$").to_numpy() & (told == bare.str.tail(1)).to_numpy())


def nric(bare: pl.Series) -> pl.Series:
    """Singapore: S T F G, 7 digits, and a letter by weights 2 7 6 5 4 3 2 modulo 11."""
    shift = bare.str.contains("^[TG]").to_numpy() * 4
    check = (weighted(figures(bare.str.slice(1, 7).str.replace_all("[^0-9]", ""), 7), [2, 7, 6, 5, 4, 3, 2]) + shift) % 11
    letters = [pl.Series(list(row)).gather(check) for row in ("JZIHGFEDCBA", "XWUTRQPNMLK")]
    last = bare.str.tail(1)
    is_told = np.where(bare.str.contains("^[ST]").to_numpy(), (letters[0] == last).to_numpy(), (letters[1] == last).to_numpy())
    return pl.Series(bare.str.contains("^[STFG][0-9]{7}[A-Z]$").to_numpy() & is_told)


def codice(bare: pl.Series) -> pl.Series:
    """Italy's codice fiscale: 15 characters, odd and even places by two tables, and the letter of the sum modulo 26."""
    is_shape = bare.str.contains("^[A-Z]{6}[0-9]{2}[ABCDEHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]$").to_numpy()
    whole = pl.select(pl.when(pl.lit(pl.Series(is_shape))).then(pl.lit(bare)).otherwise(pl.lit("A" * 16))).to_series()
    found = np.frombuffer(whole.str.join("").item().encode(), np.uint8).reshape(len(bare), 16).astype(np.int64)
    value = np.where(found < 58, found - 48, found - 65)
    total = np.array(_ODD_CODICE)[value[:, 0:15:2]].sum(1) + value[:, 1:15:2].sum(1)
    return pl.Series(is_shape & (total % 26 == value[:, 15]))


def _long(digits: pl.Series, n: int) -> NDArray[np.bool_]:
    is_long: NDArray[np.bool_] = (digits.str.len_bytes() == n).to_numpy()
    return is_long


def _turned(state: NDArray[np.int64], by: NDArray[np.int64]) -> NDArray[np.int64]:
    """The product in the dihedral group of order ten: five turns, five mirrored."""
    is_mirrored = state >= 5
    turn = np.where(is_mirrored, state - by, state + by) % 5
    product: NDArray[np.int64] = turn + 5 * (is_mirrored != (by >= 5))
    return product
