"""A damaged artifact, or a forgetting that cannot go on, keeps nobody out."""

from __future__ import annotations

import json

import pytest

import ownwords
from ownwords.core.errors import Fault, NotFound
from ownwords.core.files import remove_tree
from ownwords.verbs import _artifacts, _forgetting
from ownwords.verbs._house import House
from ownwords.verbs._sweep import sweep
from world import random_world, settle

WORLD = random_world(17, n_people=4, n_posts=30)
GONE, STAYS = WORLD.people[1], WORLD.people[2]


@pytest.fixture
def root(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    ownwords.build(root, "dataset", name="whole", form="flat")
    ownwords.build(root, "dataset", name="broken", form="flat")
    return root


def other_types(folder):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"inputs": {"rows": 7}, "options": []}))


DAMAGE = {
    "no folder": remove_tree,
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "half a manifest": lambda folder: (folder / "manifest.json").write_text('{"artifact": "bro'),
    "a manifest of other types": other_types,
    "junk for origins": lambda folder: (folder / "origins.roaring").write_bytes(b"junk"),
    "junk for inputs": lambda folder: (folder / "inputs.roaring").write_bytes(b"\x00" * 8),
    "no inputs": lambda folder: (folder / "inputs.roaring").unlink(),
    "a folder among the leases": lambda folder: (folder.parents[2] / "leases" / "odd").mkdir(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_does_not_stop_a_forgetting_nor_what_comes_after(root, damage):
    DAMAGE[damage](root / "artifacts" / "broken" / "v1")
    said = ownwords.forget(root, GONE.account)
    assert set(said["touched"]) == {"whole/v1", "broken/v1"}
    assert set(said["rebuilt"]) == {"whole", "broken"}
    assert ("not built again" in said["rebuilt"]["broken"]) == (damage in {"no folder", *(name for name in DAMAGE if "manifest" in name)})
    assert not (root / "artifacts" / "broken" / "v1").exists()
    assert sweep(root, [GONE.account, GONE.handle])[1] == {}
    assert ownwords.prove(root, gone=GONE.account)["gone"]
    assert ownwords.consent(root, "withdraw", STAYS.account, "train_ai")["event"]


def test_a_damaged_dataset_is_no_parent(root):
    (root / "artifacts" / "broken" / "v1" / "manifest.json").unlink()
    found = _artifacts.newest(House.open(root), "dataset")
    assert found is not None
    assert found.name == "whole/v1"


def test_a_forgetting_that_cannot_go_on_is_told_and_stops_nobody_else(root, monkeypatch, capsys):
    def refuse(*_):
        raise Fault("the disk made a noise", "listen")

    monkeypatch.setattr(_forgetting, "_erase_rows", refuse)
    for _ in range(2):
        with pytest.raises(Fault, match="noise"):
            ownwords.forget(root, GONE.account)
    assert ownwords.consent(root, "withdraw", STAYS.account, "train_ai")["event"]
    assert "the disk made a noise" in capsys.readouterr().err
    rows = [row["row_id"] for row in ownwords.use(root, "whole", "rows") if "row_id" in row]
    assert rows
    assert not {row["id"] for row in WORLD.rows if row["author"] in {GONE.account, STAYS.account}} & set(rows)
    monkeypatch.undo()
    ownwords.permit(root, "show", "train_ai")
    with pytest.raises(NotFound):
        _forgetting.request(House.open(root), GONE.account, None)
    assert sweep(root, [GONE.account, GONE.handle])[1] == {}


def test_what_a_dead_build_wrote_after_it_was_put_away_goes(root):
    left = root / "tmp" / "build-model"
    (left / "files").mkdir(parents=True)
    (left / "files" / "rows.arrow").write_text("words")
    House.open(root)
    assert not left.exists()


def test_a_build_that_may_go_on_is_kept(root):
    left = root / "tmp" / "build-model"
    (left / "files").mkdir(parents=True)
    (left / "recipe").touch()
    House.open(root)
    assert left.exists()
