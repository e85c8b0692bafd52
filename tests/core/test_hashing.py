"""Content hashes: over values in their order, however the table is cut."""

from __future__ import annotations

import polars as pl
import pytest

from ownwords.core import hashing

TABLE = pl.DataFrame(
    {
        "b": ["é\n\"'\\", None, "\u202ezalgo\u0301", "", "x" * 5000],
        "a": [[1, None], [], None, [2**62], [0]],
        "c": [{"d": "1", "e": None}, {"d": None, "e": True}, {"d": "", "e": False}, None, {"d": "2", "e": True}],
    }
)


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 99])
def test_a_table_in_parts_has_the_hash_of_the_whole(cut):
    stream = hashing.ContentHash(TABLE.schema)
    ordered = TABLE.sort("b", nulls_last=True)
    lines = b"".join(stream.add(ordered.slice(start, cut)) for start in range(0, TABLE.height, cut))
    assert stream.hexdigest() == hashing.content_hash(TABLE.sample(fraction=1, shuffle=True, seed=3), ["b"])
    assert pl.read_ndjson(lines, schema={name: TABLE.schema[name] for name in stream.columns}).equals(ordered.select(stream.columns))


def test_another_value_name_or_type_is_another_hash():
    whole = hashing.content_hash(TABLE, ["b"])
    changed = TABLE.with_columns(pl.col("b").str.replace("x", "y"))
    others = [TABLE.rename({"a": "z"}), changed, TABLE.with_columns(pl.col("a").cast(pl.List(pl.Int32), strict=False)), TABLE.head(4)]
    assert len({whole, *(hashing.content_hash(other, ["b"]) for other in others)}) == 5


def test_an_empty_table_has_a_hash_of_its_columns():
    assert hashing.ContentHash(TABLE.schema).hexdigest() == hashing.content_hash(TABLE.clear(), ["b"])
    assert hashing.content_hash(TABLE.clear(), ["b"]) != hashing.content_hash(TABLE.clear().drop("a"), ["b"])
