"""Names and places without a shape: a plug-in finds them, and masks stand where it says."""

from __future__ import annotations

from types import ModuleType

import polars as pl
import pytest

from ownwords.core import plugins
from ownwords.core.errors import Fault, NotFound
from ownwords.datasets import pii
from ownwords.engine.run import run
from posts import permitted, records

LIST = {"Anna": "person", "Anna Maria": "person", "Bandung": "place", "Acme": "organisation", "user": "person", "[user] met Anna": "place"}


def find(texts: pl.Series, where: str) -> pl.DataFrame:
    """Whatever is in the list, overlaps and masks included; backwards, as a plug-in may."""
    assert where == "list"
    rows = [
        (row, text.index(name), text.index(name) + len(name), kind)
        for row, text in enumerate(texts)
        for name, kind in LIST.items()
        if name in text
    ]
    return pl.DataFrame(rows[::-1], schema=["row", "start", "end", "kind"], orient="row", schema_overrides={"kind": pl.String})


@pytest.fixture
def listed(monkeypatch):
    module = ModuleType("listed")
    module.find = find
    load = plugins.load
    monkeypatch.setattr(plugins, "load", lambda kind, name: module if (kind, name) == ("recogniser", "listed") else load(kind, name))
    return module


def out(texts: list[str | None], scratch, **params) -> list[str | None]:
    rows = records([{"text": text} for text in texts])
    return (
        run(permitted(rows), [("pii", {"recogniser": "listed:list", **params})], scratch).rows.collect().sort("record_no")["text"].to_list()
    )


def test_persons_become_users_and_organisations_stay_unless_asked_for(listed, tmp_path):
    texts = ["Anna Maria of Acme went to Bandung", "nobody", None, "", "Anna 0812-3456-7890"]
    assert out(texts, tmp_path / "a") == ["[user] of Acme went to [place]", "nobody", None, "", "[user] [phone]"]
    kinds = {"kinds": "user,organisation"}
    assert out(texts[:1], tmp_path / "b", **kinds) == ["[user] of [organisation] went to Bandung"]


def test_a_mask_is_never_part_of_a_name(listed, tmp_path):
    assert out(["@sari_99 met Anna"], tmp_path / "a") == ["[user] met [user]"]


def test_a_forgotten_name_comes_out_as_the_name_would(listed, tmp_path):
    with_name, without = out(["Anna and @sari_99 in Bandung", "Anna and [forgotten] in Bandung"], tmp_path / "a")
    assert with_name == without == "[user] and [user] in [place]"


def test_it_goes_with_pseudonyms(listed, tmp_path):
    assert out(["Anna 0812-3456-7890"], tmp_path / "a", pseudonyms=True) == ["[user] [phone_1]"]


def test_what_is_no_recogniser_is_refused(listed, tmp_path, monkeypatch):
    with pytest.raises(NotFound):
        pii.stages({**pii.PARAMS, "recogniser": "nobody:at all"})
    monkeypatch.setattr(listed, "find", lambda texts, where: pl.DataFrame({"row": [0]}))
    with pytest.raises(Fault):
        out(["Anna"], tmp_path / "a")


def test_ours_are_in_the_catalogue():
    assert "tagger" in plugins.names("recogniser")
