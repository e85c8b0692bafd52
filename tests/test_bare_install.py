"""The base install, without extras, runs all that needs no weights."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

from world import random_world

ROOT = Path(__file__).parents[1]
#: What only extras and tools bring; a stand-in for an environment that lacks them.
ABSENT = (
    "torch transformers tokenizers safetensors peft fastapi starlette uvicorn pydantic httpx pyarrow psycopg ray pandas hypothesis pytest"
)
BARE = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {ABSENT.split()!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from ownwords.faces.cli import main
sys.exit(main(sys.argv[1:]))
"""


def walk(run, tmp_path: Path) -> None:
    """From nothing to a forgotten person, and a clear word where an extra is needed."""
    posts = str(random_world(1).write(tmp_path / "posts.jsonl"))
    for arguments in (["init"], ["ingest", "auto", posts], ["consent", "give", "test:7001", "train_ai"], ["permit", "show", "train_ai"]):
        assert run(*arguments).returncode == 0, arguments
    for arguments in (["build", "dataset"], ["dataset", "summary"], ["prove", "dataset"], ["forget", "test:7002"]):
        done = run(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)
    refused = run("build", "model")
    assert (refused.returncode, "ownwords[train]" in refused.stderr) == (2, True), refused.stderr
    refused = run("build", "dataset", "--engine", "ray")
    assert (refused.returncode, "ownwords[ray]" in refused.stderr) == (2, True), refused.stderr
    refused = run("serve")
    assert (refused.returncode, "ownwords[serve]" in refused.stderr) == (2, True), refused.stderr


def test_everything_but_models_and_the_server_runs_without_the_extras(tmp_path):
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", BARE, "-w", str(tmp_path / "w"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    walk(run, tmp_path)


@pytest.mark.slow
def test_a_plain_install_of_the_base_does_the_same(tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "--constraint", str(ROOT / "constraints.txt"), str(ROOT)]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip("no package index can be reached, so a plain install cannot be tried")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(python), "-m", "ownwords", "-w", str(tmp_path / "w"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    walk(run, tmp_path)


def test_every_extra_that_a_message_names_exists():
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    assert {"train", "serve", "postgres", "ray", "all"} <= extras
