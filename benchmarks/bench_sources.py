"""Reading alone: `bench_sources.py SOURCE FILE`; prints one JSON line (n, cpu_s, records_per_s, peak rss_mb, commit)."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ownwords.core import clock, plugins
from ownwords.core.source import ReadOptions


def main(name: str, path: Path) -> None:
    """Read `path` batch by batch and keep nothing."""
    source = plugins.load("source", name)
    n_records = n_rejects = 0
    with tempfile.TemporaryDirectory() as scratch:
        started = time.process_time()
        for batch in source.read(path, ReadOptions(observed_at=clock.now(), scratch=Path(scratch))):
            n_records += batch.records.height
            n_rejects += batch.rejects.height
        cpu_s = time.process_time() - started
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    print(
        json.dumps(
            {
                "stage": f"read {name}",
                "n": n_records,
                "rejects": n_rejects,
                "file_mb": round(path.stat().st_size / 1e6),
                "cpu_s": round(cpu_s, 2),
                "records_per_s": round(n_records / cpu_s),
                "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "commit": commit,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
