"""Reading alone: synthetic Reddit comments from a seed (100,000; `--large` 1 million), or SOURCE FILE; prints one JSON line."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import make_ndjson

from ownwords.core import clock, plugins
from ownwords.core.source import ReadOptions


def main(arguments: list[str]) -> None:
    """Read batch by batch, keep nothing."""
    with tempfile.TemporaryDirectory() as folder:
        if len(arguments) == 2:
            measure(arguments[0], Path(arguments[1]), Path(folder))
            return
        path = Path(folder) / "comments.ndjson"
        # In a process of its own: its memory is not the reader's.
        command = [sys.executable, make_ndjson.__file__, "1000000" if "--large" in arguments else "100000", str(path)]
        subprocess.run(command, check=True)
        measure("reddit", path, Path(folder))


def measure(name: str, path: Path, scratch: Path) -> None:
    """n, cpu_s, records_per_s, peak rss_mb, commit."""
    source = plugins.load("source", name)
    n_records = n_rejects = 0
    started = time.process_time()
    for batch in source.read(path, ReadOptions(observed_at=clock.now(), scratch=scratch)):
        n_records += batch.records.height
        n_rejects += batch.rejects.height
    cpu_s = time.process_time() - started
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    told = {
        "stage": f"read {name}",
        "n": n_records,
        "rejects": n_rejects,
        "file_mb": round(sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*"))) / 1e6),
        "cpu_s": round(cpu_s, 2),
        "records_per_s": round(n_records / cpu_s),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "commit": commit,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
