"""What writing a dataset costs, a post: all its files, from the rows that the steps hand over. `--large`: five million posts too.

    python benchmarks/bench_write.py [--large]

The posts are made up with a seed: dialogues of one to eight turns, sixteen words a turn on average. Each measurement runs in a process of
its own; rss_mb counts the file it reads, rss_own_mb does not. Beside it stands what Polars takes to read those rows, sort them and write
them once as Parquet and once as JSON lines, unshaped, uncounted and unhashed: the floor.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import polars as pl
from _line import tell

SEED = 101
PEAKS = {"VmRSS": "rss_mb", "RssAnon": "rss_own_mb"}


def dialogues(n_posts: int, first: int) -> pl.DataFrame:
    """DIALOGUES of some `n_posts` posts with numbers from `first` on, in no order."""
    from ownwords.products.dataset.forms import DIALOGUES

    rng = np.random.default_rng(SEED + first)
    lengths = rng.choice([1, 1, 1, 1, 1, 2, 2, 3, 4, 8], n_posts)
    lengths = lengths[: np.searchsorted(np.cumsum(lengths), n_posts)]
    n = int(lengths.sum())
    words = pl.Series([f"{a}{b}{c}" for a in ("ka", "lo", "mi", "ter") for b in ("", "na", "ri", "so") for c in ("n", "s", "t", "a", "ng")])
    counts = rng.integers(1, 32, n)
    spoken = pl.DataFrame({"turn": np.repeat(np.arange(n), counts), "word": words.gather(rng.integers(0, len(words), counts.sum()))})
    texts = spoken.group_by("turn", maintain_order=True).agg(pl.col("word").str.join(" "))["word"]
    number = pl.Series(rng.permutation(n) + first)
    said = pl.DataFrame(
        {"row": np.repeat(np.arange(len(lengths)), lengths), "text": texts, "origins": number, "who": rng.integers(0, 3, n)}
    )
    record = pl.format("test:{}", pl.lit(1_795_000_000_000_000_000) + pl.col("origins"))
    turn = pl.struct(pl.col("who").cast(pl.Int32).alias("speaker"), "text", pl.lit(True).alias("learn"), record.alias("record_id"))
    person = pl.format("test:{}", pl.col("origins") // 20)
    folded = said.group_by("row").agg(
        record.first().alias("row_id"), turn.alias("turns"), person.alias("people"), "origins", pl.col("origins").first().alias("first")
    )
    return folded.select(
        "row_id",
        pl.when(pl.col("first") % 10 == 0).then(pl.lit("held_out")).otherwise(pl.lit("train")).alias("split"),
        (pl.lit(1_700_000_000_000_000) + pl.col("first") * 1_000_000).cast(pl.Datetime("us", "UTC")).alias("created_at"),
        pl.lit("test").alias("network"),
        pl.lit("own-export").alias("terms"),
        pl.lit("en").alias("language"),
        "turns",
        "people",
        "origins",
    ).cast(dict(DIALOGUES))


def child(rows: Path, form: str) -> None:
    """Write `rows` once and print what it took."""
    from ownwords.products.dataset import write

    peaks = dict.fromkeys(PEAKS.values(), 0)

    def watch() -> None:
        while True:
            for line in Path("/proc/self/status").read_text().splitlines():
                if (name := PEAKS.get(line.partition(":")[0])) is not None:
                    peaks[name] = max(peaks[name], int(line.split()[1]) // 1024)
            time.sleep(0.05)

    threading.Thread(target=watch, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        before = time.process_time()
        if form == "floor":
            found = pl.scan_ipc(rows).collect(engine="streaming").sort("row_id")
            found.write_parquet(out / "rows.parquet", compression="zstd", compression_level=1, statistics=False)
            found.write_ndjson(out / "rows.jsonl")
        else:
            write.write(pl.scan_ipc(rows), form, out, out / "scratch")
        print(json.dumps({"cpu_s": round(time.process_time() - before, 2), **peaks}))


def main() -> None:
    """200,000 posts, then five million."""
    if "--child" in sys.argv:
        child(Path(sys.argv[1]), sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as folder:
        for n in (200_000, 5_000_000) if "--large" in sys.argv else (200_000,):
            path = Path(folder) / "rows.arrow"
            step = 200_000
            parts = []
            for first in range(0, n, step):
                parts.append(Path(folder) / f"part-{first}.arrow")
                dialogues(step, first).write_ipc(parts[-1], compression="lz4")
            pl.scan_ipc(parts).sink_ipc(path, compression="lz4")
            for form in ("floor", "flat", "conversations", "prompt_completion") if n == step else ("flat", "conversations"):
                ran = subprocess.run([sys.executable, __file__, str(path), form, "--child"], capture_output=True, text=True, check=True)
                figures = json.loads(ran.stdout)
                tell("write", form=form, n=n, us_per_post=round(figures["cpu_s"] / n * 1e6, 2), **figures)
            for part in parts:
                part.unlink()


if __name__ == "__main__":
    main()
