import json
from dataclasses import fields
from datetime import UTC, datetime
from itertools import product as pairs
from types import SimpleNamespace

import polars as pl
import pytest
from pyroaring import BitMap64
from transformers import AutoModelForCausalLM, AutoTokenizer

from ownwords.core import _mint, files
from ownwords.core.errors import Usage
from ownwords.core.manifest import Manifest
from ownwords.core.permit import Permit
from ownwords.core.product import Artifact, Opened
from ownwords.products import model
from ownwords.products.model import curve, make, serve

SCHEMA = {
    "row_id": pl.String,
    "split": pl.String,
    "text": pl.String,
    "turns": pl.List(pl.Struct({"speaker": pl.Int32, "text": pl.String, "learn": pl.Boolean})),
    "record_ids": pl.List(pl.String),
    "origins": pl.List(pl.Int64),
}
TINY = model.Options(steps=8, width=32, layers=1, context=32, vocab=300, threads=1, batch=4)
BIG = 5 << 48  # record numbers are beyond 32 bits


def rows(n, first_no=BIG):
    said = [
        f"{who} {does} {what}" for who, does, what in pairs(("she", "he", "nobody", "it"), ("sees", "sells"), ("bread", "rain", "lamps"))
    ]
    return pl.DataFrame(
        {
            "row_id": [f"r{k:04d}" for k in range(n)],
            "split": ["held_out" if k % 5 == 0 else "train" for k in range(n)],
            "text": [said[k % len(said)] for k in range(n)],
            "turns": [None] * n,
            "record_ids": [[f"x:{k}"] for k in range(n)],
            "origins": [[first_no + k, first_no + k + 1000] for k in range(n)],
        },
        schema=SCHEMA,
    )


def opened(frame):
    permit = Permit("train_ai", datetime(2026, 1, 1, tzinfo=UTC), "opt-in", "ab12", 1, "root", 1, frame.height, frame.height, ())
    parent = SimpleNamespace(name="dataset/v1", manifest=SimpleNamespace(content_hash="cafe"))
    return {"data": Opened(_mint.dataset(frame.lazy(), permit), parent)}


@pytest.fixture
def built(tmp_path):
    def _built(frame, name="out", options=TINY):
        out = tmp_path / name
        out.mkdir()
        return out, make.build(opened(frame), out, options, None)

    return _built


def artifact(out, made):
    manifest = Manifest(
        "model/v1", "model", "train_ai", {}, {}, {}, [], dict(made.metrics), made.content_hash, {}, {}, 0, "0", "2026-01-01T00:00:00Z"
    )
    return Artifact(out, manifest)


