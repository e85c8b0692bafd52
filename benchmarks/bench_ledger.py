"""An opt-out list of 100,000 accounts (`--large`: 1 million) written into the ledger, beside bare SQLite writing the same rows."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from _line import tell

#: Accounts in no order, as lists come; every one new to the ledger.
BEGIN = """
import json, random, resource, sys, time
from pathlib import Path
n, root = int(sys.argv[1]), Path(sys.argv[2])
accounts = [f"x:{10**9 + i}" for i in range(n)]
random.Random(1).shuffle(accounts)
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
def peak_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
OURS = """
from ownwords.core import clock
from ownwords.ledger import Keys, Ledger, decision_body
ledger = Ledger.create(root, Keys.create(root / "keys"))
body = decision_body("train_ai", effective_at=clock.now(), by="import", source="list:0")
before, rss = cpu(), peak_mb()
ledger.append_many("consent.refuse", accounts, [body] * n)
told = {"cpu_s": cpu() - before, "rss_mb": peak_mb(), "rss_of_the_list_mb": rss}
def quickest_ms(ask):
    times = []
    for _ in range(9):
        begun = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begun)
    return round(1000 * min(times), 2)
told["decisions_of_1_ms"] = quickest_ms(lambda: ledger.decisions(accounts=accounts[:1]))
told["decisions_of_100_ms"] = quickest_ms(lambda: ledger.decisions(accounts=accounts[:100]))
told["states_of_100_ms"] = quickest_ms(lambda: ledger.states(accounts=accounts[:100]))
before = cpu()
assert ledger.decisions().height == n
told["decisions_of_all_cpu_s"] = cpu() - before
before = cpu()
assert ledger.audit() == []
told["audit_cpu_s"] = cpu() - before
print(json.dumps(told))
"""
FLOOR = """
import sqlite3
connection = sqlite3.connect(root / "floor.db", isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA synchronous = FULL")
connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, at TEXT, kind TEXT, account TEXT, body TEXT, leaf BLOB)")
connection.execute("CREATE INDEX by_kind ON events (kind, seq)")
connection.execute("CREATE INDEX by_account ON events (account, kind, seq)")
before = cpu()
connection.execute("BEGIN")
body = json.dumps({"purpose": "train_ai", "by": "import", "source": "list:0", "effective_at": "2026-01-01T00:00:00.000000Z"})
rows = [(k, "2026-01-01T00:00:00.000000Z", "consent.refuse", account, body, bytes(32)) for k, account in enumerate(accounts, 1)]
connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
connection.execute("COMMIT")
print(json.dumps({"cpu_s": cpu() - before}))
"""


def measured(code: str, n: int) -> dict[str, float]:
    """What a fresh process that runs `code` says."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", BEGIN + code, str(n), folder], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Append one line to results.jsonl, and print it."""
    n = 1_000_000 if "--large" in sys.argv else 100_000
    floor, ours = measured(FLOOR, n), measured(OURS, n)
    tell(
        "ledger",
        n=n,
        **{name: round(value, 2) for name, value in ours.items()},
        records_per_s=round(n / ours["cpu_s"]),
        cpu_over_bare_sqlite=round(ours["cpu_s"] / floor["cpu_s"], 2),
    )


if __name__ == "__main__":
    main()
