"""The whole way from JSON lines to a dataset, beside datatrove in the same run, on a workload of planted truth.

    bench_curation.py [--n 200000] [--seed 101] [--peers DIR] [--install] [--large]

The workload, the scorer and the peers' runners are in ../shared/bench/curation; `--peers` names the folder with datatrove's virtual
environment (`venvs/datatrove`), which `--install` makes. `--large`: 5 million posts as well, 25 workloads of 200,000 with ids of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from _line import tell

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "shared" / "bench" / "curation"
#: Rules and patterns are written with these workloads before one's eyes; what is reported comes from others.
DEVELOPED_ON = (7, 11, 12)
STEPS = ("quality", "pii", "near", "full")
N_PARTS, PART = 25, 200_000


def main() -> None:
    """Print a table, append one line to results.jsonl."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--peers", type=Path, default=HERE.parent / "build" / "peers")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--large", action="store_true")
    asked = parser.parse_args()
    if asked.seed in DEVELOPED_ON:
        parser.error(f"seed {asked.seed} is one that the steps were developed on")
    if not (SHARED / "make_workload.py").exists():
        print("skipped: the workload and the scorer are not here (../shared/bench/curation)", file=sys.stderr)
        return
    datatrove = peer(asked.peers, is_wanted=asked.install)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shared("make_workload.py", str(asked.n), str(asked.seed), "data", cwd=work)
        own = {step: measured(work, "ownwords", step, [sys.executable, str(HERE / "peer_ownwords.py")]) for step in STEPS}
        theirs = measured(work, "datatrove", "full", [str(datatrove), str(SHARED / "peer_datatrove.py")]) if datatrove else None
        large = at_large(work, asked.seed) if asked.large else None
    show(asked.n, own, theirs, large)
    tell("curation", **figures(asked.n, asked.seed, own, theirs, large))


def peer(folder: Path, *, is_wanted: bool) -> Path | None:
    """datatrove's Python; none if it is not there and not wanted."""
    python = folder / "venvs" / "datatrove" / "bin" / "python"
    if not python.exists() and is_wanted:
        subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "datatrove[processing,io]", "spacy"], check=True)
    if not python.exists():
        print(f"datatrove is not in {folder}: nothing is compared (--install fetches it, --peers says where it is)", file=sys.stderr)
        return None
    return python


def shared(script: str, *arguments: str, cwd: Path) -> str:
    """What a script of the workload's folder prints. It runs in `cwd`, with paths from there: the scorer passes over paths with /tmp/."""
    command = [sys.executable, str(SHARED / script), *arguments]
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


def measured(work: Path, name: str, step: str, command: list[str], data: str = "data") -> dict[str, Any]:
    """CPU seconds, peak memory and, where the truth is known, the score of one step."""
    out = work / "out" / name / step
    out.mkdir(parents=True)
    source = work / f"{data}-in"
    source.mkdir(exist_ok=True)
    posts = source / "posts.jsonl"
    if not posts.exists():
        posts.symlink_to(work / data / "posts.jsonl")
    timeout = {**os.environ, "PEERS_TIMEOUT": "3600"}
    told = [sys.executable, str(SHARED / "measure.py"), "measured.json", "--", *command, step, str(source), str(out)]
    done = subprocess.run(told, cwd=work, env=timeout, capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads((work / "measured.json").read_text())
    if found["rc"] != 0:
        raise SystemExit(f"{name} {step} failed:\n{done.stderr[-2000:]}")
    if (work / data / "truth.jsonl").exists():
        for path in out.glob("*.parquet"):  # the scorer would want pyarrow
            pl.read_parquet(path).write_ndjson(path.with_suffix(".jsonl"))
            path.unlink()
        found["score"] = json.loads(shared("score.py", step, data, f"out/{name}/{step}", cwd=work))
    shutil.rmtree(out)
    return found


def at_large(work: Path, seed: int) -> dict[str, Any]:
    """The full way over N_PARTS workloads in one file; ids, authors and parents bear the number of theirs."""
    target = work / "large"
    target.mkdir()
    with (target / "posts.jsonl").open("wb") as out:
        for number in range(N_PARTS):
            shared("make_workload.py", str(PART), str(seed + number), "part", cwd=work)
            own = b"%02d-" % number
            for line in (work / "part" / "posts.jsonl").open("rb"):
                for key in (b'"id": "', b'"author": "', b'"in_reply_to": "'):
                    line = line.replace(key, key + own, 1)
                out.write(line)
    return measured(work, "ownwords-large", "full", [sys.executable, str(HERE / "peer_ownwords.py")], "large")


def figures(n: int, seed: int, own: dict[str, Any], theirs: dict[str, Any] | None, large: dict[str, Any] | None) -> dict[str, object]:
    """What is kept of a run."""
    full, score = own["full"], own["full"]["score"]
    told: dict[str, object] = {
        "n": n,
        "seed": seed,
        "cpu_s": full["cpu"],
        "records_per_s": round(n / full["cpu"]),
        "rss_mb": full["mem_mb"],
        "kept": score["docs_out"],
        "junk_removed": score["junk_removed"],
        "junk_removed_flat": own["quality"]["score"]["junk_removed"],
        "good_lost": own["quality"]["score"]["good_lost"],
        "pii_recall": score["pii_recall_all"],
        "pii_recall_spelt": score["pii_recall"].get("email_obf"),
        "pii_precision": own["pii"]["score"]["pii_precision"],
        "near_recall": score["dup_recall_near"],
        "near_recall_by_len": own["near"]["score"]["near_recall_by_len"],
        "near_precision": own["near"]["score"]["dup_precision"],
        "step_cpu_s": {step: own[step]["cpu"] for step in STEPS if step != "full"},
    }
    if theirs:
        told |= {"datatrove_cpu_s": theirs["cpu"], "times_datatrove": round(theirs["cpu"] / full["cpu"], 1)}
        told["datatrove_kept"] = theirs["score"]["docs_out"]
    if large:
        posts = N_PARTS * PART
        told |= {"large_n": posts, "large_cpu_s": large["cpu"], "large_rss_mb": large["mem_mb"]}
        told["large_cpu_a_post_over_small"] = round(large["cpu"] / posts / (full["cpu"] / n), 2)
    return told


def show(n: int, own: dict[str, Any], theirs: dict[str, Any] | None, large: dict[str, Any] | None) -> None:
    """The table, a step a line."""
    rows = [("ownwords", step, n, found) for step, found in own.items()]
    rows += [("datatrove", "full", n, theirs)] if theirs else []
    rows += [("ownwords", "full", N_PARTS * PART, large)] if large else []
    print(f"{'':<11}{'step':<9}{'posts':>9}{'cpu_s':>9}{'posts/cpu-s':>13}{'mem_mb':>8}{'out':>9}  quality")
    for name, step, posts, found in rows:
        score = found.get("score", {})
        keys = ("junk_removed", "good_lost", "pii_recall_all", "pii_precision", "dup_recall_exact", "dup_recall_near", "dup_precision")
        said = " ".join(f"{key}={score[key]}" for key in (*keys, "near_recall_by_len") if key in score)
        n_out = score.get("docs_out", "")
        print(f"{name:<11}{step:<9}{posts:>9}{found['cpu']:>9}{posts / found['cpu']:>13.0f}{found['mem_mb']:>8}{n_out:>9}  {said}")


if __name__ == "__main__":
    main()
