"""The index of ids: finds, forgets, and is made again when it is behind."""

from __future__ import annotations

import polars as pl
import pytest

from ownwords.core.schemas import PARSED, conform
from ownwords.store.ids import Ids
from ownwords.store.staging import Staging
from ownwords.store.store import Store, Versions


@pytest.fixture
def held(tmp_path):
    store = Store.create(tmp_path / "store")
    (tmp_path / "staged").mkdir()
    staging = Staging(tmp_path / "staged", "b")
    staging.add(conform(pl.DataFrame([{"record_id": f"x:{n}", "account_id": f"x:{n % 7}", "network": "x"} for n in range(100)]), PARSED))
    version = store.records.append(staging.frames(store), "b")
    held, ids = Store(tmp_path / "store", Versions(version, 0, staging.next_no)), Ids(tmp_path / "store", b"k" * 32)
    assert ids.version() is None
    ids.rebuild(held)
    return held, ids, tmp_path / "store" / "ids.sqlite"


def test_a_missing_index_is_made_and_finds(held):
    store, ids, _ = held
    found = store.by_numbers(ids.find("x:42")).collect()
    assert found["record_id"].to_list() == ["x:42"]
    assert ids.find("x:100") == []
    assert ids.version() == store.versions.records


def test_an_index_in_the_middle_of_a_change_says_so(held):
    store, ids, _ = held
    ids.add(pl.DataFrame({"record_id": ["x:1000"], "record_no": [7]}))
    assert ids.version() is None
    ids.settle(store.versions.records + 1)
    assert ids.version() == store.versions.records + 1
    assert ids.find("x:1000") == [7]


def test_a_dropped_id_leaves_no_hash_in_the_file(held):
    store, ids, path = held
    ids.find("x:7")
    digest = ids._hash("x:7")
    assert digest in path.read_bytes()
    ids.drop(["x:7"])
    ids.settle(store.versions.records)
    assert digest not in path.read_bytes()
    assert ids.find("x:7") == []
    assert ids.find("x:77") != []


def test_no_id_stands_in_the_file_in_clear(held):
    _, ids, path = held
    ids.find("x:42")
    assert b"x:42" not in path.read_bytes()
