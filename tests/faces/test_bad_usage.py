"""Bad usage: one clear line (what, to which, why, what next), the right exit code, never a traceback."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ownwords
from ownwords.faces.cli import VERBS, main
from world import random_world, settle


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A workspace with posts that nobody allowed anything for."""
    base = tmp_path_factory.mktemp("bad")
    ownwords.init(base / "w")
    ownwords.ingest(base / "w", "jsonl", (str(random_world(1).write(base / "posts.jsonl")),))
    return base


def complaint(capfd, *arguments: object) -> tuple[int, str]:
    """Exit code and what stderr says; stdout must be empty."""
    code = main([str(word) for word in arguments])
    out, err = capfd.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert err.startswith("ownwords: ")
    assert "\nNext: " in err
    return code, err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ingst"], 2, "No such command 'ingst'"),
        (["ingest", "redit", "{posts}"], 2, "did you mean reddit?"),
        (["ingest", "auto"], 2, "needs a file or folder"),
        (["ingest", "auto", "{base}/nothing.zip"], 2, "no such file or folder"),
        (["ingest", "auto", "{empty}"], 2, "empty"),
        (["ingest", "x_archive", "{posts}"], 2, "posts.jsonl"),
        (["ingest", "auto", "{base}/unknown.bin"], 2, "no source knows this format"),
        (["permit", "show", "train_ia"], 2, "did you mean train_ai?"),
        (["permit", "shwo", "train_ai"], 2, "did you mean show?"),
        (["permit", "why", "test:1"], 2, "no record of that id"),
        (["permit", "diff", "opt-in"], 2, "two policies"),
        (["permit", "check", "{typo}"], 2, "line 4"),
        (["permit", "adopt", "opt-inn"], 2, "did you mean opt-in?"),
        (["consent", "give", "test:7000", "train"], 2, "purpose 'train'"),
        (["consent", "giv", "test:7000", "train_ai"], 2, "did you mean give?"),
        (["consent", "give", "test:1", "train_ai"], 2, "nobody is known"),
        (["consent", "give", "test:7000", "train_ai", "--since", "tomorrow"], 2, "is no date"),
        (["consent", "give", "test:7000", "train_ai", "--by", "legacy_contact"], 3, "rule 3"),
        (["consent", "state", "test:7000", "asleep"], 2, "account state 'asleep'"),
        (["build", "datset"], 2, "did you mean dataset?"),
        (["build", "dataset", "--from", "flat"], 2, "did you mean --form?"),
        (["build", "dataset", "--seed", "many"], 2, "'many'"),
        (["build", "dataset", "--purpose", "train_aj"], 2, "did you mean train_ai?"),
        (["build", "dataset", "--name", "../x"], 2, "letters, digits"),
        (["build", "dataset"], 3, "nothing is permitted for train_ai"),
        (["build", "model"], 2, "there is no dataset to build from"),
        (["use", "model", "chat", "hello"], 2, "artifact 'model' does not exist"),
        (["prove", "dataset", "--gone", "test:1"], 2, "one at a time"),
        (["prove", "dataset"], 2, "does not exist"),
        (["prove", "--gone", "test:1"], 4, "nobody of that name was ever forgotten"),
        (["forget"], 2, "needs a person"),
        (["forget", "test:1"], 2, "nobody is known"),
        (["forget", "--record", "test:1"], 2, "no record of that id"),
    ],
)
def test_what_cannot_be_done_says_so(capfd, filled, arguments, code, words):
    (filled / "empty.jsonl").write_text("")
    (filled / "unknown.bin").write_bytes(bytes(range(256)) * 9)
    (filled / "typo.yaml").write_text("id: a\nversion: 1\ntext: a.md\nefective_from: 2024-01-01\nrules: []\n")
    (filled / "a.md").write_text("We use nothing.\n")
    places = {"base": filled, "posts": filled / "posts.jsonl", "empty": filled / "empty.jsonl", "typo": filled / "typo.yaml"}
    given = [word.format(**places) for word in arguments]
    found, said = complaint(capfd, "-w", filled / "w", *given)
    assert words in said
    assert found == code


