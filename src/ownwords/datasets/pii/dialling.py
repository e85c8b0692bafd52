"""Telephone numbers of the world: calling codes with how many figures follow them, and shapes that are dialled within a country."""

from __future__ import annotations

from functools import cache

import polars as pl

#: {(fewest, most) figures after the code: calling codes} (ITU-T E.164 and the national numbering plans).
_CODES = {
    (4, 13): "43 49",
    (5, 11): "39 247 290 500 672 674 676 677 678 679 682 683 685 686 687 688 689 690 691 692",
    (6, 8): "220 221 222 223 224 225 226 227 228 229 230 231 232 233 235 236 237 238 239 240 241 242 243 244 245 246 248",
    (6, 9): "249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 291 297 298 299",
    (7, 8): "297 350 354 355 356 357 370 371 372 373 376 377 378 501 502 503 504 505 506 507 508 509 590 592 593 594 595 596 597 598 599",
    (7, 9): "351 352 353 358 359 374 375 380 381 382 383 385 386 387 389 420 421 423 591 670 673 675 681",
    (7, 10): "20 40 46 60 64 66 95 211 212 213 216 218 234 850 852 853 855 856 880 886",
    (7, 11): "960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 992 993 994 995 996 998",
    (8, 8): "45 47 65", (8, 9): "32 36 51 53", (8, 10): "58 63 82 84", (8, 12): "62",
    (9, 9): "27 31 33 34 41 48 56 61 93 94", (9, 10): "44 81 92", (9, 11): "57 86",
    (10, 10): "1 7 30 90 91 98", (10, 11): "52 54 55",
}  # fmt: skip


@cache
def _lengths() -> dict[str, tuple[int, int]]:
    """{calling code: (fewest, most)}; a code told twice has the wider range."""
    lengths = dict[str, tuple[int, int]]()
    for (low, high), codes in _CODES.items():
        for code in codes.split():
            was = lengths.get(code, (low, high))
            lengths[code] = (min(low, was[0]), max(high, was[1]))
    return lengths


def is_abroad(digits: pl.Expr) -> pl.Expr:
    """bool: figures from the calling code on, of a country that has the code and numbers of that length; no code begins another."""
    lengths = _lengths()
    is_one = pl.lit(value=False)
    for n in (1, 2, 3):
        codes = [code for code in lengths if len(code) == n]
        code = digits.str.head(n)
        rest = digits.str.len_bytes().cast(pl.Int64) - n
        low = code.replace_strict(codes, [lengths[each][0] for each in codes], default=99, return_dtype=pl.Int64)
        high = code.replace_strict(codes, [lengths[each][1] for each in codes], default=0, return_dtype=pl.Int64)
        is_one = is_one | rest.is_between(low, high)
    return is_one


def is_inland(piece: pl.Expr, n: pl.Expr) -> pl.Expr:
    """bool: as dialled within North America, Indonesia, China, Germany, Brazil, or a country whose numbers begin with 0.

    piece   the number as it stands
    n       its figures
    """
    american = piece.str.contains(
        r"^(?:1[ .-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}(?: ?(?:x|ext\.? ?)[0-9]{1,6})?$"
    )
    bracketed = piece.str.contains(r"^\([2-9][0-9]{2}\) ?[0-9]{3}-[0-9]{4}(?:x[0-9]{1,6})?$")
    indonesian = piece.str.contains(r"^(?:0|62[ .-]?)8[1-9]") & n.is_between(10, 14)
    chinese = piece.str.contains(r"^1[3-9][0-9]{9}$|^1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}$|^86 ?1[3-9][0-9]{9}$|^852 ?[5679][0-9]{7}$")
    trunk = piece.str.contains(r"^\(?0[1-9][0-9]*\)?[ .-]?[0-9]+(?:[ .-][0-9]+)*$")
    german = piece.str.contains(r"^0[1-9][0-9]{1,3}/[0-9]{5,8}$")
    brazilian = piece.str.contains(r"^(?:\([1-9][1-9]\) ?9?|[1-9][1-9] 9)[1-9][0-9]{3}-[0-9]{4}$")
    parted = trunk & piece.str.contains(r"[ .()-]") & n.is_between(9, 12)
    whole = piece.str.contains(r"^0[1-9][0-9]{8,9}$")
    return american | bracketed | indonesian | chinese | german | brazilian | parted | whole
