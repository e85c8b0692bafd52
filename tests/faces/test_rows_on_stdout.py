"""`dataset rows` gives rows and nothing else to stdout, of the newest dataset whatever it is called."""

from __future__ import annotations

import json

import ownwords
from ownwords.faces.cli import main
from world import random_world, settle


def told(capfd, monkeypatch, *arguments: str) -> tuple[str, str]:
    monkeypatch.setattr("sys.argv", ["ownwords", *arguments])
    code = main()
    out, err = capfd.readouterr()
    assert not code, err
    return out, err


def test_rows_can_be_kept_as_json_lines(capfd, monkeypatch, tmp_path):
    root = settle(random_world(5), tmp_path / "w")
    ownwords.build(root, "dataset", form="flat", name="posts")
    capfd.readouterr()
    out, err = told(capfd, monkeypatch, "-w", str(root), "dataset", "rows")
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows
    assert {"text", "record_ids"} <= set.intersection(*(set(row) for row in rows))
    assert json.loads(err.splitlines()[-1]) == {"n_rows": len(rows), "n_withheld": 0}
