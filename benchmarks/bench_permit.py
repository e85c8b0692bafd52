"""`permit diff` beside one decision per purpose, and `permit why`, over a workspace on disk (1 million rows; `--large` 10 million).

The rows are those of bench_gate.py, without texts, which neither reads; the decisions of their authors are in the ledger. Both sides of
the ratio are measured in one process, on one core, the best of three rounds, on the same purposes: those that the two policies can differ
in. `why` is the verb's body in an opened House, over records drawn at random: rule, clause, ledger entry, inclusion proof and checkpoint.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from _line import tell
from bench_gate import make_store

OLD, NEW = "opt-in", "public-analysis"
N_WHY = 200


def make_workspace(root: Path, n_rows: int, n_people: int) -> None:
    """A workspace that holds the rows, their accounts and an index of ids, and whose ledger holds half of the people's decisions."""
    import polars as pl

    import ownwords
    from ownwords.core import clock, files
    from ownwords.ledger.decisions import decision_body
    from ownwords.store.store import Versions
    from ownwords.verbs._house import House

    with clock.at(datetime(2026, 1, 1, tzinfo=UTC)):
        ownwords.init(root)
        files.remove_tree(root / "store" / "records")
        make_store(root / "store", n_rows, n_people)
        house = House.open(root)
        people = pl.read_parquet(root / "store" / "accounts.parquet")
        with house.writing():
            store = house.store()
            house.commit(Versions(store.records.version(), store.merge_accounts(people), 1 << 40), batch="bench")
            house.ids.rebuild(house.store())
        saying = Random(3).sample(people["account_id"].to_list(), n_people // 2)
        body = decision_body("train_ai", effective_at=clock.now())
        house.ledger.append_many("consent.give", saying, [body] * len(saying))
    for name in ("accounts", "states", "decisions"):
        (root / "store" / f"{name}.parquet").unlink()


def measure(root: Path) -> dict[str, float]:
    """The figures of one workspace; run in a process of its own."""
    import resource
    from time import perf_counter, process_time

    import polars as pl

    from ownwords.core.permit import Question
    from ownwords.policy import diff, file, gate
    from ownwords.verbs import _why
    from ownwords.verbs._house import House
    from ownwords.verbs._then import Then

    house = House.open(root)
    then = Then.of(house, None)
    old, new = file.builtin(OLD), file.builtin(NEW)
    purposes = diff.changing(old, new, then.at)
    facts, rows = then.facts(new), then.rows()
    ones, diffs = [], []
    for _ in range(3):
        started = process_time()
        for purpose in purposes:
            gate.decide(rows, facts, Question(purpose, then.at)).group_by("rule", "allowed").len().collect(engine="streaming")
        ones.append(process_time() - started)
        started = process_time()
        shifts = [diff.shift(rows, facts, old, new, Question(purpose, then.at)) for purpose in purposes]
        diffs.append(process_time() - started)
    drawn = rows.select("record_id").collect()["record_id"].sample(N_WHY, seed=4).to_list()
    del facts, rows
    taken, used = [], []
    for record in drawn:
        started, began = perf_counter(), process_time()
        _why.answer(Then.of(house, None), record, "train_ai")
        taken.append((perf_counter() - started) * 1000)
        used.append((process_time() - began) * 1000)
    taken.sort()
    used.sort()
    return {
        "n": then.rows().select(pl.len()).collect().item(),
        "purposes": len(purposes),
        "one_decision_cpu_s": round(min(ones), 3),
        "diff_cpu_s": round(min(diffs), 3),
        "diff_over_one_decision": round(min(diffs) / min(ones), 2),
        "moved": sum(reason.n_records for shift in shifts for reason in shift.reasons),
        "why_median_ms": round(taken[N_WHY // 2], 1),
        "why_median_cpu_ms": round(used[N_WHY // 2], 1),
        "why_p95_ms": round(taken[N_WHY * 95 // 100], 1),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Append one line to results.jsonl, and print it."""
    if "--measure" in sys.argv:
        print(json.dumps(measure(Path(sys.argv[-1]))))
        return
    n_rows, n_people = (10_000_000, 400_000) if "--large" in sys.argv else (1_000_000, 100_000)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "w"
        make_workspace(root, n_rows, n_people)
        ours = [sys.executable, __file__, "--measure", str(root)]
        done = subprocess.run(ours, capture_output=True, text=True, check=True, env={**os.environ, "POLARS_MAX_THREADS": "1"})
    tell("permit", **json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