def test_no_workspace_is_named(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OWNWORDS_WORKSPACE", raising=False)
    code, said = complaint(capfd, "permit", "show", "train_ai")
    assert (code, "no workspace is named" in said) == (2, True)


def test_a_folder_that_is_no_workspace(capfd, tmp_path):
    code, said = complaint(capfd, "-w", tmp_path, "permit", "show", "train_ai")
    assert (code, "is not a workspace" in said) == (2, True)


def test_a_workspace_of_a_newer_version(capfd, tmp_path):
    ownwords.init(tmp_path / "w")
    (tmp_path / "w" / "format.json").write_text('{"format": 99}')
    code, said = complaint(capfd, "-w", tmp_path / "w", "permit", "show", "train_ai")
    assert (code, "format 99" in said, "upgrade ownwords" in said) == (2, True, True)


def test_a_damaged_marker(capfd, tmp_path):
    ownwords.init(tmp_path / "w")
    (tmp_path / "w" / "format.json").write_text("{")
    assert complaint(capfd, "-w", tmp_path / "w", "permit", "show", "train_ai")[0] == 2


def test_init_twice_and_init_in_a_folder_of_something_else(capfd, tmp_path):
    ownwords.init(tmp_path / "w")
    assert "is a workspace already" in complaint(capfd, "-w", tmp_path / "w", "init")[1]
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").write_bytes(b"x")
    assert "is not empty" in complaint(capfd, "-w", tmp_path / "photos", "init")[1]


def test_a_policy_file_changed_after_it_was_adopted(capfd, tmp_path):
    ownwords.init(tmp_path / "w")
    path = next((tmp_path / "w" / "policy").glob("*/policy.yaml"))
    path.write_text(path.read_text().replace("version: ", "version: 9"))
    ownwords_error = complaint(capfd, "-w", tmp_path / "w", "permit", "show", "train_ai")
    assert ownwords_error[0] == 4
    assert "was changed" in ownwords_error[1]


def test_tampering_with_an_artifact_is_named(capfd, tmp_path):
    root = settle(random_world(1), tmp_path / "w")
    ownwords.build(root, "dataset")
    path = next((root / "artifacts").glob("dataset/v1/train.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    code, said = complaint(capfd, "-w", root, "prove", "dataset")
    assert (code, "train.parquet was changed" in said) == (4, True)


def test_a_tampered_receipt_is_refused(capfd, tmp_path):
    root = settle(random_world(1), tmp_path / "w")
    path = Path(str(ownwords.forget(root, "test:7001")["receipt"]))
    assert ownwords.prove(root, str(path))["proven"]
    receipt = json.loads(path.read_text())
    receipt["event"]["records"] += 1
    path.write_text(json.dumps(receipt))
    code, said = complaint(capfd, "-w", root, "prove", path)
    assert (code, "signature" in said) == (4, True)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB, where this user may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this user may not mount a small tmpfs, so a full disk cannot be made")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_told_and_loses_nothing(tmp_path, small_disk):
    root = settle(random_world(1), small_disk / "w")
    before = ownwords.permit(root, "show", "train_ai")
    big = tmp_path / "big.jsonl"
    row = {"author": "test:1", "network": "test", "created_at": "2024-01-01T00:00:00Z", "visibility": "public"}
    with big.open("w") as handle:
        for n in range(4000):
            handle.write(json.dumps(row | {"id": f"test:{n}", "text": os.urandom(600).hex()}) + "\n")
    done = command(root, "ingest", "jsonl", str(big))
    assert done.returncode == 1
    assert "no space" in done.stderr
    assert "Next: free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert ownwords.permit(root, "show", "train_ai") == before


def command(root: Path, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    words = [*prefix, sys.executable, "-m", "ownwords", "-w", str(root), *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def test_no_permission_is_told(tmp_path):
    """Without the right to go past file modes, as an ordinary user is."""
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root goes past file modes, and setpriv, which takes that right away, is not installed")
        prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
    root = settle(random_world(1), tmp_path / "w")
    locked = [root / "tmp", root / "store"]
    try:
        for folder in locked:
            folder.chmod(0o500)
        done = command(root, "ingest", "jsonl", str(tmp_path / "w.jsonl"), prefix=prefix)
    finally:
        for folder in locked:
            folder.chmod(0o700)
    assert done.returncode == 1
    assert "permission denied" in done.stderr
    assert "Next: " in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_says_how_to_go_on(monkeypatch, capfd, tmp_path):
    @functools.wraps(ownwords.prove)
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(VERBS, "prove", stop)
    with contextlib.suppress(SystemExit):
        assert main(["-w", str(tmp_path), "prove", "x"]) == 130
    assert "goes on where it was" in capfd.readouterr().err


def test_a_fault_of_ours_shows_no_traceback_and_no_words(monkeypatch, capfd, tmp_path):
    @functools.wraps(ownwords.prove)
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("somebody's private words")

    monkeypatch.setitem(VERBS, "prove", fail)
    code, said = complaint(capfd, "-w", tmp_path, "prove", "x")
    assert code == 1
    assert "private" not in said
