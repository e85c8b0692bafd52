import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_rows import plan, posts

from ownwords.core import files, progress
from ownwords.core.errors import Fault
from ownwords.models import pipeline, train


@pytest.fixture
def fault_hook():
    yield files.set_fault_hook
    files.set_fault_hook(lambda point: None)


def _interrupt_at(step):
    seen = []

    def hook(point):
        seen.append(point)
        if seen.count("train.step") > step:
            raise KeyboardInterrupt

    return hook


def test_interrupted_and_resumed_gives_the_same_weights(build, tmp_path, fault_hook):
    whole, expected = build(posts(200))
    fault_hook(_interrupt_at(9))
    with pytest.raises(KeyboardInterrupt):
        build(posts(200), "stopped")
    assert (tmp_path / "stopped" / "checkpoint" / "state.safetensors").exists()
    steps = []
    fault_hook(lambda point: steps.append(point) if point == "train.step" else None)
    out, resumed = build(posts(200), "stopped")
    assert len(steps) == 4, "it went on from step 8 of 12"
    assert resumed.content_hash == expected.content_hash
    assert resumed.losses == expected.losses
    assert files.sha256_file(out / "model.safetensors") == files.sha256_file(whole / "model.safetensors")
    assert not (out / "checkpoint").exists()


_CHILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from tiny_rows import plan, posts
from ownwords.core import files
from ownwords.models import pipeline
calls = []
def hook(point):
    calls.append(point)
    if calls.count({point!r}) == {nth}:
        os.kill(os.getpid(), signal.SIGKILL)
files.set_fault_hook(hook)
rows = posts(200)
pipeline.run(rows, rows.clear(), Path({out!r}), plan())
"""


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        ("train.step", 7),
        pytest.param("fsync:.state", 2, marks=pytest.mark.slow),
        pytest.param("rename:state.safetensors", 2, marks=pytest.mark.slow),
    ],
)
def test_killed_and_resumed_gives_the_same_weights(build, tmp_path, point, nth):
    _, expected = build(posts(200))
    out = tmp_path / "killed"
    out.mkdir()
    source = _CHILD.format(here=str(Path(__file__).parent), point=point, nth=nth, out=str(out))
    if point.startswith("fsync"):
        source = source.replace(f"calls.count({point!r})", f"sum(call.startswith({point!r}) for call in calls)")
    killed = subprocess.run([sys.executable, "-c", source], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert (out / "checkpoint" / "state.safetensors").exists()
    assert build(posts(200), "killed")[1].content_hash == expected.content_hash
    assert sorted(path.name for path in out.iterdir() if path.name.startswith(".")) == []


def test_a_checkpoint_of_other_rows_or_options_is_not_used(build, fault_hook):
    expected = build(posts(150))[1].content_hash
    fault_hook(_interrupt_at(9))
    with pytest.raises(KeyboardInterrupt):
        build(posts(200), "mixed")
    fault_hook(lambda point: None)
    assert build(posts(150), "mixed")[1].content_hash == expected


def test_a_damaged_checkpoint_starts_again(build, tmp_path):
    expected = build(posts(200))[1].content_hash
    (tmp_path / "bad" / "checkpoint").mkdir(parents=True)
    (tmp_path / "bad" / "checkpoint" / "state.safetensors").write_bytes(b"\x10")
    assert build(posts(200), "bad")[1].content_hash == expected


def test_the_order_of_rows_does_not_change_the_weights_and_the_seed_does(build):
    expected = build(posts(200))[1].content_hash
    assert build(posts(200).reverse(), "back")[1].content_hash == expected
    assert build(posts(200), "seeded", seed=1)[1].content_hash != expected
    assert build(posts(199), "fewer")[1].content_hash != expected


def test_training_leaves_the_process_as_it_was(build):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    threads = torch.get_num_threads()
    build(posts(50), steps=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_progress_is_told_with_the_loss(build):
    heard = []
    with progress.heard_by(lambda *told: heard.append(told)):
        build(posts(100))
    trained = [told for told in heard if told[0] == "train"]
    assert [told[1:3] for told in trained] == [(5, 12), (10, 12), (12, 12)]
    assert trained[-1][3].startswith("loss ")


def test_the_loss_falls(build):
    losses = build(posts(300), steps=60)[1].losses
    assert sum(losses[-5:]) < sum(losses[:5]) * 0.9


def test_each_epoch_sees_every_window_once():
    recipe = plan(batch=4).recipe
    seen = torch.cat([train.batch_of(step, 10, recipe) for step in range(5)])
    assert sorted(seen[:10].tolist()) == sorted(seen[10:].tolist()) == list(range(10))
    assert seen[:10].tolist() != seen[10:].tolist()
    assert train.batch_of(0, 1, recipe).tolist() == [0, 0, 0, 0]


def test_the_learning_rate_rises_then_falls_to_a_tenth():
    recipe = plan(steps=100).recipe
    rates = [train.learning_rate(step, recipe) for step in range(100)]
    assert max(rates) == pytest.approx(recipe.learning_rate)
    assert rates[0] < recipe.learning_rate / 10
    assert rates[-1] == pytest.approx(recipe.learning_rate / 10, rel=0.05)


def test_a_loss_that_is_no_number_is_an_error(build):
    with pytest.raises(Fault, match="diverged"):
        build(posts(100), learning_rate=1e30)


def test_no_rows_give_an_untrained_model(build):
    out, trained = build(posts(0))
    assert (trained.n_rows, trained.losses, trained.score.n_tokens, trained.final_loss) == (0, (), 0, None)
    assert (out / "model.safetensors").exists()


def test_no_training_rows_but_held_out_ones_are_scored(build):
    _, trained = build(posts(0), held_out=posts(20))
    assert trained.score.n_tokens > 0
    assert isinstance(trained, pipeline.Trained)
