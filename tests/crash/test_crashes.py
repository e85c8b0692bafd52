"""Whatever dies in the middle: the next start finishes it or rolls it back, and nothing acknowledged is lost."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

import ownwords
from ownwords.core import files
from ownwords.core.workspace import Workspace
from ownwords.verbs._artifacts import find, standing
from ownwords.verbs._house import House
from ownwords.verbs._sweep import sweep
from world import World, random_world, settle

DIE_AT = Path(__file__).with_name("die_at.py")
WORLD = random_world(21, n_people=5, n_posts=60)
GONE = WORLD.people[1]
FIRST, SECOND = World(WORLD.rows[:30], WORLD.people), World(WORLD.rows[30:], WORLD.people)


def run(n: int, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DIE_AT), str(n), "-w", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def points(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return [line.removeprefix("POINT ") for line in done.stderr.splitlines() if line.startswith("POINT ")]


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    """Three workspaces: the first half taken in; everything; everything and a dataset."""
    base = tmp_path_factory.mktemp("templates")
    settle(FIRST, base / "half")
    full = settle(WORLD, base / "full")
    built = base / "built"
    shutil.copytree(full, built)
    ownwords.build(built, "dataset", form="flat")
    SECOND.write(base / "second.jsonl")
    return base


def copy_of(templates: Path, name: str, tmp_path: Path, label: object) -> Path:
    target = tmp_path / f"{name}-{label}"
    shutil.copytree(templates / name, target)
    return target


def texts(root: Path) -> list[str]:
    return sorted(House.open(root).store().scan().select("text").collect()["text"])


def assert_tidy(root: Path) -> None:
    """No orphans: every data file is named by its table, every artifact by the ledger, nothing half-made lies about."""
    house = House.open(root)
    store = house.store()
    for table in (store.records, store.accounts_table):
        named = {Path(name).name for name in table._open().file_uris()}
        assert {path.name for path in table.path.glob("bucket=*/*")} - named == set()
    assert not (root / "store" / "unfinished").exists()
    assert [path for path in root.rglob(".*.part") if not path.is_relative_to(root / "tmp")] == []
    assert [path.name for path in (root / "tmp").glob("ingest-*") if path.is_dir()] == []
    held = {f"{path.parent.name}/{path.name}" for path in (root / "artifacts").glob("*/v*")}
    assert held == set(standing(house))
    assert house.ledger.audit() == []


def chosen(names: list[str], n_most: int) -> list[int]:
    """Places to die at, from 1: all of them, or a sample that keeps the first of every name."""
    first = {name: k for k, name in reversed(list(enumerate(names, start=1)))}
    every = list(range(1, len(names) + 1))
    return every if len(every) <= n_most else sorted({*list(first.values())[:n_most]})


def die_everywhere(templates: Path, tmp_path: Path, template: str, arguments: tuple[str, ...], check, n_most: int) -> int:
    names = points(run(0, copy_of(templates, template, tmp_path, "whole"), *arguments))
    places = chosen(names, n_most)
    for place in places:
        root = copy_of(templates, template, tmp_path, place)
        died = run(place, root, *arguments)
        assert died.returncode == 137, (names[place - 1], died.stderr)
        try:
            check(root, names[place - 1])
        except AssertionError as error:
            raise AssertionError(f"after a crash at {names[place - 1]}") from error
        shutil.rmtree(root)
    return len(places)


def check_ingest(templates: Path):
    def check(root: Path, point: str) -> None:
        assert_tidy(root)
        before, after = sorted(row["text"] for row in FIRST.rows), sorted(row["text"] for row in WORLD.rows)
        assert texts(root) in (before, after)
        ownwords.ingest(root, "jsonl", (str(templates / "second.jsonl"),))
        assert texts(root) == after
        rows = House.open(root).store().scan().collect()
        assert rows["record_no"].n_unique() == rows.height

    return check


def check_build(root: Path, point: str) -> None:
    assert_tidy(root)
    made = ownwords.build(root, "dataset", form="flat")
    assert ownwords.prove(root, str(made["artifact"]))["proven"]
    assert_tidy(root)


def check_forget(content: str):
    def check(root: Path, point: str) -> None:
        House.open(root, finish=True)  # the next start of forget or build
        traces = sweep(root, [GONE.account, GONE.handle])[1]
        if traces:  # it died before the request was written down: nobody was told it was
            assert point.startswith(("fsync", "rename")) or point in {"forget.requested"}, (point, traces)
            ownwords.forget(root, GONE.account)
        assert sweep(root, [GONE.account, GONE.handle])[1] == {}
        assert_tidy(root)
        assert find(House.open(root), "dataset").manifest.content_hash == content
        assert len(list((root / "receipts").glob("*.json"))) == 1
        assert len(list(House.open(root).ledger.events("forgotten"))) == 1

    return check


@pytest.mark.parametrize("n_most", [4, pytest.param(1000, marks=pytest.mark.slow)])
def test_ingest_survives_a_crash_anywhere(templates, tmp_path, n_most):
    assert die_everywhere(
        templates, tmp_path, "half", ("ingest", "jsonl", str(templates / "second.jsonl")), check_ingest(templates), n_most
    )


@pytest.mark.parametrize("n_most", [4, pytest.param(1000, marks=pytest.mark.slow)])
def test_build_survives_a_crash_anywhere(templates, tmp_path, n_most):
    assert die_everywhere(templates, tmp_path, "full", ("build", "dataset", "--form", "flat"), check_build, n_most)


@pytest.mark.parametrize("n_most", [6, pytest.param(1000, marks=pytest.mark.slow)])
def test_forget_survives_a_crash_anywhere(templates, tmp_path, n_most):
    whole = copy_of(templates, "built", tmp_path, "oracle")
    ownwords.forget(whole, GONE.account)
    content = find(House.open(whole), "dataset").manifest.content_hash
    assert die_everywhere(templates, tmp_path, "built", ("forget", GONE.account), check_forget(content), n_most)


@pytest.mark.parametrize("n_times", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_kill_9_at_any_moment_loses_nothing_acknowledged(templates, tmp_path, n_times):
    """Random kills of ingest, build and forget on one workspace, again and again; then everything is whole."""
    rng = random.Random(n_times)
    root = copy_of(templates, "half", tmp_path, "killed")
    acknowledged = False
    for _ in range(n_times):
        command = rng.choice(
            [("ingest", "jsonl", str(templates / "second.jsonl")), ("build", "dataset", "--form", "flat"), ("permit", "show", "train_ai")]
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "ownwords", "-w", str(root), *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            process.wait(timeout=rng.uniform(0.3, 2.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        acknowledged |= process.returncode == 0 and command[0] == "ingest"
        assert_tidy(root)
        now = texts(root)
        assert now in (sorted(row["text"] for row in FIRST.rows), sorted(row["text"] for row in WORLD.rows))
        if acknowledged:
            assert len(now) == len(WORLD.rows)


@pytest.mark.parametrize("n_times", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_kill_9_of_a_forgetting_at_any_moment_is_made_good(templates, tmp_path, n_times):
    rng = random.Random(n_times)
    whole = copy_of(templates, "built", tmp_path, "oracle")
    ownwords.forget(whole, GONE.account)
    content = find(House.open(whole), "dataset").manifest.content_hash
    for k in range(n_times):
        root = copy_of(templates, "built", tmp_path, f"killed-{k}")
        process = subprocess.Popen([sys.executable, "-m", "ownwords", "-w", str(root), "forget", GONE.account], stdout=subprocess.DEVNULL)
        try:
            process.wait(timeout=rng.uniform(0.4, 2.5))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait()
        house = House.open(root, finish=True)
        if house.store().accounts().filter(pl.col("account_id") == GONE.account).height:  # it died before the request was written down
            ownwords.forget(root, GONE.account)
        assert sweep(root, [GONE.account, GONE.handle])[1] == {}
        assert find(House.open(root), "dataset").manifest.content_hash == content
        assert_tidy(root)
        shutil.rmtree(root)


def test_two_ingests_at_once_lose_nothing(templates, tmp_path):
    root = copy_of(templates, "half", tmp_path, "two")
    parts = []
    for k in range(3):
        part = World(WORLD.rows[30 + 10 * k : 40 + 10 * k], WORLD.people).write(tmp_path / f"part{k}.jsonl")
        parts.append(
            subprocess.Popen(
                [sys.executable, "-m", "ownwords", "-w", str(root), "ingest", "jsonl", str(part), "--json"], stdout=subprocess.PIPE
            )
        )
    said = [json.loads(process.communicate()[0]) for process in parts]
    assert sum(one["new"] for one in said) == 30
    assert texts(root) == sorted(row["text"] for row in WORLD.rows)
    rows = House.open(root).store().scan().collect()
    assert rows["record_no"].n_unique() == rows.height == 60
    assert_tidy(root)


def test_an_ingest_beside_a_forget_brings_nobody_back(templates, tmp_path):
    root = copy_of(templates, "built", tmp_path, "race")
    again = [sys.executable, "-m", "ownwords", "-w", str(root)]
    everything = str(WORLD.write(tmp_path / "everything.jsonl"))
    forget = subprocess.Popen([*again, "forget", GONE.account], stdout=subprocess.DEVNULL)
    ingests = []
    for _ in range(3):
        ingests.append(subprocess.Popen([*again, "ingest", "jsonl", everything], stdout=subprocess.DEVNULL))
        time.sleep(0.4)
    assert forget.wait(timeout=120) == 0
    # One that had just read their words ends with 1 and says so; the same command then goes through.
    assert {process.wait(timeout=120) for process in ingests} <= {0, 1}
    ownwords.ingest(root, "jsonl", (everything,))
    assert sweep(root, [GONE.account, GONE.handle])[1] == {}
    held = House.open(root).store().scan().select(pl.col("account_id").unique()).collect()["account_id"].to_list()
    assert sorted(held) == sorted({row["author"] for row in WORLD.rows} - {GONE.account})
    assert_tidy(root)


def test_a_decision_during_a_build_is_heeded(templates, tmp_path, monkeypatch):
    """Somebody withdraws after the gate answered and before the artifact is committed: it is made again without them."""
    from ownwords.core import plugins

    root = copy_of(templates, "full", tmp_path, "change")
    maker = plugins.load_part("product", "dataset", "make")
    build, calls = maker.build, []

    def build_and_withdraw(*arguments):
        built = build(*arguments)
        calls.append(len(built.origins))
        if len(calls) == 1:
            ownwords.consent(root, "withdraw", GONE.account, "train_ai")
        return built

    monkeypatch.setattr(maker, "build", build_and_withdraw)
    made = ownwords.build(root, "dataset", form="flat")
    assert len(calls) == 2
    assert calls[1] < calls[0]
    assert ownwords.prove(root, str(made["artifact"]))["owing"] == 0
    assert [path.name for path in (root / "tmp").iterdir() if path.is_dir()] == []


def test_what_an_ingest_has_read_of_the_forgotten_goes_too(templates, tmp_path, monkeypatch):
    """Somebody is forgotten between the reading and the commit of an export that holds them."""
    from ownwords.core.errors import Busy
    from ownwords.store.staging import Staging

    root = copy_of(templates, "built", tmp_path, "reading")
    add = Staging.add

    def add_and_forget(self, records):
        add(self, records)
        ownwords.forget(root, GONE.account)
        assert sweep(root, [GONE.account, GONE.handle])[1] == {}

    monkeypatch.setattr(Staging, "add", add_and_forget)
    everything = str(WORLD.write(tmp_path / "everything.jsonl"))
    with pytest.raises(Busy, match="forgotten"):
        ownwords.ingest(root, "jsonl", (everything,))
    monkeypatch.setattr(Staging, "add", add)
    assert ownwords.ingest(root, "jsonl", (everything,))["reasons"]["forgotten"] > 0
    assert sweep(root, [GONE.account, GONE.handle])[1] == {}


@pytest.mark.parametrize("is_blind", [False, True])
def test_a_build_beside_a_forgetting_that_was_killed_keeps_nothing(templates, tmp_path, monkeypatch, is_blind):
    """The rows are erased, the ledger does not know it, and a build that had read them commits.

    is_blind   it does not look again, either: then the forgetting that is taken up finds what it made
    """
    from ownwords.core import plugins

    whole = copy_of(templates, "built", tmp_path, "oracle")
    names = points(run(0, copy_of(templates, "built", tmp_path, "points"), "forget", GONE.account))
    died_at = len(names) - names[::-1].index("store.cleaned")
    ownwords.forget(whole, GONE.account)
    root = copy_of(templates, "built", tmp_path, "root")
    maker = plugins.load_part("product", "dataset", "make")
    build, calls = maker.build, []

    def build_beside(*arguments):
        built = build(*arguments)
        calls.append(len(built.origins))
        if len(calls) == 1:
            assert run(died_at, root, "forget", GONE.account).returncode == 137
            rows = House(Workspace.open(root)).store().scan().select("account_id").collect()
            assert GONE.account not in rows["account_id"].to_list()
        return built

    monkeypatch.setattr(maker, "build", build_beside)
    if is_blind:
        monkeypatch.setattr(sys.modules["ownwords.verbs.build"], "_changed", lambda *_: False)
    made = ownwords.build(root, "dataset", form="flat", name="beside")
    assert len(calls) == (1 if is_blind else 3)  # again without them, and what the forgetting had taken away
    monkeypatch.undo()
    House.open(root, finish=True)
    content = find(House.open(whole), "dataset").manifest.content_hash
    assert {find(House.open(root), name).manifest.content_hash for name in ("dataset", "beside")} == {content}
    assert (str(made["artifact"]) in standing(House.open(root))) is not is_blind
    assert ownwords.prove(root, gone=GONE.account)["gone"]
    assert_tidy(root)


TINY_MODEL = {"width": 32, "layers": 1, "vocab": 300, "context": 32, "batch": 2, "threads": 1, "checkpoint_every": 2}


@pytest.mark.parametrize("moment", ["fsync:.state.safetensors", "renamed:state.safetensors", "fsync:model.safetensors"])
def test_forgetting_while_a_model_is_built_of_them(templates, tmp_path, monkeypatch, moment):
    """Another process forgets somebody and removes checkpoint and parent: both end well, and the model never saw them."""
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    root, never = copy_of(templates, "built", tmp_path, "root"), copy_of(templates, "built", tmp_path, "never")
    ownwords.forget(never, GONE.account)
    ownwords.build(never, "model", steps=8, **TINY_MODEL)
    others: list[subprocess.Popen[str]] = []

    def forget_at(point: str) -> None:
        if point.startswith(moment) and not others:
            command = [sys.executable, "-m", "ownwords", "-w", str(root), "forget", GONE.account]
            others.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
            until = time.monotonic() + 60
            while (root / "tmp" / "build-model").exists() and time.monotonic() < until:
                time.sleep(0.02)

    monkeypatch.setattr(files, "_hook", forget_at)
    made = ownwords.build(root, "model", steps=8, **TINY_MODEL)
    said = others[0].communicate(timeout=120)[1]
    assert others[0].returncode == 0, said
    assert made["content_hash"] == find(House.open(never), "model").manifest.content_hash
    assert find(House.open(root), "model").manifest.inputs["data"]["artifact"] == "dataset/v2"
    assert sweep(root, [GONE.account, GONE.handle])[1] == {}
    assert ownwords.prove(root, "model")["owing"] == 0
    assert_tidy(root)
