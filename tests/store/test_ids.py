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
    return (
        Store(tmp_path / "store", Versions(version, 0, staging.next_no)),
        Ids(tmp_path / "store", b"k" * 32),
        tmp_path / "store" / "ids.sqlite",
    )


def test_a_missing_index_is_made_and_finds(held):
    store, ids, _ = held
    found = store.by_numbers(ids.find(store, "x:42")).collect()
    assert found["record_id"].to_list() == ["x:42"]
    assert ids.find(store, "x:100") == []
    assert ids.version() == store.versions.records


def test_an_index_that_is_behind_is_made_again(held):
    store, ids, path = held
    ids.find(store, "x:1")
    ids.settle(store.versions.records - 1)
    assert ids.find(store, "x:1") != []
    path.write_bytes(path.read_bytes())
    assert ids.version() == store.versions.records


def test_a_dropped_id_leaves_no_hash_in_the_file(held):
    store, ids, path = held
    ids.find(store, "x:7")
    digest = ids._hash("x:7")
    assert digest in path.read_bytes()
    ids.drop(["x:7"])
    ids.settle(store.versions.records)
    assert digest not in path.read_bytes()
    assert ids.find(store, "x:7") == []
    assert ids.find(store, "x:77") != []


def test_no_id_stands_in_the_file_in_clear(held):
    store, ids, path = held
    ids.find(store, "x:42")
    assert b"x:42" not in path.read_bytes()
