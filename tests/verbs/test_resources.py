"""What a build reads beside people's rows stays in the workspace, so that a forgetting can build again without it."""

from __future__ import annotations

import gzip
import json
import os

import pytest

import ownwords
from ownwords.core.errors import BadInput, OwnwordsError, Usage
from ownwords.verbs import _artifacts
from ownwords.verbs._house import House
from world import random_world, settle

WORLD = random_world(23, n_people=4, n_posts=40)
GONE = WORLD.people[1]
TAKEN = next(row for row in WORLD.rows if row["author"] != GONE.account and len(row["text"].split()) >= 8 and "@" not in row["text"])


def written(folder, name="riddles.txt"):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(TAKEN["text"] + "\n")
    return path


def content(root):
    return _artifacts.find(House.open(root), "dataset").manifest.content_hash


def test_a_dataset_is_built_again_when_its_benchmark_is_gone(tmp_path):
    had, never = settle(WORLD, tmp_path / "had"), settle(WORLD.without(GONE), tmp_path / "never")
    benchmark = written(tmp_path / "here")
    built = ownwords.build(had, "dataset", form="flat", against=str(benchmark))
    ownwords.build(never, "dataset", form="flat", against=str(written(tmp_path / "elsewhere")))
    assert built["metrics"]["dropped"]["in a benchmark"] == 1
    benchmark.unlink()
    ownwords.forget(had, GONE.account)
    assert content(had) == content(never)


def test_the_manifest_names_what_was_read_and_no_folder_of_this_machine(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    built = ownwords.build(root, "dataset", form="flat", against=str(written(tmp_path / "here")))
    manifest = json.loads((root / "artifacts" / built["artifact"] / "manifest.json").read_text())
    assert manifest["resources"]["benchmark:riddles.txt"]["name"] == "riddles.txt"
    assert manifest["options"]["against"].startswith("resources/")
    for path in (root / "artifacts" / built["artifact"]).rglob("*"):
        if path.suffix in {".json", ".md", ".html"}:
            assert str(tmp_path) not in path.read_text(), path.name


def test_the_same_file_is_kept_once_and_a_changed_one_beside_it(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    for text in (TAKEN["text"], TAKEN["text"], "quite another text of seven words here"):
        (tmp_path / "riddles.txt").write_text(text + "\n")
        ownwords.build(root, "dataset", form="flat", against=str(tmp_path / "riddles.txt"))
    assert len(list((root / "resources").iterdir())) == 2
    assert not list((root / "tmp").glob("resource-*"))


def test_a_benchmark_that_is_not_there_is_told_before_any_work(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    with pytest.raises(Usage, match=r"'riddles\.txt' is not there"):
        ownwords.build(root, "dataset", against=str(tmp_path / "riddles.txt"))


def test_no_word_of_a_benchmark_stays_in_the_workspace(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    theirs = next(row["text"] for row in WORLD.rows if row["author"] == GONE.account and len(row["text"].split()) >= 8)
    (tmp_path / "riddles.txt").write_text(theirs + "\n")
    ownwords.build(root, "dataset", form="flat", against=str(tmp_path / "riddles.txt"))
    ownwords.forget(root, GONE.account)
    kept = [path for path in (root / "resources").rglob("*") if path.is_file()]
    assert kept
    words = theirs.split()
    assert not [path for path in kept for word in words if word.encode() in path.read_bytes()]


def test_an_empty_folder_is_told_as_one(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Usage, match="holds no benchmark"):
        ownwords.build(root, "dataset", against=str(tmp_path / "empty"))


def test_nothing_of_the_workspace_and_no_folder_at_large_is_copied(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    for option, folder in (("tokenizer", root), ("recogniser_model", root / "keys"), ("tokenizer", tmp_path)):
        with pytest.raises(OwnwordsError):
            ownwords.build(root, "dataset", **{option: str(folder)})
    (root / "artifacts" / "tokenizer.json").write_text("{}")
    with pytest.raises(Usage, match="part of this workspace"):
        ownwords.build(root, "dataset", tokenizer=str(root / "artifacts"))
    assert not (root / "resources").exists()


def test_a_benchmark_that_bears_somebodys_name_is_refused(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    with pytest.raises(Usage, match="names somebody"):
        ownwords.build(root, "dataset", against=str(written(tmp_path / "here", f"{GONE.handle}.txt")))


def test_pipes_and_damaged_files_are_told(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b"{}" * 1000)[:20] + b"\xff" * 40)
    for name in ("pipe.jsonl", "cut.jsonl.gz"):
        with pytest.raises(BadInput):
            ownwords.build(root, "dataset", against=str(tmp_path / name))


def test_what_a_build_that_died_was_copying_goes(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    for process in ("999999999", str(os.getpid())):
        (root / "tmp" / f"resource-{process}-abc").mkdir()
    ownwords.build(root, "dataset", form="flat")
    assert [path.name for path in (root / "tmp").glob("resource-*")] == [f"resource-{os.getpid()}-abc"]
    ownwords.forget(root, GONE.account)
    assert not list((root / "tmp").glob("resource-*"))


def test_what_went_is_listed_as_if_somebody_forgotten_had_never_been_there(tmp_path):
    had, never = settle(WORLD, tmp_path / "had"), settle(WORLD.without(GONE), tmp_path / "never")
    for root in (had, never):
        ownwords.build(root, "dataset", form="flat", dropped=True)
    ownwords.forget(had, GONE.account)
    assert content(had) == content(never)
