"""Benchmark files, whatever their form: each text in them, and which runs of words stand for it."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import zstandard

from ownwords.core.errors import BadInput, Usage
from ownwords.core.files import check_plain
from ownwords.datasets._words import Words, folded, mixed, powers, slices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    U64 = NDArray[np.uint64]

#: The runs of words that stand for a benchmark: whole runs of one length, and for each shorter text how it begins and the whole.
#: n_words   how many words the run has
#: start     hash of its first words: as many as the shortest text that counts has
#: run       hash of all of it
INDEX: dict[str, pl.DataType] = {"n_words": pl.UInt32(), "start": pl.UInt64(), "run": pl.UInt64()}
_FORMS = (".jsonl", ".ndjson", ".txt", ".md", ".csv", ".tsv", ".parquet")
_PACKED = (".gz", ".zst")
#: What posts have as marks, and nobody's words.
_NO_WORDS = r"https?://\S+|@\w+"


def files(against: str) -> dict[str, Path]:
    """Name -> file, for paths and folders that are joined as PATH variables are; names hold no folder of this machine.

    raises   Usage where there is nothing of that name, no benchmark in a folder, or a file of no known form
    """
    found: dict[str, Path] = {}
    for part in filter(None, against.split(os.pathsep)):
        path = Path(part)
        if not path.exists():
            raise Usage(f"the benchmark {path.name!r} is not there", "give the path of a file or folder")
        check_plain(path)
        inside = sorted(one for one in path.rglob("*") if one.is_file() and _form(one) in _FORMS) if path.is_dir() else [path]
        if not inside:
            raise Usage(f"the folder {path.name!r} holds no benchmark", f"give files of one of these forms: {', '.join(_FORMS)}")
        for one in inside:
            if _form(one) not in _FORMS:
                raise Usage(
                    f"the benchmark {one.name!r} is of no known form", f"give one of these: {', '.join(_FORMS)}, as it is or packed"
                )
            name = one.relative_to(path.parent).as_posix()
            found[name if name not in found else f"{len(found)}/{name}"] = one
    return found


def texts(path: Path) -> pl.Series:
    """string[n]: each line of a text file; each string in any column, however deep, of the other forms.

    raises   BadInput for a file that cannot be read as what its name says
    """
    form = _form(path)
    try:
        data = _unpacked(path)
        if form in (".txt", ".md"):
            return pl.Series("text", data.decode("utf-8", errors="replace").splitlines(), pl.String)
        if form in (".csv", ".tsv"):
            table = pl.read_csv(io.BytesIO(data), separator="," if form == ".csv" else "\t", infer_schema=False)
        elif form == ".parquet":
            table = pl.read_parquet(io.BytesIO(data))
        else:
            table = pl.read_ndjson(io.BytesIO(data), infer_schema_length=None) if data.strip() else pl.DataFrame()
    except (pl.exceptions.PolarsError, OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise BadInput(f"the benchmark {path.name!r} cannot be read as {form[1:]}", "mend the file, or leave it out") from error
    found = [string for column in table for string in _strings(column)]
    return pl.concat([string.rename("text") for string in found]) if found else pl.Series("text", [], pl.String)


def index(items: Iterable[pl.Series], n_words: int, shortest: int) -> pl.DataFrame:
    """`INDEX` of texts: their runs of `n_words` words; those that are shorter, but not than `shortest`, as a whole."""
    parts = [pl.DataFrame(schema=INDEX)]
    for item in items:
        plain = item.drop_nulls().unique().str.replace_all(_NO_WORDS, " ")
        for some in (plain[part] for part in slices(plain)):
            words = Words.of(folded(some))
            counts, sums = words.counts, summed(words)
            is_short = (counts >= shortest) & (counts < n_words)
            parts.append(_rows(sums, words.offsets[:-1][is_short], counts[is_short], shortest))
            long = run_starts(words, n_words)
            parts.append(_rows(sums, long, np.full(len(long), n_words), shortest))
    return pl.concat(parts).unique().sort(list(INDEX))


def run_starts(words: Words, n_words: int) -> NDArray[np.int64]:
    """int64[n]: the words from which on there are so many in the same text."""
    return np.flatnonzero(np.arange(len(words.hashes)) + n_words <= np.repeat(words.offsets[1:], words.counts))


def summed(words: Words) -> U64:
    """uint64[W + 1]: what `runs` tells the hash of any run of words from."""
    sums = np.zeros(len(words.hashes) + 1, np.uint64)
    np.cumsum(words.hashes * powers(len(sums))[0][: len(words.hashes)], out=sums[1:])
    return sums


def runs(sums: U64, starts: NDArray[np.int64], n_words: NDArray[np.int64] | int) -> U64:
    """uint64[n]: the hash of so many words from each start on, in their order."""
    return mixed((sums[starts + n_words] - sums[starts]) * powers(len(sums))[1][starts])


def _rows(sums: U64, starts: NDArray[np.int64], counts: NDArray[np.int64], n_first: int) -> pl.DataFrame:
    columns = {"n_words": counts.astype(np.uint32), "start": runs(sums, starts, n_first), "run": runs(sums, starts, counts)}
    return pl.DataFrame(columns, schema=INDEX)


def _form(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix.lower() in _PACKED else path.suffix.lower()


def _unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix.lower() == ".gz":
        return gzip.decompress(data)
    if path.suffix.lower() == ".zst":
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    return data


def _strings(column: pl.Series) -> list[pl.Series]:
    """The strings in a column, out of lists and structs."""
    if isinstance(column.dtype, pl.String):
        return [column]
    if isinstance(column.dtype, pl.Categorical | pl.Enum):
        return [column.cast(pl.String)]
    if isinstance(column.dtype, pl.List | pl.Array):
        return _strings(column.explode())
    if isinstance(column.dtype, pl.Struct):
        return [string for field in column.struct.unnest() for string in _strings(field)]
    return []
