"""Lines of a file: the quick way and the careful one say the same, wherever chunks end."""

from __future__ import annotations

import hashlib
import random

import pytest

from ownwords.sources import _lines
from ownwords.sources._lines import lines, pieces


def found(path, max_rows):
    """(number, row) of every line, and (number, sha256) of those that were lost."""
    chunks = list(lines(path, max_rows))
    assert all(len(chunk.rows) == len(chunk.numbers) <= max_rows for chunk in chunks)
    rows = [(number, bytes(row)) for chunk in chunks for number, row in zip(chunk.numbers, chunk.rows, strict=True)]
    return rows, [(lost.number, lost.sha256) for chunk in chunks for lost in chunk.lost]


@pytest.mark.parametrize("seed", range(60))
def test_lines_are_those_that_one_by_one_would_give(tmp_path, monkeypatch, seed):
    chance = random.Random(seed)
    monkeypatch.setattr(_lines, "CHUNK", chance.choice([16, 64, 400]))
    monkeypatch.setattr(_lines, "MAX_ROW", chance.choice([8, 40, 300]))
    kinds = [b"", b" ", b"\r", b"a", b"{}", b"  x", b"y" * 50, b"z" * 500, b"k\r"] if seed % 2 else [b"a", b"bb", b"c" * 30]
    raw = b"\n".join(chance.choice(kinds) for _ in range(chance.randint(0, 40))) + chance.choice([b"", b"\n", b"\n\n"])
    path = tmp_path / "f"
    path.write_bytes(chance.choice([b"", b"\xef\xbb\xbf"]) + raw)
    whole = [(n, line) for n, line in enumerate(raw.split(b"\n"), 1) if line.strip()]
    longest = _lines.MAX_ROW
    rows, lost = found(path, chance.choice([1, 3, 1000]))
    assert rows == [(n, line) for n, line in whole if len(line) <= longest]
    assert lost == [(n, hashlib.sha256(line).hexdigest()) for n, line in whole if len(line) > longest]


def test_a_line_longer_than_a_chunk_is_lost_and_the_rest_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(_lines, "CHUNK", 64)
    monkeypatch.setattr(_lines, "MAX_ROW", 64)
    path = tmp_path / "f"
    path.write_bytes(b"a\n" + b"b" * 5000 + b"\nc\n")
    rows, lost = found(path, 10)
    assert rows == [(1, b"a"), (3, b"c")]
    assert [number for number, _ in lost] == [2]


def test_slices_of_lines_are_lines(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"a\nbb\nccc\n")
    (chunk,) = lines(path, 10)
    assert list(chunk.rows[1:]) == [b"bb", b"ccc"]
    assert chunk.rows[1:].raw == b"bb\nccc"
    assert list(chunk.rows[1:][1:]) == [b"ccc"]
    assert list(chunk.rows[2:2]) == []
    assert chunk.rows[-1] == b"ccc"
    assert list(pieces(path, b"\n")) == [(1, b"a"), (2, b"bb"), (3, b"ccc")]