def test_a_build_writes_what_transformers_loads_by_itself(built):
    out, made = built(rows(60))
    assert {path.name for path in out.iterdir()} == {
        "README.md",
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "loss.svg",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    model_, words = AutoModelForCausalLM.from_pretrained(out), AutoTokenizer.from_pretrained(out)
    assert model_.generate(**words("she", return_tensors="pt"), max_new_tokens=3, do_sample=False).shape[1] >= 2
    assert made.metrics["n"] == 48
    assert made.metrics["n_held_out"] == 12
    assert made.metrics["parameters"] == sum(weight.numel() for weight in model_.parameters())


def test_origins_are_those_of_every_row_read(built):
    _, made = built(rows(20))
    assert made.origins == BitMap64([*range(BIG, BIG + 20), *range(BIG + 1000, BIG + 1020)])


def test_content_depends_on_words_alone(built):
    expected = built(rows(60))[1].content_hash
    assert built(rows(60).reverse(), "reversed")[1].content_hash == expected
    assert built(rows(60, first_no=7), "renumbered")[1].content_hash == expected
    assert built(rows(59), "fewer")[1].content_hash != expected


def test_what_an_earlier_build_left_is_cleared(tmp_path):
    out = tmp_path / "out"
    (out / "adapter").mkdir(parents=True)
    (out / "adapter" / "old.bin").write_bytes(b"x")
    make.build(opened(rows(20)), out, TINY, None)
    assert not (out / "adapter").exists()


def test_an_interrupted_build_goes_on(built, tmp_path):
    expected = built(rows(60))[1].content_hash
    calls = []

    def stop(point):
        calls.append(point)
        if calls.count("train.step") > 6:
            raise KeyboardInterrupt

    options = model.Options(**{**{name: getattr(TINY, name) for name in TINY.__slots__}, "checkpoint_every": 3})
    files.set_fault_hook(stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            built(rows(60), "stopped", options)
        files.set_fault_hook(calls.append)
        calls.clear()
        made = make.build(opened(rows(60)), tmp_path / "stopped", options, None)
    finally:
        files.set_fault_hook(lambda point: None)
    assert calls.count("train.step") == 2
    assert made.content_hash == expected
    assert not (tmp_path / "stopped" / "checkpoint").exists()


def test_no_rows_build_an_untrained_model(built):
    out, made = built(rows(0))
    assert (made.metrics["n"], made.metrics["loss"], made.metrics["held_out"], len(made.origins)) == (0, None, None, 0)
    assert "not measured" in (out / "README.md").read_text()
    assert list(serve.use(artifact(out, made), model.Generate("she", max_tokens=4), None))[-1]["done"]


def test_card_and_weights_name_neither_people_nor_times(built):
    out, made = built(rows(60))
    card = (out / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: transformers\n")
    for said in ("dataset/v1", "cafe", "train_ai", "opt-in", "ab12", "rows trained on | 48", "small language model", "Not claimed"):
        assert said in card
    assert "x:1" not in card
    header = (out / "model.safetensors").read_bytes()
    meta = json.loads(header[8 : 8 + int.from_bytes(header[:8], "little")])["__metadata__"]
    assert meta == {"format": "pt"}
    assert not any("second" in name or "time" in name for name in made.metrics)


def test_answers_stream_and_end_with_the_whole(built):
    found = artifact(*built(rows(60)))
    events = list(serve.use(found, model.Generate("she", max_tokens=12, seed=3), None))
    assert "".join(event["text"] for event in events[:-1]) == events[-1]["text"]
    assert events[-1] == {**events[-1], "done": True, "seed": 3, "artifact": "model/v1", "n_pieces": len(events) - 1}
    assert events == list(serve.use(found, model.Generate("she", max_tokens=12, seed=3), None))
    assert list(serve.use(found, model.Chat("hi", history=("a", "b"), max_tokens=3), None))[-1]["done"]
    assert list(serve.use(found, model.Chat("hi", history="one turn", max_tokens=3), None))[-1]["done"]


def test_the_summary_tells_the_metrics(built):
    out, made = built(rows(60))
    (event,) = serve.use(artifact(out, made), model.Summary(), None)
    assert event == {"artifact": "model/v1", "purpose": "train_ai", **made.metrics, "done": True}


def test_another_request_is_refused(built):
    with pytest.raises(Usage):
        list(serve.use(artifact(*built(rows(0))), object(), None))


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"width": 33}, {"context": 1}, {"rate": -1.0}, {"threads": 0}])
def test_options_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        model.Options(**wrong)


def test_the_curve_shows_loss_and_baseline():
    drawn = curve.svg([4.0, 3.0, 2.0], 2.5, 3.5)
    assert drawn.count("<polyline") == 1
    assert "bigram baseline" in drawn
    assert "held-out people" in drawn
    assert "step 3" in drawn
    assert curve.svg([], None, None).endswith("</svg>\n")
    assert len(curve.svg([1.0] * 100_000, None, None)) < 10_000


def test_it_declares_what_a_product_must():
    assert model.PURPOSE == "train_ai"
    assert model.SERVES == "aggregate"
    assert model.OPTIONS is model.Options
    assert model.INPUTS["data"].product == "dataset"
    assert set(model.REQUESTS) == {"generate", "chat", "summary"}
    for kind in (model.OPTIONS, *model.REQUESTS.values()):
        assert all(field.metadata["says"] for field in fields(kind))
