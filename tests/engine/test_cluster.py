"""Ray gives what Polars gives, whoever dies on the way."""

from __future__ import annotations

import os
import random
import signal
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
import small_steps
from small_steps import run_all

from ownwords.core import files, hashing, plugins
from ownwords.core.errors import Fault, Usage
from ownwords.core.progress import heard_by
from ownwords.engine import _ray, cluster, here
from ownwords.engine.run import dropped, run
from ownwords.products.dataset import Options, forms, make
from ownwords.products.dataset.plan import plan
from posts import WORDS, permitted, records

BEFORE = dict(os.environ)
with patch.dict(os.environ):
    _ray._lock()  # before Ray is imported, as a build does
    ray = pytest.importorskip("ray")
    pyarrow = pytest.importorskip("pyarrow")
    LOCKED = {name: value for name, value in os.environ.items() if name.startswith("RAY_")}

pytestmark = [
    pytest.mark.xdist_group("ray"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def catalogue():
    """The test of all steps, for its tables."""
    spec = spec_from_file_location("step_catalogue", Path(__file__).parents[1] / "datasets" / "test_step_catalogue.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CATALOGUE = catalogue()


@pytest.fixture(scope="module", autouse=True)
def one_ray(tmp_path_factory):
    """Started once for all tests here; nothing of it is left behind."""
    before = signal.getsignal(signal.SIGTERM)
    scratch = tmp_path_factory.mktemp("ray")
    assert dict(os.environ).items() >= BEFORE.items()
    assert "RAY_AUTH_TOKEN" in BEFORE or "RAY_AUTH_TOKEN" not in os.environ
    with tempfile.TemporaryDirectory() as short, pytest.MonkeyPatch.context() as changed, patch.dict(os.environ, LOCKED):
        changed.setattr(tempfile, "tempdir", short)
        with _ray.started("local", scratch, n_cores=2):
            ray.cloudpickle.register_pickle_by_value(small_steps)
            assert any(Path(short).iterdir())
            assert os.environ["RAY_AUTH_MODE"] == "token"
            yield
        assert not ray.is_initialized()
        assert signal.getsignal(signal.SIGTERM) == before
        assert list(Path(short).iterdir()) == []
        assert list(scratch.iterdir()) == []


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(cluster, "ROWS_A_PART", 60)
    yield
    files.set_fault_hook(files._nothing)
    small_steps.happens.clear()


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr("ownwords.engine.run.plugins.load", small_steps.load)
    monkeypatch.setattr(cluster, "ROWS_A_PART", 25)
    return small_steps.rows()


def talk(n: int) -> pl.DataFrame:
    """Posts of a dozen people who answer each other, some twice, some nearly."""
    rng = random.Random(5)
    rows: list[dict] = []
    for number in range(n):
        text = " ".join(rng.choices(WORDS, k=rng.randrange(1, 12)))
        if number and rng.random() < 0.2:
            text = rng.choice(rows)["text"] + rng.choice(["", "!", " indeed"])
        parent = f"test:{rng.randrange(number)}" if number and rng.random() < 0.6 else None
        row = {"account_id": f"test:{rng.randrange(12)}", "network": "test", "text": text, "reply_to": parent, "terms": "own-export"}
        rows.append(row | {"attributes": f'{{"score": {rng.randrange(50)}}}'})
    return records(rows)


def distinct_plans() -> dict[str, list]:
    """The steps of every form, once where two forms have the same."""
    plans = {form: plan(Options(form=form, pseudonyms=True, per_person=20, near=0.5), 120) for form in forms.FORMS}
    return {form: steps for n, (form, steps) in enumerate(plans.items()) if steps not in list(plans.values())[:n]}


@pytest.mark.parametrize(("form", "steps"), distinct_plans().items())
def test_the_steps_of_every_form_give_the_same_dataset_on_ray(form, steps, tmp_path):
    posts = talk(120)
    told = []
    for engine in ("polars", "ray"):
        done = run(permitted(posts), steps, tmp_path / engine, engine)
        rows = done.rows.collect()
        assert rows.height > 2
        gone = dropped(tmp_path / engine).collect().sort("position", "record_no")
        told.append((hashing.content_hash(rows, ["row_id"]), done.steps, gone.rows()))
    assert told[0] == told[1]


def test_the_artifact_is_the_same(tmp_path):
    from ownwords.core.product import Opened

    hashes = []
    for engine in ("polars", "ray"):
        (tmp_path / engine).mkdir()
        hashes.append(make.build({"rows": Opened(permitted(talk(120)))}, tmp_path / engine, Options(), None, engine).content_hash)
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("name", plugins.names("step"))
def test_golden_table_of_each_step_on_ray(name, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "ROWS_A_PART", 7)
    monkeypatch.setattr(CATALOGUE, "run", lambda *given: run(*given, "ray"))
    rows, record = CATALOGUE.outcome(name, CATALOGUE.table(name), tmp_path / "scratch")
    folder = CATALOGUE.GOLDEN / name
    assert rows == (folder / "expected.jsonl").read_text()
    assert record == (folder / "record.json").read_text()


def test_no_rows_come_through_with_all_their_columns(tmp_path):
    steps = plan(Options(), 9)
    here = run(permitted(talk(9).clear()), steps, tmp_path / "here")
    there = run(permitted(talk(9).clear()), steps, tmp_path / "there", "ray")
    assert there.steps == here.steps
    assert there.rows.collect().equals(here.rows.collect())
    assert there.rows.collect_schema() == here.rows.collect_schema()


@pytest.mark.parametrize("where", ["each", "all", "met"])
def test_a_worker_that_is_killed_changes_nothing(where, small, tmp_path):
    expected = run_all(permitted(small), tmp_path / "here")
    flag = str(tmp_path / "killed")

    def die_once() -> None:
        try:
            os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    small_steps.happens[where] = die_once
    assert run_all(permitted(small), tmp_path / "there", how="ray") == expected
    assert Path(flag).exists()
    assert list((tmp_path / "there").rglob("*.part*")) == []


def test_interrupted_it_goes_on_with_the_parts_that_are_there(small, tmp_path):
    expected = run_all(permitted(small), tmp_path / "here")
    scratch = tmp_path / "there"

    def stop(point: str) -> None:
        if point == "rename:03-met.arrow":
            raise KeyboardInterrupt

    files.set_fault_hook(stop)
    with pytest.raises(KeyboardInterrupt):
        run_all(permitted(small), scratch, how="ray")
    files.set_fault_hook(files._nothing)
    made = {path: path.stat().st_mtime_ns for path in scratch.glob("0[12]-*/*.arrow")}
    assert len(made) >= 6
    lost, cut = sorted(scratch.glob("01-each.arrow/*.arrow"))[1:3]
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:100])
    assert run_all(permitted(small), scratch, how="ray") == expected
    assert {path for path, at in made.items() if path.stat().st_mtime_ns != at} == {lost, cut}


def test_what_fails_in_a_worker_is_told_without_anybodys_words(small, tmp_path):
    def fail() -> None:
        raise ValueError("my secret words")

    small_steps.happens["met"] = fail
    with pytest.raises(Fault) as told:
        run_all(permitted(small), tmp_path / "there", how="ray")
    assert "secret" not in str(told.value)
    assert "a worker of Ray failed" in str(told.value)


def test_our_own_error_comes_out_of_a_worker_as_it_is(tmp_path):
    error = RuntimeError("outer")
    error.__cause__ = Usage("no such thing", "another")
    assert _ray.explained(error) is error.__cause__


def test_progress_is_told_as_parts_come_in(small, tmp_path):
    heard: dict[str, list[tuple[int, int | None]]] = {}
    with heard_by(lambda task, n_done, n_total, note: heard.setdefault(task, []).append((n_done, n_total))):
        run_all(permitted(small), tmp_path / "there", how="ray")
    assert {task: told[-1] for task, told in heard.items()} == {"each": (60, 60), "all": (51, 51), "met": (37, 37)}
    assert len(heard["each"]) > 1


def test_blocks_that_ray_would_cut_are_not_cut_within_a_key(small, tmp_path):
    expected = run_all(permitted(small), tmp_path / "here")
    context = ray.data.DataContext.get_current()
    size = context.target_max_block_size
    context.target_max_block_size = 1
    try:
        assert run_all(permitted(small), tmp_path / "there", how="ray") == expected
    finally:
        context.target_max_block_size = size


def test_a_cluster_that_does_not_answer_is_told(tmp_path, monkeypatch):
    def refuse(**settings: object) -> None:
        raise ConnectionError(f"no answer at {settings['address']}")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(Fault, match=r"no Ray at 192\.0\.2\.7:6379") as told:
        run(permitted(talk(3)), [("clean", {})], tmp_path / "scratch", "ray:192.0.2.7:6379")
    assert "RAY_AUTH_MODE" in told.value.next


def test_a_ray_that_runs_here_already_is_taken_only_where_it_is_the_one_that_is_meant(tmp_path, monkeypatch):
    mine = ray.get_runtime_context().gcs_address
    context = ray.data.DataContext.get_current()
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.7:6379")
    for meant in ("local", mine):
        context.enable_progress_bars = True
        with _ray.started(meant, tmp_path):
            assert not context.enable_progress_bars
        assert ray.is_initialized()
    for other in ("auto", "192.0.2.7:6379"):
        with pytest.raises(Usage, match=rf"at {mine}, and the one at 192\.0\.2\.7:6379"), _ray.started(other, tmp_path):
            pass
    monkeypatch.delenv("RAY_ADDRESS")
    with _ray.started("auto", tmp_path):
        assert ray.is_initialized()
    with pytest.raises(Usage, match="for this machine alone"):
        _ray._check_is_meant("local", "192.0.2.7:6379")


def test_files_are_read_in_small_batches(tmp_path):
    folder = tmp_path / "parts"
    cluster._sink_parted(pl.LazyFrame({"n": range(40_000)}), folder, rows_a_part=40_000)
    with pyarrow.ipc.open_file(max(folder.glob("*.arrow"), key=lambda path: path.stat().st_size)) as batches:
        assert max(batches.get_batch(k).num_rows for k in range(batches.num_record_batches)) == here._BATCH_ROWS


def test_here_alone_means_here_alone(tmp_path, monkeypatch):
    asked: dict[str, object] = {}

    def refuse(**settings: object) -> None:
        asked.update(settings, RAY_ADDRESS=os.environ.get("RAY_ADDRESS"))
        raise RuntimeError("enough")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setattr(ray, "init", refuse)
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.7:6379")
    with pytest.raises(Fault, match="does not start here"):
        run(permitted(talk(3)), [("clean", {})], tmp_path / "scratch", "ray")
    assert (asked["address"], asked["RAY_ADDRESS"], asked["include_dashboard"]) == ("local", None, False)
    assert asked["object_store_memory"] == 1 << 30
    assert os.environ["RAY_ADDRESS"] == "192.0.2.7:6379"
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
