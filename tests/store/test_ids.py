"""The index of ids: finds, forgets, and is made again when it is behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress

import polars as pl
import pytest

from ownwords.core.schemas import PARSED, conform
from ownwords.store import ids as ids_of
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


def test_many_small_additions_are_few_runs_and_all_are_found(held):
    _, ids, path = held
    for n in range(100):
        ids.add(pl.DataFrame({"record_id": [f"y:{n}", "y:again"], "record_no": [5000 + n, 9000 + n]}))
    assert ids.find("x:42") is None  # until it is said of which version it knows
    ids.settle(2)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM runs").fetchone()[0] < 20
    assert [ids.find(f"y:{n}") for n in range(100)] == [[5000 + n] for n in range(100)]
    assert ids.find("y:again") == list(range(9000, 9100))
    assert ids.find("x:42") != []


def test_an_id_of_more_revisions_than_a_page_holds_is_found_and_dropped_whole(held):
    _, ids, path = held
    names = ["y:1", *["y:2"] * 3000, "y:3"]
    ids.add(pl.DataFrame({"record_id": names, "record_no": range(3002)}))
    ids.settle(2)
    assert [len(ids.find(name)) for name in ("y:1", "y:2", "y:3")] == [1, 3000, 1]
    ids.drop(["y:2"])
    ids.settle(3)
    assert [len(ids.find(name)) for name in ("y:1", "y:2", "y:3")] == [1, 0, 1]
    assert ids._hash("y:2") not in path.read_bytes()


def test_a_page_cut_short_is_a_lost_index(held):
    store, ids, path = held
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE pages SET hashes = substr(hashes, 1, 12)")
    assert ids.find("x:42") is None
    assert ids.version() is None
    ids.rebuild(store)
    assert ids.find("x:42") != []


def test_runs_that_become_one_while_an_id_is_looked_for_are_found_all_the_same(held, monkeypatch):
    _, ids, path = held
    for n in range(5):
        ids.add(pl.DataFrame({"record_id": [f"y:{n}"], "record_no": [5000 + n]}))
    ids.settle(2)
    look = ids_of._found

    def merged_before(*asked: object) -> list[int]:
        with closing(sqlite3.connect(path, timeout=0)) as other, suppress(sqlite3.OperationalError), other:
            ids_of._merge(other)
        return look(*asked)

    monkeypatch.setattr(ids_of, "_RUNS", 2)
    monkeypatch.setattr(ids_of, "_found", merged_before)
    assert [ids.find(f"y:{n}") for n in range(5)] == [[5000 + n] for n in range(5)]
