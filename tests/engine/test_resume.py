"""A run that was interrupted anywhere goes on where it was, and what it was given before is what it must be given again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import small_steps
from small_steps import N, run_all, worked

from ownwords.core import _mint, files
from ownwords.core.permit import Permit
from ownwords.engine import here
from posts import DAY, permitted

ALL = {"each": N, "all": N - 9, "met": 37}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr("ownwords.engine.run.plugins.load", small_steps.load)
    worked.clear()
    yield
    files.set_fault_hook(files._nothing)
    small_steps.happens.clear()


@pytest.fixture(params=["whole", "parts"])
def cut(request, monkeypatch):
    """Rows that belong together meet all at once, or in parts."""
    if request.param == "parts":
        monkeypatch.setattr(here, "_AT_ONCE", 20)


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return small_steps.rows()


def points_of(rows, scratch: Path) -> list[str]:
    """Every rename of a whole run, before and after."""
    seen: list[str] = []
    files.set_fault_hook(seen.append)
    run_all(permitted(rows), scratch)
    files.set_fault_hook(files._nothing)
    return [point for point in seen if point.startswith("rename")]


def test_interrupted_at_any_file_it_goes_on_there(rows, tmp_path, cut):
    expected = run_all(permitted(rows), tmp_path / "whole")
    assert dict(worked) == ALL
    points = points_of(rows, tmp_path / "points")
    assert len(points) >= 10
    for number, point in enumerate(points):
        scratch = tmp_path / str(number)
        interrupt_at(point)
        with pytest.raises(KeyboardInterrupt):
            run_all(permitted(rows), scratch)
        files.set_fault_hook(files._nothing)
        stages = {"each": "01-each.arrow", "all": "02-all-decided.arrow", "met": "03-met.arrow"}
        to_do = {name: ALL[name] for name, file in stages.items() if not (scratch / file).exists()}
        worked.clear()
        assert run_all(permitted(rows), scratch) == expected
        assert dict(+worked) == to_do, point
        assert list(scratch.rglob("*.part*")) == []


def interrupt_at(point: str) -> None:
    def stop(at: str) -> None:
        if at == point:
            raise KeyboardInterrupt

    files.set_fault_hook(stop)


def test_a_run_that_was_finished_does_nothing_again(rows, tmp_path, cut):
    first = run_all(permitted(rows), tmp_path / "s")
    worked.clear()
    assert run_all(permitted(rows), tmp_path / "s") == first
    assert dict(+worked) == {}


PROGRAM = """
import os, signal, sys
from pathlib import Path
import small_steps
from ownwords.core import files
from ownwords.engine import run
from posts import permitted
run.plugins.load = small_steps.load
how, where, scratch = sys.argv[1], sys.argv[2], Path(sys.argv[3])
def die(point=None):
    if point is None or point == where:
        os.kill(os.getpid(), getattr(signal, how))
if where in ("each", "all", "met"):
    small_steps.happens[where] = die
else:
    files.set_fault_hook(die)
small_steps.run_all(permitted(small_steps.rows()), scratch)
"""


@pytest.mark.parametrize(
    ("how", "where"),
    [("SIGKILL", "each"), ("SIGKILL", "all"), ("SIGKILL", "met"), ("SIGKILL", "rename:03-met.arrow"), ("SIGINT", "all")],
)
def test_killed_in_the_middle_of_a_stage_it_goes_on(how, where, rows, tmp_path):
    expected = run_all(permitted(rows), tmp_path / "whole")
    folders = [Path(__file__).parent, Path(__file__).parents[1]]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-c", PROGRAM, how, where, str(tmp_path / "s")]
    died = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert died.returncode != 0
    if how == "SIGKILL":
        assert died.returncode == -signal.SIGKILL
    worked.clear()
    assert run_all(permitted(rows), tmp_path / "s") == expected
    done = {"each": [], "all": ["each"], "met": ["each", "all"], "rename:03-met.arrow": ["each", "all"]}[where]
    assert dict(+worked) == {name: n for name, n in ALL.items() if name not in done}
    assert list((tmp_path / "s").rglob("*.part*")) == []


def test_other_rows_other_parameters_and_another_permit_start_afresh(rows, tmp_path):
    permit = permitted(rows).permit
    first = run_all(permitted(rows), tmp_path / "s")
    afresh = [
        (dataset(rows[:50], permit), small_steps.STEPS),  # one permission ended by time
        (dataset(rows[10:].vstack(renumbered(rows[:10])), permit), small_steps.STEPS),  # as many, but others
        (dataset(rows, replace(permit, policy_hash="1" * 64)), small_steps.STEPS),
        (dataset(rows, replace(permit, ledger_seq=2)), small_steps.STEPS),
        (dataset(rows, permit), [("each", {"longest": 5}), *small_steps.STEPS[1:]]),
        (dataset(rows, permit), small_steps.STEPS[:2]),
    ]
    for given, steps in afresh:
        run_all(dataset(rows, permit), tmp_path / "s")
        worked.clear()
        run_all(given, tmp_path / "s", steps)
        assert worked["each"] == given.rows.collect().height
    assert run_all(dataset(rows, permit), tmp_path / "s") == first


def test_the_same_permit_asked_for_later_goes_on(rows, tmp_path):
    permit = permitted(rows).permit
    first = run_all(dataset(rows, permit), tmp_path / "s")
    worked.clear()
    assert run_all(dataset(rows, replace(permit, at=DAY.replace(year=2025))), tmp_path / "s") == first
    assert dict(+worked) == {}


def dataset(rows: pl.DataFrame, permit: Permit):
    return _mint.dataset(rows.lazy(), permit)


def renumbered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("record_no") + 1000)


DAMAGE = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "without its end": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"\xff\x00garbage" * 99),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_cannot_be_read_is_made_again(damage, rows, tmp_path, cut):
    expected = run_all(permitted(rows), tmp_path / "s")
    names = [path.relative_to(tmp_path / "s") for path in sorted((tmp_path / "s").rglob("*")) if path.is_file()]
    assert len(names) >= 6
    for name in names:
        DAMAGE[damage](tmp_path / "s" / name)
        assert run_all(permitted(rows), tmp_path / "s") == expected, name


def test_what_died_while_it_was_written_is_removed(rows, tmp_path):
    expected = run_all(permitted(rows), tmp_path / "s")
    (tmp_path / "s" / "03-met.arrow.part-1").write_bytes(b"half")
    (tmp_path / "s" / "04-met.arrow.part").mkdir()
    assert run_all(permitted(rows), tmp_path / "s") == expected
    assert list((tmp_path / "s").rglob("*.part*")) == []
