"""Nothing that is in a benchmark stays; nothing else goes; and the benchmarks need not be there for ever."""

from __future__ import annotations

import gzip
import json
import os
import random
import time
import tracemalloc

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ownwords.core.errors import BadInput, Usage
from ownwords.datasets import _words, decontaminate
from posts import WORDS, kept

QUESTION = "a ferryman takes three lanterns two goats and one baker across the wide river before noon who pays"


def left(rows: pl.DataFrame, **params) -> list[str]:
    (stage,) = decontaminate.stages({**decontaminate.PARAMS, **params})
    told = stage.run(rows.lazy()).collect()
    assert set(told["drop"].drop_nulls()) <= {"in a benchmark"}
    return sorted(told.filter(pl.col("drop").is_null())["record_id"])


def posts(*texts: str | None) -> pl.DataFrame:
    return kept([{"record_id": f"t:{n}", "text": text} for n, text in enumerate(texts)])


def benchmark(folder, *lines: str) -> str:
    path = folder / "lines.txt"
    path.write_text("\n".join(lines))
    return str(path)


said = st.lists(st.sampled_from([*WORDS[:4], "the", "of"]), max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.lists(said, max_size=4), st.lists(said, max_size=5), st.integers(2, 7))
def test_a_post_goes_just_if_it_has_a_run_of_words_or_a_shorter_text_of_a_benchmark(tmp_path_factory, items, texts, n_words):
    against = benchmark(tmp_path_factory.mktemp("b"), *(" ".join(item) for item in items))
    runs = {tuple(item[k : k + n_words]) for item in items for k in range(len(item) - n_words + 1)}
    runs |= {tuple(item) for item in items if 2 <= len(item) < n_words}
    shares = [any(tuple(text[k : k + len(run)]) == run for run in runs for k in range(len(text))) for text in texts]
    expected = [f"t:{n}" for n, has in enumerate(shares) if not has]
    assert left(posts(*(" ".join(text) for text in texts)), against=against, words=n_words, shortest=2) == expected


def test_every_form_of_file_is_read_to_the_last_string_in_it(tmp_path):
    rows = [
        {
            "question": QUESTION,
            "choices": ["a goat", "the baker who lost his shoe"],
            "deep": [{"why": ["because nobody else had any money"]}],
        }
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    table = pl.DataFrame(rows)
    flat = pl.DataFrame({"n": [1], "q": [QUESTION], "a": ["the baker who lost his shoe"], "w": ["because nobody else had any money"]})
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "c.ndjson.zst").write_bytes(zstandard.compress(lines.encode()))
    table.write_parquet(tmp_path / "d.parquet")
    flat.write_csv(tmp_path / "e.csv")
    flat.write_csv(tmp_path / "f.tsv", separator="\t")
    (tmp_path / "g.txt").write_text("\n".join(flat.row(0)[1:]))
    texts = posts(
        "So: " + QUESTION.upper(), "I am the baker, who lost his shoe", "because nobody else had any money", "a goat and nothing else"
    )
    for path in sorted(tmp_path.iterdir()):
        assert left(texts, against=str(path)) == ["t:3"], path.name
    both = os.pathsep.join(str(tmp_path / name) for name in ("a.jsonl", "g.txt"))
    assert left(texts, against=both) == left(texts, against=str(tmp_path)) == ["t:3"]


def test_a_benchmark_that_is_not_there_or_cannot_be_read_is_told_at_once(tmp_path):
    for bad in (tmp_path / "gone.jsonl", tmp_path):
        for asked in (decontaminate.stages, decontaminate.resources):
            with pytest.raises(Usage):
                asked({**decontaminate.PARAMS, "against": str(bad)})
    (tmp_path / "notes.docx").write_bytes(b"x")
    with pytest.raises(Usage):
        left(posts("x"), against=str(tmp_path / "notes.docx"))
    for name in ("broken.jsonl", "broken.parquet", "broken.csv.gz", "broken.txt.zst"):
        (tmp_path / name).write_bytes(b'{"a": [1, ')
        with pytest.raises(BadInput) as told:
            left(posts("x"), against=str(tmp_path / name))
        assert str(tmp_path) not in str(told.value)
    with pytest.raises(Usage):
        left(posts("x"), words=4)


def test_the_manifest_names_each_benchmark_and_no_folder_of_this_machine(tmp_path):
    folder = tmp_path / "quiz"
    folder.mkdir()
    (folder / "a.txt").write_text(QUESTION)
    found = decontaminate.resources({**decontaminate.PARAMS, "against": str(folder)})
    assert list(found) == ["benchmark:quiz/a.txt"]
    assert found["benchmark:quiz/a.txt"]["name"] == "quiz/a.txt"
    assert len(found["benchmark:quiz/a.txt"]["sha256"]) == 64
    assert decontaminate.resources(decontaminate.PARAMS) == {}


def test_marks_names_and_links_are_nobodys_words(tmp_path):
    middle = QUESTION.split()
    against = benchmark(tmp_path, " ".join([*middle[:6], "@somebody", "https://example.org/x", *middle[6:]]))
    assert left(posts(" ".join([*middle[:9], "[user_4] [url]", *middle[9:]]), "x"), against=against) == ["t:1"]


def test_neither_the_size_of_batches_nor_of_parts_changes_anything(tmp_path, monkeypatch):
    rng = random.Random(4)
    items = [" ".join(rng.choices(WORDS, k=rng.choice([5, 8, 20]))) for _ in range(30)]
    texts = [" ".join(rng.choices([*WORDS, rng.choice(items)], k=6)) for _ in range(200)]
    rows, against = posts(*texts), benchmark(tmp_path, *items)
    at_once = left(rows, against=against)
    monkeypatch.setattr(_words, "_TEXTS_AT_ONCE", 7)
    decontaminate._read.cache_clear()
    assert left(rows, against=against) == at_once
    assert 0 < len(at_once) < 200


def test_hostile_texts_and_no_texts(tmp_path):
    against = benchmark(tmp_path, QUESTION, "the baker who lost his shoe")
    bait = ["a" * 1_000_000, "the " * 250_000, " ".join(map(str, range(150_000))), "e" + "́" * 500_000, "", None, "漢" * 300_000]
    assert left(posts(*bait), against=against) == [f"t:{n}" for n in range(len(bait))]
    assert left(posts("x").clear(), against=against) == []
    assert left(posts(QUESTION)) == ["t:0"]


def test_four_times_the_long_texts_take_about_four_times_the_time_and_no_more_memory(tmp_path):
    known = decontaminate._Known(decontaminate._index({**decontaminate.PARAMS, "against": benchmark(tmp_path, QUESTION)}), 13, 5)
    seconds, peaks = [], []
    for n in (24, 24, 96):
        texts = pl.Series(["the lamp " * 25_000] * n)
        tracemalloc.start()
        start = time.process_time()
        assert not known.told(texts).any()
        seconds.append(time.process_time() - start)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert seconds[2] < 4 * 3 * seconds[1]
    assert peaks[2] < 1.3 * peaks[1]


def test_a_benchmark_is_read_once_until_it_changes(tmp_path, monkeypatch):
    against, texts, read = benchmark(tmp_path, QUESTION), decontaminate.benchmarks.texts, []
    monkeypatch.setattr(decontaminate.benchmarks, "texts", lambda path: read.append(path) or texts(path))
    for _ in range(3):
        assert left(posts(QUESTION, "nothing of it"), against=against) == ["t:1"]
    assert len(read) == 1
    benchmark(tmp_path, "something else altogether", "and longer")
    assert left(posts(QUESTION), against=against) == ["t:0"]
    assert len(read) == 2
