"""Every step: its parameters, empty input, its golden table, and nothing that hangs on order, batches or threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from ownwords.core import plugins
from ownwords.core.step import DROP, Reduce, Stage
from ownwords.engine.run import run
from posts import kept, permitted, records, turns

GOLDEN = Path(__file__).parents[1] / "golden" / "steps"
STEPS = plugins.names("step")
INPUT = dict.fromkeys(("clean", "pii", "sample"), records) | {"split": turns}
ORDER = {"threads": ["dialogue", "place"], "split": "row_id", "pairs": "row_id"}


def table(name: str) -> pl.DataFrame:
    lines = (GOLDEN / name / "input.jsonl").read_text().splitlines()
    return INPUT.get(name, kept)([json.loads(line) for line in lines])


def params(name: str) -> dict:
    path = GOLDEN / name / "params.json"
    given = json.loads(path.read_text()) if path.exists() else {}
    return {key: str(GOLDEN / name / value) if key == "against" else value for key, value in given.items()}


def outcome(name: str, rows: pl.DataFrame, scratch: Path) -> tuple[str, str]:
    """The rows that stay as JSON lines in a fixed order, and the step's record."""
    done = run(permitted(rows), [(name, params(name))], scratch)
    kept = done.rows.collect()
    kept = kept.select(column for column in kept.columns if kept[column].null_count() < kept.height or column == "text")
    record = json.dumps(done.steps[0].to_json(), indent=1, ensure_ascii=False).replace(f"{GOLDEN / name}/", "")
    return kept.sort(ORDER.get(name, "record_id")).write_ndjson(), record + "\n"


@pytest.mark.parametrize("name", STEPS)
def test_golden_table_of_each_step(name, tmp_path):
    expected, record = outcome(name, table(name), tmp_path / "scratch")
    folder = GOLDEN / name
    if os.environ.get("OWNWORDS_GOLDEN") == "write":
        (folder / "expected.jsonl").write_text(expected)
        (folder / "record.json").write_text(record)
    assert (folder / "README.md").exists()
    assert expected == (folder / "expected.jsonl").read_text()
    assert record == (folder / "record.json").read_text()


@pytest.mark.parametrize("name", STEPS)
def test_a_step_takes_nothing_and_gives_nothing_with_the_same_columns(name, tmp_path):
    some = run(permitted(table(name)), [(name, params(name))], tmp_path / "some").rows
    none = run(permitted(table(name).clear()), [(name, params(name))], tmp_path / "none").rows
    assert none.collect().height == 0
    assert none.collect_schema() == some.collect_schema()


@pytest.mark.parametrize("name", STEPS)
def test_the_order_of_rows_changes_nothing(name, tmp_path):
    rows = table(name)
    straight = outcome(name, rows, tmp_path / "a")
    for seed in (1, 2):
        assert outcome(name, rows.sample(fraction=1, shuffle=True, seed=seed), tmp_path / f"b{seed}") == straight
    assert outcome(name, rows.reverse(), tmp_path / "c") == straight


@pytest.mark.parametrize("name", STEPS)
def test_a_stage_is_right_on_any_rows_closed_under_its_key(name):
    """As a cluster would run it: each stage on two halves that share no key, then together."""
    whole = halves = table(name)
    module = plugins.load("step", name)
    for stage in module.stages({**module.PARAMS, **params(name)}):
        whole, halves = through(stage, [whole]), through(stage, parted(None if isinstance(stage, Reduce) else stage.key, halves))
    order = ORDER.get(name, "record_id")
    assert whole.sort(order).drop("part", strict=False).equals(halves.select(whole.columns).sort(order).drop("part", strict=False))


def through(stage: Stage | Reduce, parts: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows that stay, each part by itself; what is looked at together is parted by its own key."""
    if isinstance(stage, Reduce):
        narrow = pl.concat([stage.read(part.lazy()).collect() for part in parts])
        together = [narrow] if stage.key is None or len(parts) == 1 else parted(stage.key, narrow)
        decided = pl.concat([stage.decide(some.lazy()).collect() for some in together])
        done = pl.concat([stage.run(part.lazy(), decided.lazy()).collect() for part in parts])
    else:
        done = pl.concat([stage.run(part.lazy()).collect() for part in parts])
    return done.filter(pl.col(DROP).is_null()).drop(DROP) if DROP in done.columns else done


def parted(key: str | None, rows: pl.DataFrame) -> list[pl.DataFrame]:
    if key is not None and isinstance(rows.schema[key], pl.List):
        rows = rows.explode(key)
    is_left = pl.int_range(pl.len()) % 2 == 0 if key is None else (pl.col(key).rank("dense") % 2 == 0).fill_null(value=True)
    return [rows.filter(is_left), rows.filter(~is_left)]


@pytest.mark.parametrize("name", STEPS)
def test_every_parameter_is_explained_in_the_source(name):
    module = plugins.load("step", name)
    source = Path(module.__file__).read_text()
    assert [key for key in module.PARAMS if f"#: {key} " not in source] == []


def test_one_thread_and_many_batches_give_the_same_rows(tmp_path):
    program = (
        "import sys; from pathlib import Path; import polars as pl\n"
        "from test_step_catalogue import STEPS, outcome, table\n"
        "pl.Config.set_streaming_chunk_size(int(sys.argv[1]))\n"
        "print([outcome(name, table(name), Path(sys.argv[2])) for name in STEPS])\n"
    )
    said = []
    for threads, batch in (("1", "3"), ("2", "5"), ("2", "50000")):
        env = {
            **os.environ,
            "POLARS_MAX_THREADS": threads,
            "PYTHONPATH": os.pathsep.join(map(str, (Path(__file__).parent, GOLDEN.parents[1]))),
        }
        done = subprocess.run(
            [sys.executable, "-c", program, batch, str(tmp_path / f"{threads}-{batch}")],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stdout)
    assert said[0] == said[1] == said[2]
