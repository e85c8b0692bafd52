"""`ownwords consent import` of 200,000 account ids (`--large`: 1 million), beside Polars reading the file and the ledger's bare append."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from _line import tell

#: A list in no order; a tenth of its people are held here, and a hundredth stand in it by handle. Everybody is new to the ledger.
BEGIN = """
import json, random, resource, sys, time
from pathlib import Path
n, root = int(sys.argv[1]), Path(sys.argv[2])
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
def peak_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
PREPARE = """
import ownwords
ownwords.init(root / "w")
held = [{"id": f"x:{k}", "author": f"x:{10**9 + k}", "handle": f"name_{k}", "network": "x", "visibility": "public", "text": "a word",
         "created_at": "2026-01-01T00:00:00Z"} for k in range(0, n, 10)]
(root / "held.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in held))
ownwords.ingest(root / "w", "jsonl", (str(root / "held.jsonl"),))
names = [f"x:@name_{k}" if k % 100 == 0 else f"x:{10**9 + k}" for k in range(n)]
random.Random(1).shuffle(names)
(root / "list.txt").write_text("\\n".join(names))
print("{}")
"""
READ = """
import polars as pl
before = cpu()
rows = pl.read_csv(root / "list.txt", has_header=False, infer_schema=False)
assert rows.height == n
print(json.dumps({"cpu_s": cpu() - before}))
"""
BARE = """
from ownwords.core import clock
from ownwords.ledger import Keys, Ledger, decision_body
accounts = (root / "list.txt").read_text().split()
(root / "bare").mkdir()
ledger = Ledger.create(root / "bare", Keys.create(root / "bare" / "keys"))
body = decision_body("train_ai", effective_at=clock.now(), by="import", source="list:0")
before = cpu()
ledger.append_many("consent.refuse", accounts, [body] * n)
print(json.dumps({"cpu_s": cpu() - before, "rss_mb": peak_mb()}))
"""
OURS = """
import ownwords
begun, before = time.perf_counter(), cpu()
said = ownwords.consent(root / "w", "import", str(root / "list.txt"), "train_ai")
told = {"cpu_s": cpu() - before, "wall_s": time.perf_counter() - begun, "rss_mb": peak_mb()}
assert (said["rows"], said["refused"]) == (n, n), said
before = cpu()
assert ownwords.consent(root / "w", "import", str(root / "list.txt"), "train_ai")["already"] == n
told["again_cpu_s"] = cpu() - before
print(json.dumps(told))
"""


def measured(code: str, n: int, folder: str) -> dict[str, float]:
    """What a fresh process that runs `code` says."""
    done = subprocess.run([sys.executable, "-c", BEGIN + code, str(n), folder], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Append one line to results.jsonl, and print it."""
    n = 1_000_000 if "--large" in sys.argv else 200_000
    with tempfile.TemporaryDirectory() as folder:
        measured(PREPARE, n, folder)
        read, bare, ours = (measured(code, n, folder) for code in (READ, BARE, OURS))
    tell(
        "optouts",
        n=n,
        **{name: round(value, 2) for name, value in ours.items()},
        records_per_s=round(n / ours["cpu_s"]),
        bare_append_cpu_s=round(bare["cpu_s"], 2),
        bare_append_rss_mb=bare["rss_mb"],
        cpu_over_bare_append=round(ours["cpu_s"] / bare["cpu_s"], 2),
        cpu_over_polars_read=round(ours["cpu_s"] / read["cpu_s"]),
    )


if __name__ == "__main__":
    main()
