"""Writing a dataset's rows: in the order of their ids and with one hash, however they come and however few fit into memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from dialogue_rows import REJECTED, talk
from ownwords.core import hashing
from ownwords.products.dataset import forms, order, write


def written(rows: pl.DataFrame, out: Path, form: str = "conversations") -> write.Written:
    out.mkdir()
    return write.write(rows.lazy(), form, out, out / "scratch")


def whole(folder: Path, split: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{split}.parquet")


@pytest.mark.parametrize("form", forms.FORMS)
@pytest.mark.parametrize("part_bytes", [1 << 30, 6_000])
def test_parts_change_neither_hash_nor_files(tmp_path, monkeypatch, form, part_bytes):
    rows = talk(300, seed=1).with_columns(pl.lit({"text": "no", "record_id": "test:x"}, REJECTED).alias("rejected"))
    monkeypatch.setattr(order, "PART_BYTES", part_bytes)
    # the rows come in many batches, as those of a large dataset do
    batches = pl.concat([rows.slice(start, 7).lazy() for start in range(0, rows.height, 7)], rechunk=False)
    (tmp_path / "out").mkdir()
    done = write.write(batches, form, tmp_path / "out", tmp_path / "scratch")
    made = forms.shaped(rows, form)
    for split in forms.SPLITS:
        expected = made.filter(pl.col("split") == split).sort("row_id")
        assert done.hashes[split] == hashing.content_hash(expected.drop("origins"), ["row_id"])
        assert whole(tmp_path / "out", split).equals(expected)
        lines = (tmp_path / "out" / f"{split}.jsonl").read_text().splitlines()
        assert [json.loads(line) for line in lines] == expected.drop("origins").to_dicts()
    assert done.figures.n_rows == rows.height
    assert set(done.figures.origins) == set(rows["origins"].explode())


def test_what_an_interrupted_write_left_is_not_taken_in(tmp_path, monkeypatch):
    rows = talk(60, seed=9)
    clean = written(rows, tmp_path / "clean").hashes
    monkeypatch.setattr(order, "PART_BYTES", 6_000)
    batches = pl.concat([rows.slice(start, 7).lazy() for start in range(0, rows.height, 7)], rechunk=False)
    for name in ("part-00000", "part-00001"):
        (tmp_path / "scratch" / name).mkdir(parents=True)
        talk(5, seed=10).write_ipc(tmp_path / "scratch" / name / "99999.arrow")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "train.jsonl").write_text("half a li")
    assert write.write(batches, "conversations", tmp_path / "out", tmp_path / "scratch").hashes == clean


def test_figures_do_not_depend_on_parts(tmp_path, monkeypatch):
    rows = talk(300, seed=2)
    one = written(rows, tmp_path / "one").figures
    monkeypatch.setattr(order, "PART_BYTES", 3_000)
    batches = pl.concat([rows.slice(start, 11).lazy() for start in range(0, rows.height, 11)], rechunk=False)
    (tmp_path / "many").mkdir()
    many = write.write(batches, "flat", tmp_path / "many", tmp_path / "scratch").figures
    for name in ("split", "month", "language", "network", "terms", "length", "turns", "n_characters", "n_withheld", "origins"):
        assert getattr(one, name) == getattr(many, name), name
    assert one.people.sort("account_id").equals(many.people.sort("account_id"))
    assert one.chosen.equals(many.chosen)
    assert one.lorenz() == many.lorenz()


def test_the_order_of_arrival_changes_nothing(tmp_path):
    rows = talk(100, seed=3)
    one, other = written(rows, tmp_path / "one"), written(rows.sample(fraction=1, shuffle=True, seed=4), tmp_path / "other")
    assert one.hashes == other.hashes
    assert (tmp_path / "one" / "train.jsonl").read_bytes() == (tmp_path / "other" / "train.jsonl").read_bytes()


def test_one_changed_letter_changes_the_hash(tmp_path):
    rows = talk(50, seed=5)
    changed = rows.with_columns(pl.when(pl.col("row_id") == rows["row_id"][7]).then(pl.lit("zz")).otherwise("language").alias("language"))
    assert written(rows, tmp_path / "one").hashes != written(changed, tmp_path / "other").hashes


@pytest.mark.parametrize("form", forms.FORMS)
def test_no_rows_make_empty_files_with_all_columns(tmp_path, form):
    rows = talk(3).with_columns(pl.lit({"text": "no", "record_id": "test:x"}, REJECTED).alias("rejected")).clear()
    done = written(rows, tmp_path / "out", form)
    for split in forms.SPLITS:
        assert dict(whole(tmp_path / "out", split).schema) == forms.columns(form)
        assert whole(tmp_path / "out", split).height == 0
        assert (tmp_path / "out" / f"{split}.jsonl").read_bytes() == b""
    assert done.figures.n_rows == 0


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_change_nothing(tmp_path, threads):
    rows = talk(200, seed=6)
    rows.write_ipc(tmp_path / "rows.arrow")
    (tmp_path / "out").mkdir()
    code = "import sys, polars as pl; from pathlib import Path; from ownwords.products.dataset import write; out = Path(sys.argv[1]); "
    code += "print(write.write(pl.scan_ipc(out / 'rows.arrow'), 'conversations', out / 'out', out / 'scratch').hashes)"
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=os.environ | {"POLARS_MAX_THREADS": threads},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == str(written(rows, tmp_path / "here").hashes)


def test_hostile_words_come_back_as_they_were(tmp_path):
    words = [
        "\u202eright to left",
        "z" + "\u0301" * 500,
        "👩\u200d👩\u200d👧",
        "a" * 1_000_000,
        "",
        "\x00\x1b[0m",
        '"},{"',
        "\n\r\u2028",
        "🏴\u200d☠️",
    ]
    rows = talk(len(words), seed=7).with_columns(
        pl.Series("turns", [[{"speaker": 0, "text": word, "learn": True, "record_id": f"test:{n}"}] for n, word in enumerate(words)])
        .cast(pl.List(forms.TURN)),
        origins=pl.Series([[n] for n in range(len(words))]),
    )  # fmt: skip
    written(rows, tmp_path / "out", "flat")
    texts = pl.concat([whole(tmp_path / "out", split) for split in forms.SPLITS])["text"]
    lines = [json.loads(line) for split in forms.SPLITS for line in (tmp_path / "out" / f"{split}.jsonl").read_text().split("\n") if line]
    assert sorted(texts) == sorted(words) == sorted(line["text"] for line in lines)
