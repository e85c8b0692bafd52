"""Packed tokens: what numpy maps into memory is the rows, in windows of one length."""

from __future__ import annotations

import json

import polars as pl
import pytest
from made_datasets import finished

from dialogue_rows import dialogue, table, talk
from ownwords.core.errors import BadInput, NotFound
from ownwords.products.dataset import Options

np = pytest.importorskip("numpy")
pytest.importorskip("torch", reason="the extra 'train' is not installed")

CONTEXT = 16


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A tokenizer in a folder."""
    from ownwords.models import tokenizer

    folder = tmp_path_factory.mktemp("words") / "small"
    tokenizer.train(["river lantern market bicycle mango teacher"] * 5, 300, CONTEXT, has_dialogues=True).save_pretrained(folder)
    return folder


def packed(rows: pl.DataFrame, out, words, form: str = "conversations"):
    done = finished(rows, out, Options(form=form, tokenizer=str(words), context=CONTEXT))
    return done, json.loads((out / "tokens" / "index.json").read_text())


def read(out, index: dict, split: str):
    """Every token of a split, and whether it is learnt, as a reader would take them: mapped, not loaded."""
    (told,) = [entry for entry in index["splits"] if entry["split"] == split]
    shards = [np.load(out / "tokens" / name, mmap_mode="r") for name in told["shards"]]
    masks = [np.load(out / "tokens" / name.replace(".npy", ".learn.npy"), mmap_mode="r") for name in told["shards"]]
    assert all(isinstance(shard, np.memmap) and shard.shape[1] == CONTEXT for shard in shards)
    assert sum(len(shard) for shard in shards) == told["windows"]
    ids = np.concatenate([shard.ravel() for shard in shards]) if shards else np.empty(0, np.uint16)
    learnt = np.concatenate([mask.ravel() for mask in masks]) if masks else np.empty(0, bool)
    assert not learnt[told["tokens"] :].any()
    assert (ids[told["tokens"] :] == index["pad"]).all()
    return ids[: told["tokens"]], learnt[: told["tokens"]]


def test_the_tokens_are_the_rows_one_after_the_other(tmp_path, words):
    from ownwords.models import tokenizer

    rows = table([dialogue(("a", "river lantern"), ("b", "market")), dialogue(("c", "mango mango"), ("d", "teacher"), learnt=1)])
    _, index = packed(rows, tmp_path / "out", words)
    ids, learnt = read(tmp_path / "out", index, "train")
    spell = tokenizer.load(words)
    first, second, rest = spell.decode(ids).split("<|eos|>")
    assert (first, second, rest) == ("<|bos|> river lantern<|reply|> market", "<|bos|> mango mango<|reply|> teacher", "")
    assert spell.decode(ids[learnt]).replace(" ", "") == "riverlantern<|reply|>market<|eos|>teacher<|eos|>"
    assert index["dtype"] == "uint16" == str(ids.dtype)
    assert index["vocabulary"] == len(spell)


@pytest.mark.parametrize("form", ["conversations", "flat", "prompt_completion", "preference"])
def test_shards_change_no_token(tmp_path, monkeypatch, words, form):
    from ownwords.models import shards
    from ownwords.products.dataset import shards as ours

    rows = talk(60, seed=2)
    done, index = packed(rows, tmp_path / "one", words, form)
    monkeypatch.setattr(ours, "_ROWS_AT_A_TIME", 7)
    same, _ = packed(rows, tmp_path / "steps", words, form)
    monkeypatch.setattr(shards, "SHARD_TOKENS", 4 * CONTEXT)
    _, many = packed(rows, tmp_path / "many", words, form)
    assert done.content_hash == same.content_hash
    assert len(many["splits"][0]["shards"]) > len(index["splits"][0]["shards"]) == 1
    for split in ("train", "held_out"):
        one, other = read(tmp_path / "one", index, split), read(tmp_path / "many", many, split)
        assert (one[0] == other[0]).all()
        assert (one[1] == other[1]).all()


def test_the_tokenizer_and_the_window_count_in_the_content(tmp_path, words):
    rows = talk(20)
    done, _ = packed(rows, tmp_path / "a", words)
    wider = finished(rows, tmp_path / "b", Options(tokenizer=str(words), context=CONTEXT * 2))
    without = finished(rows, tmp_path / "c", Options())
    assert len({done.content_hash, wider.content_hash, without.content_hash}) == 3
    assert done.resources["tokenizer"]["name"] == "small"
    assert done.metrics["tokens"] == sum(
        entry["tokens"] for entry in json.loads((tmp_path / "a" / "tokens" / "index.json").read_text())["splits"]
    )
    assert not (tmp_path / "c" / "tokens").exists()


def test_tokens_that_an_interrupted_build_left_are_gone(tmp_path, monkeypatch, words):
    from ownwords.models import shards

    monkeypatch.setattr(shards, "SHARD_TOKENS", 4 * CONTEXT)
    rows = talk(60, seed=2)
    for part in (rows, rows.head(10)):
        _, index = shards.write({"train": [part.select("row_id", "turns")]}, shards.find(str(words)), CONTEXT, tmp_path / "tokens")
    kept = index["splits"][0]["shards"]
    assert {path.name for path in (tmp_path / "tokens").glob("*.npy")} == {*kept, *(name.replace(".npy", ".learn.npy") for name in kept)}


def test_no_rows_make_no_shards(tmp_path, words):
    _, index = packed(talk(3).clear(), tmp_path / "out", words)
    assert [entry["shards"] for entry in index["splits"]] == [[], []]


def test_what_is_no_tokenizer_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="tokenizer"):
        finished(talk(3), tmp_path / "out", Options(tokenizer=str(tmp_path / "empty")))
    with pytest.raises(NotFound):
        finished(talk(3), tmp_path / "out", Options(tokenizer=str(tmp_path / "not here")))
