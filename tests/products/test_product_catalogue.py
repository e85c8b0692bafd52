"""Every product: a golden request and reply, and somebody is forgotten through it."""

from __future__ import annotations

import json
import os
from dataclasses import is_dataclass
from pathlib import Path

import pytest

import ownwords
from ownwords.core import plugins
from ownwords.core.purpose import PURPOSES
from ownwords.verbs._artifacts import find
from ownwords.verbs._house import House
from ownwords.verbs._sweep import sweep
from world import random_world, settle

GOLDEN = Path(__file__).parents[1] / "golden" / "products"
PRODUCTS = plugins.names("product")
WORLD = random_world(31, n_people=5, n_posts=50)
GONE = WORLD.people[3]


def story(product: str) -> dict:
    return json.loads((GOLDEN / product / "story.json").read_text())


def make(product: str, root: Path) -> None:
    """The product and whatever it is built from, as its golden story says."""
    if product == "model":
        pytest.importorskip("torch", reason="the extra 'train' is not installed")
    for step in story(product)["builds"]:
        ownwords.build(root, step["product"], **step["options"])


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_product_declares_what_the_verbs_need(product):
    declared = plugins.load("product", product)
    assert declared.PURPOSE in PURPOSES
    assert declared.SERVES in {"rows", "aggregate"}
    assert is_dataclass(declared.OPTIONS)
    assert all(is_dataclass(kind) for kind in declared.REQUESTS.values())
    assert (GOLDEN / product / "story.json").exists(), "every product has a golden request and reply"


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_product_replies_as_its_golden_story_says_golden(product, tmp_path):
    root = settle(WORLD, tmp_path / "w")
    make(product, root)
    told = story(product)
    for asked in told["requests"]:
        reply = json.loads(json.dumps(list(ownwords.use(root, product, asked["request"], **asked["fields"])), default=str))
        if asked["compare"] == "names":  # what weights say differs from machine to machine
            reply = [sorted(event) for event in reply[-1:]]
        if os.environ.get("OWNWORDS_GOLDEN") == "write":
            asked["reply"] = reply
        assert reply == asked["reply"], asked["request"]
    if os.environ.get("OWNWORDS_GOLDEN") == "write":
        (GOLDEN / product / "story.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("product", PRODUCTS)
def test_somebody_is_forgotten_through_a_product(product, tmp_path):
    root, never = settle(WORLD, tmp_path / "had"), settle(WORLD.without(GONE), tmp_path / "never")
    for place in (root, never):
        make(product, place)
    ownwords.forget(root, GONE.account)
    found = [find(House.open(place), product).manifest.content_hash for place in (root, never)]
    assert found[0] == found[1]
    assert sweep(root, [GONE.account, GONE.handle])[1] == {}
    assert ownwords.prove(root, product)["owing"] == 0
