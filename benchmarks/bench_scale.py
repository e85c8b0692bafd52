"""What one post costs at each place, here and on Ray: 200,000 posts (`--large` 1 million too); docs/scale.md multiplies it.

Posts come from the curation workload's maker (`--maker FILE`, else ../shared/bench/curation/make_workload.py), seed 7. Each step runs
in a process of its own over what the step before it left. CPU seconds are of the process with all its threads, imports left out;
for Ray they are of this process and of all that it started. `narrow_bytes` is what a step looks at together, a row a key where a
record has several, and `wide_bytes` the rows that are brought together whole: on a cluster that is what moves.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
MAKER = HERE.parents[1] / "shared" / "bench" / "curation" / "make_workload.py"
MAPPING = """
network = "bench"
[columns]
id = "id"
author = "author"
text = "text"
created_at = "created_at"
reply_to = "in_reply_to"
[constants]
terms = "CC-BY-4.0"
visibility = "public"
"""


def cpu_s() -> float:
    """Of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def family_cpu_s(pid: int) -> float:
    """Of a process and all below it that live, and those of theirs that ended."""
    tick = os.sysconf("SC_CLK_TCK")
    parents, used = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(map(int, fields[11:15])) / tick

    def belongs(one: int) -> bool:
        while one > 1:
            if one == pid:
                return True
            one = parents.get(one, 0)
        return False

    return sum(seconds for one, seconds in used.items() if belongs(one))


def size(path: Path) -> int:
    """Bytes of a file, or of all below a folder."""
    return sum(part.stat().st_size for part in path.rglob("*") if part.is_file()) if path.is_dir() else path.stat().st_size


def steps_of(form: str, n: int) -> list[tuple[str, dict]]:
    """The steps of a dataset."""
    from ownwords.products.dataset import Options
    from ownwords.products.dataset.plan import plan

    return plan(Options(form=form), n)


def given(rows, n: int):
    """Rows as if the gate had let them through."""
    from ownwords.core import _mint, clock
    from ownwords.core.permit import Permit

    return _mint.dataset(rows, Permit("train_ai", clock.now(), "open-licence", "0" * 64, 1, "0" * 64, 1, n, n, ()))


def ingest(folder: Path, n: int) -> dict[str, float]:
    """JSON lines into a store."""
    import ownwords

    (folder / "mapping.toml").write_text(MAPPING)
    ownwords.init(folder / "w", policy="open-licence")
    before = cpu_s()
    ownwords.ingest(folder / "w", "jsonl", (str(folder / "posts.jsonl"),), mapping=str(folder / "mapping.toml"))
    return {"cpu_s": cpu_s() - before, "bytes_in": size(folder / "posts.jsonl"), "bytes_out": size(folder / "w" / "store")}


def gate(folder: Path, n: int) -> dict[str, float]:
    """The gate's answer, written once: what Ray's workers read."""
    from ownwords.core.product import Input
    from ownwords.verbs._house import House
    from ownwords.verbs.build import _opened

    house = House.open(folder / "w", finish=True)
    before = cpu_s()
    dataset = _opened(house, {"rows": Input()}, "train_ai", {})["rows"].dataset
    dataset.rows.sink_ipc(folder / "admitted.arrow", compression="lz4", engine="streaming", maintain_order=False)
    return {"cpu_s": cpu_s() - before, "bytes_out": size(folder / "admitted.arrow")}


