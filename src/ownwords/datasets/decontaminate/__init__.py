"""What is in a benchmark is not learnt: records that share a run of words with one go."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core.errors import Usage
from ownwords.core.files import sha256_file
from ownwords.core.step import DROP, Stage
from ownwords.datasets._words import Words, folded, slices
from ownwords.datasets.decontaminate import benchmarks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ownwords.core.step import Param

    U64 = NDArray[np.uint64]

#: against    benchmark files or folders (JSONL, text, CSV, Parquet; also .gz, .zst), joined as PATH is; or what `keep` wrote
#: words      so many words in a row that a benchmark has, too, are its own
#: shortest   a text of a benchmark that is shorter than that counts only as a whole, and below so many words not at all
PARAMS: Mapping[str, Param] = {"against": "", "words": 13, "shortest": 5}

_REASON = "in a benchmark"
_KEPT, _NAMES = ".runs", ".json"


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """RECORDS in and out, each by itself, compared in folded letters and without marks, links and names.

    raises   Usage for a benchmark that is not there, BadInput for one that cannot be read
    """
    known = _Known(_index(params), int(params["words"]), int(params["shortest"]))

    def marked(rows: pl.LazyFrame) -> pl.LazyFrame:
        is_known = pl.col("text").map_batches(known.told, return_dtype=pl.Boolean, is_elementwise=True)
        return rows.with_columns(pl.when(is_known).then(pl.lit(_REASON)).alias(DROP))

    return (Stage(None, marked),)


def resources(params: Mapping[str, Param]) -> dict[str, dict[str, str]]:
    """What a manifest says of the benchmarks: `benchmark:NAME` -> name and sha256; nothing that is a path on this machine.

    raises   Usage for a benchmark that is not there
    """
    against = str(params["against"])
    if against.endswith(_KEPT):
        found: dict[str, str] = json.loads(Path(f"{against}{_NAMES}").read_bytes())
    else:
        found = {name: sha256_file(path) for name, path in benchmarks.files(against).items()}
    return {f"benchmark:{name}": {"name": name, "sha256": sha256} for name, sha256 in found.items()}


def keep(against: str, folder: Path) -> str:
    """Write to `folder` what stands for these benchmarks: hashed runs of words, from which no text can be read; the name of the file.

    It takes the place of `against` when they are gone, for the lengths that are the step's defaults.

    raises   Usage for a benchmark that is not there; BadInput for what cannot be read
    """
    asked = {**PARAMS, "against": against}
    kept = folder / f"benchmarks{_KEPT}"
    _index(asked).write_parquet(kept)
    names = {found["name"]: found["sha256"] for found in resources(asked).values()}
    Path(f"{kept}{_NAMES}").write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")
    return kept.name


def _index(params: Mapping[str, Param]) -> pl.DataFrame:
    """The hashed runs of words of all benchmarks, `benchmarks.INDEX`; read once, however often they are asked for.

    raises   Usage for a benchmark that is not there; BadInput for what cannot be read
    """
    n_words, shortest = int(params["words"]), int(params["shortest"])
    if not 1 <= shortest <= n_words:
        raise Usage(f"a benchmark's shortest text cannot have {shortest} words where runs have {n_words}", "give shortest from 1 to words")
    against = str(params["against"])
    if against.endswith(_KEPT):
        known = pl.read_parquet(against)
        if known.filter(~pl.col("n_words").is_between(shortest, n_words)).height:
            raise Usage(f"{Path(against).name!r} was not made for runs of {n_words} words", "name the benchmarks themselves")
        return known
    found = [(path, path.stat()) for path in benchmarks.files(against).values()]
    return _read(tuple((path, about.st_size, about.st_mtime_ns) for path, about in found), n_words, shortest)


@lru_cache(maxsize=1)
def _read(found: tuple[tuple[Path, int, int], ...], n_words: int, shortest: int) -> pl.DataFrame:
    """`benchmarks.INDEX` of files that had these sizes and dates when they were asked for."""
    return benchmarks.index((benchmarks.texts(path) for path, *_ in found), n_words, shortest)


class _Known:
    """The runs of words of benchmarks, ready to be looked up."""

    def __init__(self, runs: pl.DataFrame, n_words: int, shortest: int) -> None:
        self.n_words, self.shortest = n_words, shortest
        is_long = pl.col("n_words") == n_words
        self.long = _Set(runs.filter(is_long)["run"].to_numpy())
        short = runs.filter(~is_long)
        self.starts = _Set(short["start"].unique().to_numpy())
        self.short = {n: _Set(some["run"].to_numpy()) for (n,), some in short.partition_by("n_words", as_dict=True).items()}

    def told(self, texts: pl.Series) -> pl.Series:
        """bool[R]: whether a text shares a run with a benchmark, or has one of its shorter texts in it."""
        parts = [self._told(part) for part in (texts[some] for some in slices(texts))]
        return pl.Series(texts.name, np.concatenate([np.zeros(0, bool), *parts]))

    def _told(self, texts: pl.Series) -> NDArray[np.bool_]:
        words = Words.of(folded(texts.fill_null("")))
        sums = benchmarks.summed(words)
        hits = [_found(words, sums, self.long, self.n_words)]
        if len(self.starts.values):
            begun = _found(words, sums, self.starts, self.shortest)
            ends = np.repeat(words.offsets[1:], words.counts)[begun]
            for n, runs in self.short.items():
                whole = begun[begun + n <= ends]
                hits.append(whole[runs.has(benchmarks.runs(sums, whole, n))])
        is_known = np.zeros(len(texts), bool)
        is_known[np.searchsorted(words.offsets, np.concatenate(hits), side="right") - 1] = True
        return is_known


def _found(words: Words, sums: U64, runs: _Set, n_words: int) -> NDArray[np.int64]:
    """The words at which a run of so many begins that is one of `runs`."""
    starts = benchmarks.run_starts(words, n_words) if len(runs.values) else np.zeros(0, np.int64)
    return starts[runs.has(benchmarks.runs(sums, starts, n_words))]


class _Set:
    """Many numbers of 64 bits, and a table of bits that most of those that are not among them fail at."""

    def __init__(self, values: U64) -> None:
        self.values = np.sort(values)
        n_bits = min(max(8 * len(values), 1 << 10).bit_length(), 27)
        self.low = np.uint64((1 << n_bits) - 1)
        self.table = np.zeros(1 << n_bits, bool)
        self.table[self.values & self.low] = True

    def has(self, values: U64) -> NDArray[np.bool_]:
        """bool[n]: which of them are among the numbers."""
        found: NDArray[np.bool_] = self.table[values & self.low]
        may_be = np.flatnonzero(found)
        place = np.searchsorted(self.values, values[may_be])
        found[may_be] = self.values[np.minimum(place, len(self.values) - 1)] == values[may_be] if len(self.values) else False
        return found
