"""The whole verb `ingest` over Reddit-shaped NDJSON (100,000 lines; `--large` 1 million), beside Polars reading the same file."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from _line import tell

import ownwords

HERE = Path(__file__).parent
PROBE = """
import json, resource, sys
exec(sys.argv[1])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu_s": used.ru_utime + used.ru_stime, "rss_mb": used.ru_maxrss / 1024}), file=sys.stderr)
"""


def measured(code: str) -> dict[str, float]:
    """CPU seconds and peak resident megabytes of a process that runs `code`."""
    done = subprocess.run([sys.executable, "-c", PROBE, code], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stderr.splitlines()[-1]))


def main() -> None:
    """Append one line to results.jsonl, and print it."""
    n = 1_000_000 if "--large" in sys.argv else 100_000
    with tempfile.TemporaryDirectory() as folder:
        posts, root = Path(folder) / "posts.ndjson", Path(folder) / "w"
        subprocess.run([sys.executable, str(HERE / "make_ndjson.py"), str(n), str(posts)], check=True)
        ownwords.init(root)
        ours = measured(f"import ownwords; ownwords.ingest({str(root)!r}, 'reddit', ({str(posts)!r},))")
        floor = measured(f"import polars; polars.scan_ndjson({str(posts)!r}, infer_schema_length=None, ignore_errors=True).collect()")
    tell(
        "ingest",
        n=n,
        cpu_s=round(ours["cpu_s"], 2),
        records_per_s=round(n / ours["cpu_s"]),
        rss_mb=round(ours["rss_mb"]),
        cpu_over_polars_read=round(ours["cpu_s"] / floor["cpu_s"], 2),
        polars_rss_mb=round(floor["rss_mb"]),
    )


if __name__ == "__main__":
    main()