def one_step(folder: Path, n: int, name: str, params: dict, source: str, target: str) -> dict[str, float]:
    """One step over what lies in a file; then, untimed, what it looks at together."""
    import polars as pl

    from ownwords.core import plugins
    from ownwords.core.step import Reduce
    from ownwords.engine.run import run

    rows = pl.scan_ipc(folder / source)
    dataset = given(rows, rows.select(pl.len()).collect().item())
    stages = plugins.load("step", name).stages(plugins.step_parameters(name, params))
    before, rss = cpu_s(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = run(dataset, [(name, params)], folder / f"scratch-{name}")
    done.rows.sink_ipc(folder / target, compression="lz4", engine="streaming", maintain_order=False)
    said: dict[str, float] = {"cpu_s": cpu_s() - before, "rss_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - rss) / 1024}
    said |= {"n_in": done.steps[0].n_in, "n_out": done.steps[0].n_out, "bytes_out": size(folder / target)}
    for stage in stages:
        if isinstance(stage, Reduce):
            narrow = stage.read(rows).collect(engine="streaming")
            said |= {"narrow_bytes_here": narrow.estimated_size(), "keyed": stage.key is not None}
            if stage.key and isinstance(narrow.schema[stage.key], pl.List):
                narrow = narrow.explode(stage.key)
            said["narrow_bytes"] = narrow.estimated_size()
            break
        if stage.key is not None:
            said["wide_bytes"] = rows.collect(engine="streaming").estimated_size()
    return said


def whole(folder: Path, n: int, form: str, engine: str) -> dict[str, float]:
    """All steps at once, as a build does them."""
    import polars as pl

    from ownwords.core import hashing
    from ownwords.engine import _ray
    from ownwords.engine.run import run

    dataset = given(pl.scan_ipc(folder / "admitted.arrow"), n)
    scratch = folder / f"whole-{form}-{engine}"
    if engine == "polars":
        before = cpu_s()
        done = run(dataset, steps_of(form, n), scratch)
        used = cpu_s() - before
    else:
        with _ray.started("local", folder / "ray"):
            run(given(pl.scan_ipc(folder / "admitted.arrow").head(300), 300), steps_of(form, 300), folder / "warm", engine)  # workers start
            before = family_cpu_s(os.getpid())
            done = run(dataset, steps_of(form, n), scratch, engine)
            used = family_cpu_s(os.getpid()) - before
    said = {"cpu_s": used, "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "scratch_bytes": size(scratch)}
    rows = done.rows.collect(engine="streaming")
    return said | {"n_out": rows.height, "content": hashing.content_hash(rows, ["row_id"])[:16]}


def write(folder: Path, n: int, form: str) -> dict[str, float]:
    """The files of the dataset from its rows."""
    import polars as pl

    from ownwords.products.dataset import write

    out = folder / "out"
    out.mkdir()
    before = cpu_s()
    write.write(pl.scan_ipc(folder / "rows.arrow"), form, out, folder / "writing")
    return {"cpu_s": cpu_s() - before, "bytes_out": size(out)}


def alone(work: str, folder: Path, n: int, *arguments: object) -> dict[str, float]:
    """What `work` says of itself, in a process of its own."""
    command = [sys.executable, __file__, "--alone", work, json.dumps([str(folder), n, *arguments])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{work} {arguments}: {done.stderr}")
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in json.loads(done.stdout.splitlines()[-1]).items()}


def measure(n: int, form: str, maker: Path) -> dict[str, object]:
    """One line of results."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        subprocess.run([sys.executable, str(maker), str(n), "7", str(folder)], check=True, stdout=subprocess.DEVNULL)
        line: dict[str, object] = {"stage": "scale", "n": n, "form": form}
        line["ingest"], line["gate"] = alone("ingest", folder, n), alone("gate", folder, n)
        steps: dict[str, object] = {}
        source = "admitted.arrow"
        for number, (name, params) in enumerate(steps_of(form, n)):
            steps[name] = alone("one_step", folder, n, name, params, source, f"{number:02d}.arrow")
            source = f"{number:02d}.arrow"
        (folder / source).rename(folder / "rows.arrow")
        line |= {"steps": steps, "write": alone("write", folder, n, form)}
        line |= {engine: alone("whole", folder, n, form, engine) for engine in ("polars", "ray")}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False).stdout.strip()
    return line | {"commit": commit}


def main() -> None:
    """Append a line a size to results.jsonl, and print it."""
    maker = Path(sys.argv[sys.argv.index("--maker") + 1]) if "--maker" in sys.argv else MAKER
    if not maker.exists():
        print(f"{maker.name} is not there; give --maker FILE", file=sys.stderr)
        return
    for n in (20_000,) if "--small" in sys.argv else (200_000, 1_000_000) if "--large" in sys.argv else (200_000,):
        line = measure(n, "conversations", maker)
        print(json.dumps(line))
        with (HERE / "results.jsonl").open("a") as results:
            results.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    if "--alone" in sys.argv:
        place, *rest = json.loads(sys.argv[3])
        print(json.dumps(globals()[sys.argv[2]](Path(place), *rest)))
    else:
        main()
