"""A damaged workspace: the damaged file is named, with what to do; what is disposable is made again; no panic reaches the user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ownwords
from ownwords.core.errors import BadWorkspace, NotProven
from world import random_world, settle


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A workspace with a dataset, to be copied before it is damaged."""
    made = settle(random_world(1), tmp_path_factory.mktemp("whole") / "w")
    ownwords.build(made, "dataset")
    return made


@pytest.fixture
def root(whole, tmp_path):
    """A copy."""
    shutil.copytree(whole, tmp_path / "w")
    return tmp_path / "w"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil(path: Path) -> None:
    """Other bytes, as many as there were."""
    path.write_bytes(b"\x55" * path.stat().st_size)


def lose(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("damage", [cut, spoil, lose])
@pytest.mark.parametrize("table", ["records", "accounts"])
def test_a_damaged_file_of_a_table_is_named(root, table, damage):
    for path in (root / "store" / table).glob("bucket=*/*.parquet"):
        damage(path)
    with pytest.raises(BadWorkspace, match=rf"store/{table}/bucket=.*is missing or damaged") as caught:
        ownwords.permit(root, "show", "train_ai")
    assert caught.value.next == "restore it from a backup"


def test_no_panic_is_shown_for_a_file_that_was_cut(root):
    for path in (root / "store" / "records").glob("bucket=*/*.parquet"):
        cut(path)
    words = [sys.executable, "-m", "ownwords", "-w", str(root), "permit", "show", "train_ai"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "RUST_BACKTRACE": "1"})
    assert done.returncode == 2
    assert done.stderr.startswith("ownwords: ")
    assert "panicked" not in done.stderr


@pytest.mark.parametrize("table", ["records", "accounts"])
def test_a_lost_log_is_named(root, table):
    lose(root / "store" / table / "_delta_log")
    with pytest.raises(BadWorkspace, match="_delta_log is missing or damaged"):
        ownwords.permit(root, "show", "train_ai")


@pytest.mark.parametrize("damage", [cut, spoil, lose])
def test_the_index_is_disposable(root, damage):
    damage(root / "store" / "ids.sqlite")
    assert ownwords.permit(root, "why", "test:900001")["record"] == "test:900001"
    ownwords.forget(root, "test:7001")
    assert ownwords.permit(root, "show", "train_ai")["people"] == 4


@pytest.mark.parametrize("damage", [cut, spoil])
def test_a_damaged_artifact_is_named_and_can_be_built_again(root, damage):
    damage(root / "artifacts" / "dataset" / "v1" / "train.parquet")
    with pytest.raises(BadWorkspace, match=r"train\.parquet is missing or damaged") as caught:
        list(ownwords.use(root, "dataset", "rows"))
    assert caught.value.next.endswith("ownwords build dataset --name dataset")


@pytest.mark.parametrize("text", ["{", "[" * 50_000, '{"artifact": 5}'])
def test_a_damaged_manifest_is_named(root, text):
    (root / "artifacts" / "dataset" / "v1" / "manifest.json").write_text(text)
    with pytest.raises(NotProven, match=r"manifest\.json is damaged"):
        list(ownwords.use(root, "dataset", "rows"))


def test_origins_that_are_not_those_made_prove_nothing(root):
    spoil(root / "artifacts" / "dataset" / "v1" / "origins.roaring")
    ownwords.consent(root, "withdraw", "test:7000", "train_ai")
    with pytest.raises(NotProven, match=r"origins\.roaring"):
        ownwords.prove(root)


@pytest.mark.parametrize("text", ['{"format": 1e999}', "[" * 50_000, "\x00"])
def test_a_damaged_marker_is_named(root, text):
    (root / "format.json").write_text(text)
    with pytest.raises(BadWorkspace, match=r"format\.json cannot be read"):
        ownwords.permit(root, "show", "train_ai")


def test_settings_that_are_no_text_are_named(root):
    (root / "ownwords.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadWorkspace, match=r"ownwords\.toml is not TOML"):
        ownwords.permit(root, "show", "train_ai")


def test_a_fault_without_damage_stays_what_it_is(root, monkeypatch):
    from ownwords.verbs._house import House

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(House, "store", broken)
    with pytest.raises(ZeroDivisionError):
        ownwords.permit(root, "show", "train_ai")
