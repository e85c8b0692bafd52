"""The sweep sees a word in every kind of container a workspace has; what it says is gone is gone."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile

import polars as pl
import pytest
import zstandard

from ownwords.verbs._sweep import Names, sweep, sweep_apart

TOKEN = "lantern_77"
TEXT = f"a line by {TOKEN}, and more"
RUN = "the seventh umbrella keeps the river quiet until morning comes"


def parquet(folder):
    pl.DataFrame({"text": [TEXT, RUN], "n": [1, 2]}).write_parquet(folder / "rows.parquet", compression="zstd", statistics=False)


def arrow(folder):
    pl.DataFrame({"text": [TEXT, RUN]}).write_ipc(folder / "rows.arrow", compression="lz4")


def delta_log(folder):
    (folder / "_delta_log").mkdir()
    (folder / "_delta_log" / "0.json").write_text(json.dumps({"add": {"stats": json.dumps({"maxValues": {"text": f"{TEXT} {RUN}"}})}}))


def sqlite(folder):
    with sqlite3.connect(folder / "rows.db") as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.execute("INSERT INTO t VALUES (?)", (f"{TEXT} {RUN}",))
    connection.close()


def sqlite_deleted(folder):
    """Deleted, but its bytes stand in a free page."""
    with sqlite3.connect(folder / "rows.db") as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [(f"{TEXT} {RUN}",)] * 200)
        connection.commit()
        connection.execute("DELETE FROM t")
    connection.close()


def sqlite_wal(folder):
    connection = sqlite3.connect(folder / "rows.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE t (a TEXT)")
    connection.execute("INSERT INTO t VALUES (?)", (f"{TEXT} {RUN}",))
    connection.commit()
    return connection  # kept open, so that the log stays


def zst(folder):
    (folder / "rows.zst").write_bytes(zstandard.compress(f"{TEXT} {RUN}".encode()))


def gz(folder):
    (folder / "rows.gz").write_bytes(gzip.compress(f"{TEXT} {RUN}".encode()))


def zipped(folder):
    with zipfile.ZipFile(folder / "rows.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside/rows.txt", f"{TEXT} {RUN}")


def zip_of_gz(folder):
    with zipfile.ZipFile(folder / "rows.zip", "w") as archive:
        archive.writestr("rows.gz", gzip.compress(f"{TEXT} {RUN}".encode()))


def safetensors(folder):
    header = json.dumps({"__metadata__": {"by": f"{TEXT} {RUN}"}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)


def tokenizer(folder):
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {TOKEN: 1, RUN: 2}}}))


def html(folder):
    (folder / "report.html").write_text(f"<p>{TEXT}<br>{RUN}</p>")


def escaped_json(folder):
    hidden = "".join(f"\\u{ord(letter):04x}" for letter in TOKEN)
    (folder / "rows.json").write_text(f'{{"a": "by {hidden}"}} {RUN}')


def log(folder):
    (folder / "verbs.log").write_text(json.dumps({"verb": "use", "of": TOKEN, "text": RUN}) + "\n")


def file_name(folder):
    (folder / f"{TOKEN}.bin").write_bytes(RUN.encode())


KINDS = [
    parquet,
    arrow,
    delta_log,
    sqlite,
    sqlite_deleted,
    sqlite_wal,
    zst,
    gz,
    zipped,
    zip_of_gz,
    safetensors,
    tokenizer,
    html,
    escaped_json,
    log,
    file_name,
]


@pytest.mark.parametrize("plant", KINDS, ids=lambda plant: plant.__name__)
def test_the_sweep_finds_what_was_planted_and_nothing_else(tmp_path, plant):
    held = plant(tmp_path)
    try:
        assert sum(sweep(tmp_path, [TOKEN])[1].values()) >= 1
        assert sum(sweep(tmp_path, [TOKEN.upper()])[1].values()) >= 1
        assert sum(sweep(tmp_path, [], [RUN])[1].values()) >= 1
        assert sweep(tmp_path, ["lantern_7", "antern_77", "lantern_770"], ["umbrella keeps the sea"])[1] == {}
    finally:
        if held is not None:
            held.close()


def test_a_damaged_container_is_searched_as_bytes(tmp_path):
    for name, magic in (
        ("a.parquet", b"PAR1"),
        ("b.gz", b"\x1f\x8b"),
        ("c.zst", b"\x28\xb5\x2f\xfd"),
        ("d.zip", b"PK\x03\x04"),
        ("e.db", b"SQLite format 3\0"),
    ):
        (tmp_path / name).write_bytes(magic + TEXT.encode())
    n_files, hits, closed = sweep(tmp_path, [TOKEN])
    assert n_files == len(hits) == len(closed) == 5


@pytest.mark.parametrize("said", ["@ŽOFIE", "@žofie", "@Z\u030cofie"])
def test_letter_case_does_not_count_in_any_alphabet(tmp_path, said):
    (tmp_path / "a.txt").write_text(f"hello {said}, and more")
    parquet_of(tmp_path / "b.parquet", [("x", f"hello {said}")])
    assert set(sweep(tmp_path, ["@Žofie"])[1]) == {"a.txt", "b.parquet"}
    assert sweep(tmp_path, ["@Žofi", "@Žofiek", "Žofi"])[1] == {}


def parquet_of(path, rows):
    pl.DataFrame(rows, schema=["network", "text"], orient="row").write_parquet(path, statistics=False)


def test_a_namesake_of_another_network_is_no_trace(tmp_path):
    parquet_of(tmp_path / "others.parquet", [("reddit", TEXT), ("x", "nobody")])
    (tmp_path / "ledger.txt").write_text(f'"reddit:{TOKEN}" and reddit:@{TOKEN}')
    names = Names([TOKEN, f"@{TOKEN}"], "x", ["reddit"])
    assert sweep(tmp_path, [], names=names)[1] == {}
    parquet_of(tmp_path / "theirs.parquet", [("reddit", TEXT), ("x", TEXT)])
    (tmp_path / "log.txt").write_text(f"x:@{TOKEN} mastodon:{TOKEN}")
    assert set(sweep(tmp_path, [], names=names)[1]) == {"theirs.parquet", "log.txt"}
    assert set(sweep_apart(tmp_path, [], names)[1]) == {"theirs.parquet", "log.txt"}
