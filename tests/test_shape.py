"""The shape of the code: sizes, docstrings, contracts that catch what they are for, and the pinned public API."""

from __future__ import annotations

import ast
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ownwords

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
GOLDEN_API = ROOT / "tests" / "golden" / "api.txt"


def _functions(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_longer_than_500_lines():
    assert [path.name for path in SOURCES if len(path.read_text().splitlines()) > 500] == []


def test_no_function_is_longer_than_80_lines():
    long = [f"{path.name}:{node.name}" for path in SOURCES for node in _functions(path) if (node.end_lineno or 0) - node.lineno >= 80]
    assert long == []


def test_nine_in_ten_files_are_under_350_lines():
    lengths = sorted(len(path.read_text().splitlines()) for path in SOURCES)
    assert lengths[int(len(lengths) * 0.9)] < 350


def test_every_module_begins_with_a_line_that_says_what_it_is_for():
    without = [str(path.relative_to(ROOT)) for path in SOURCES if not (ast.get_docstring(ast.parse(path.read_text())) or "").strip()]
    assert without == []


def test_no_path_of_a_machine_and_no_open_end_in_the_code():
    words = (*(f"/{home}/" for home in ("work", "root")), "raise NotImplementedError", "TODO", "FIXME", "XXX")
    found = [f"{path.name}: {word}" for path in SOURCES for word in words if word in path.read_text()]
    assert found == []


def _api() -> str:
    lines = []
    for name in sorted(set(ownwords.__all__) - {"__version__"}):
        thing = getattr(ownwords, name)
        if inspect.isclass(thing):
            lines.append(f"class {name}({', '.join(base.__name__ for base in thing.__bases__)}) exit {thing.exit_code}")
        else:
            lines.append(f"def {name}{inspect.signature(thing)}")
    return "\n".join(lines) + "\n"


def test_the_public_api_is_the_pinned_one_golden():
    if os.environ.get("OWNWORDS_GOLDEN") == "write":
        GOLDEN_API.write_text(_api())
    assert _api() == GOLDEN_API.read_text()


def _lint(tmp_path: Path, where: str, line: str) -> subprocess.CompletedProcess[str]:
    """Run the import contracts over a copy of the package with one line planted."""
    copy = tmp_path / "planted"
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    target = copy / "src" / "ownwords" / where
    target.write_text(target.read_text() + f"\n\ndef _planted() -> None:\n    {line}\n")
    environment = {**os.environ, "PYTHONPATH": str(copy / "src")}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("core/clock.py", "import ownwords.store.table"),  # core looks down
        ("products/dataset/make.py", "import ownwords.verbs.build"),  # a product looks up
        ("products/dataset/make.py", "import ownwords.products.model"),  # products know each other
        ("products/dataset/make.py", "import ownwords.store.store"),  # a product reads raw rows
        ("models/train.py", "import ownwords.datasets.clean"),  # organs know each other
        ("verbs/use.py", "import ownwords.core._mint"),  # somebody else mints
        ("core/hashing.py", "import torch"),  # torch outside models
    ],
)
def test_the_import_contracts_catch_a_planted_violation(tmp_path, where, line):
    done = _lint(tmp_path, where, line)
    assert done.returncode != 0
    assert "BROKEN" in done.stdout


def test_the_import_contracts_hold_without_one(tmp_path):
    done = _lint(tmp_path, "core/clock.py", "pass")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("line", ["import importlib\nimportlib.import_module('os')\n", "import datetime\ndatetime.datetime.now()\n"])
def test_ruff_bans_dynamic_imports_and_clocks_elsewhere(tmp_path, line):
    ruff = Path(sys.executable).with_name("ruff")
    (tmp_path / "planted.py").write_text(line)
    command = [str(ruff), "check", "--config", str(ROOT / "pyproject.toml"), "--select", "TID251", str(tmp_path / "planted.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "TID251" in done.stdout


HEAVY = ("polars", "pyarrow", "torch", "deltalake", "sqlalchemy", "ray")


def test_help_imports_neither_arrow_nor_torch():
    probe = f"import sys; from ownwords.faces.cli import main; main(['--help']); print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_takes_less_than_300_cpu_milliseconds():
    run = "subprocess.run([sys.executable, '-m', 'ownwords', '--help'], stdout=subprocess.DEVNULL, check=True)"
    probe = f"import resource, subprocess, sys; {run}; u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime)"
    seconds = min(float(subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout) for _ in range(3))
    assert seconds < 0.3
