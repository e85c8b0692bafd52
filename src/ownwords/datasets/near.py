"""Nearly the same words twice: the earliest copy stays."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.step import DROP, Stage
from ownwords.datasets._stable import number
from ownwords.datasets.exact import first_come, folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

#: similarity   Jaccard similarity of the two sets of words, 0 to 1, from which a later row goes
#: min_words    rows of fewer distinct words are left to `exact`
#: rarest       words of a row that it is looked up by; more find more, and cost more
PARAMS: Mapping[str, Param] = {"similarity": 0.6, "min_words": 5, "rarest": 6}

#: Scripts without spaces count each letter as a word.
_WORD = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[\p{L}\p{N}\p{M}]+"
_MARK = r"\[[a-z]{2,5}\]"
_TOGETHER = 3
#: Odd multipliers below 2**64 that spread three ranks over a key. Keys that meet by chance cost a comparison, never a row.
_SPREAD = (0x9E37_79B9_7F4A_7C15, 0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB)
_KEYS_AT_A_TIME = 40_000_000


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """Dialogues in and out; one that says nearly what an earlier one says is dropped.

    Compared are the learnt turns alone, as sets of words: what was shown before them may well be the same. Two rows are
    compared if three of the rarest words of the one are three of the rarest of the other, and if within such a group one
    is the first or the next before the other; so the work grows with the rows, not with their square. Words that only
    one row has bring nobody together. Earlier: in train before held out, then by (created_at, row_id).
    """
    return (Stage("*", lambda rows: _near(rows, params)),)


def _near(rows: pl.LazyFrame, params: Mapping[str, Param]) -> pl.LazyFrame:
    learnt = pl.col("turns").list.eval(pl.element().filter(pl.element().struct.field("learn")).struct.field("text")).list.join("\n")
    narrow = rows.select("row_id", "split", "created_at", words_of(learnt).list.unique().alias("words"))
    long_enough = narrow.filter(pl.col("words").list.len() >= int(params["min_words"]))
    posts = first_come(long_enough).select("row_id", "words").with_row_index("n").collect(engine="streaming")
    sets = _ranked(posts)
    later = _similar(sets, float(params["similarity"]), int(params["rarest"]))
    ids = posts.select("n", "row_id").join(later, on="n", how="semi").select("row_id")
    flagged = ids.with_columns(pl.lit("near duplicate").alias(DROP))
    return rows.join(flagged.lazy(), on="row_id", how="left")


def words_of(text: pl.Expr) -> pl.Expr:
    """list[String]: the words, in no case or width; marks like `[user]` are nobody's words."""
    return folded(text.str.replace_all(_MARK, " ")).str.extract_all(_WORD)


def _ranked(posts: pl.DataFrame) -> pl.DataFrame:
    """n, size (distinct words), ranks (those that another row has too, as numbers, rarest first)."""
    words = posts.lazy().select("n", "words").explode("words")
    shared = words.group_by("words").len("rows").filter(pl.col("rows") > 1).collect(engine="streaming")
    vocabulary = shared.sort("rows", "words").select("words").with_row_index("rank")
    ranks = words.join(vocabulary.lazy(), on="words").group_by("n").agg(pl.col("rank").sort().alias("ranks"))
    sizes = posts.lazy().select("n", pl.col("words").list.len().alias("size"))
    return sizes.join(ranks, on="n").collect(engine="streaming")


def _similar(sets: pl.DataFrame, similarity: float, rarest: int) -> pl.DataFrame:
    """n of each row that is as similar as that to an earlier one it was compared with."""
    n_passes = 1 + sets.height * len(list(combinations(range(rarest), _TOGETHER))) // _KEYS_AT_A_TIME
    found = [_checked(_met(sets, rarest, k, n_passes), sets, similarity) for k in range(n_passes)]
    return pl.concat(found).unique()


def _met(sets: pl.DataFrame, rarest: int, k: int, n_passes: int) -> pl.DataFrame:
    """Pairs (earlier, n) that share a key: with the first and with the next before. Pass `k` of `n_passes` sees its share of the keys."""
    ranks = [pl.col("ranks").list.get(i, null_on_oob=True).cast(pl.UInt64).alias(f"r{i}") for i in range(rarest)]
    keys = [_key(chosen) for chosen in combinations(range(rarest), _TOGETHER)]
    keyed = sets.lazy().select("n", *ranks).select("n", pl.concat_list(keys).alias("key")).explode("key").drop_nulls()
    # the key's high bits and n in one number, so that one quick sort orders by both
    room = number(1 << sets.select(pl.col("n").max().fill_null(0)).item().bit_length())
    packed = (pl.col("key") // room * room + pl.col("n")).alias("packed")
    mine = keyed.filter(pl.col("key") // room % number(n_passes) == k).select(packed).sort("packed").collect()
    unpacked = mine.lazy().select((pl.col("packed") // room).alias("key"), (pl.col("packed") % room).cast(pl.UInt32).alias("n"))
    goes_on = (pl.col("key") == pl.col("key").shift(1)).fill_null(False)
    chained = unpacked.with_columns(
        goes_on.alias("goes_on"),
        pl.col("n").shift(1).alias("before"),
        pl.when(~goes_on).then("n").forward_fill().alias("first"),
    ).filter("goes_on")
    met = [chained.select(pl.col(name).alias("earlier"), "n") for name in ("before", "first")]
    return pl.concat(met).unique().collect()


def _key(chosen: tuple[int, ...]) -> pl.Expr:
    """UInt64 from three ranks; null where a row has fewer."""
    spread = [pl.col(f"r{i}") * number(odd) for i, odd in zip(chosen, _SPREAD, strict=True)]
    return spread[0] ^ spread[1] ^ spread[2]


def _checked(pairs: pl.DataFrame, sets: pl.DataFrame, similarity: float) -> pl.DataFrame:
    """The later rows of those pairs whose sets of words are similar."""
    one = sets.lazy().select("n", "size", "ranks")
    other = sets.lazy().select(pl.col("n").alias("earlier"), pl.col("size").alias("size_e"), pl.col("ranks").alias("ranks_e"))
    both = pairs.lazy().join(one, on="n").join(other, on="earlier")
    n_shared = pl.col("ranks").list.set_intersection("ranks_e").list.len()
    is_similar = n_shared >= similarity * (pl.col("size") + pl.col("size_e") - n_shared)
    return both.filter(is_similar).select("n").unique().collect(engine="streaming")
