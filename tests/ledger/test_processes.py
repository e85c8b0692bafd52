"""Several processes at once, and processes killed in the middle."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from ownwords.core import sql
from ownwords.core.errors import Busy
from ownwords.ledger import Keys, Ledger

APPEND = """
import sys
from pathlib import Path
from ownwords.ledger import Keys, Ledger
root, where, name, n = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
ledger = Ledger.open(where if "://" in where else Path(where), Keys(root / "keys"))
for k in range(n):
    if k % 3 == 2:
        print(ledger.append_many("a.b", [f"{name}:{j}" for j in range(5)], [{"k": k}] * 5)[1], flush=True)
    else:
        print(ledger.append("a", {"k": k}, f"{name}:{k}"), flush=True)
"""


def start(root, where, name, n):
    return subprocess.Popen([sys.executable, "-c", APPEND, str(root), str(where), name, str(n)], stdout=subprocess.PIPE, text=True)


def test_processes_that_append_at_once_lose_nothing_and_leave_no_gap(tmp_path, where, ledger):
    workers = [start(tmp_path, where, f"w{k}", 24) for k in range(3)]
    told = [[int(line) for line in worker.communicate(timeout=60)[0].split()] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert [len(seqs) for seqs in told] == [24, 24, 24]
    assert ledger.head().seq == 3 * (16 + 8 * 5)
    assert [event.seq for event in ledger.events()] == list(range(1, ledger.head().seq + 1))
    assert len({seq for seqs in told for seq in seqs}) == 72
    assert ledger.audit() == []


def test_a_killed_writer_loses_nothing_it_had_acknowledged(tmp_path, where, ledger):
    rng, acknowledged = random.Random(1), 0
    for round_no in range(4):
        worker = start(tmp_path, where, f"r{round_no}", 100_000)
        first = worker.stdout.readline()
        time.sleep(rng.uniform(0, 0.15))
        os.kill(worker.pid, signal.SIGKILL)
        rest = worker.communicate()[0].rsplit("\n", 1)[0].split()
        acknowledged = int(rest[-1] if rest else first)
        again = Ledger.open(where, Keys(tmp_path / "keys"))
        assert again.head().seq >= acknowledged
        assert again.audit() == []
        again.close()
    assert acknowledged > 0


def test_a_writer_that_waits_too_long_is_told_to_try_again(tmp_path, where, ledger, monkeypatch):
    monkeypatch.setattr(sql, "_PRAGMAS", ("PRAGMA busy_timeout = 50", *sql._PRAGMAS[1:]))
    monkeypatch.setattr(sql, "BUSY_TIMEOUT_MS", 50)
    other = Ledger.open(where, Keys(tmp_path / "keys"))
    with sql.writing(ledger._engine) as connection:
        ledger._lock(connection)
        with pytest.raises(Busy, match="another process"):
            other.append("policy", {})
    assert other.append("policy", {}) == 1
