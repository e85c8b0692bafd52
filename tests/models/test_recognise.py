"""The tagger: a token-classification model from a folder says where persons and places stand, in characters of the text."""

from __future__ import annotations

import polars as pl
import pytest

from ownwords.core.errors import BadInput, Usage

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from ownwords.models.recognisers import tagger  # noqa: E402

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "anna", "maria", "bandung", "acme", "met", "in", "ba", "##ndo", "é", "👍"]
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-MISC"]
TAGS = {"anna": "B-PER", "maria": "I-PER", "bandung": "B-LOC", "ba": "B-LOC", "##ndo": "B-LOC", "acme": "B-MISC"}


def made(folder, labels: list[str], length: int = 16):
    """A tiny random BERT whose last layer was set so that each word has the label that TAGS says."""
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    tokenizer = transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=length)
    size = 32
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=size, num_hidden_layers=0, num_attention_heads=2, intermediate_size=8,
        max_position_embeddings=length, id2label=dict(enumerate(labels)), label2id={label: k for k, label in enumerate(labels)},
    )  # fmt: skip
    torch.manual_seed(7)
    model = transformers.BertForTokenClassification(config).eval()
    with torch.no_grad():
        words = model.bert.embeddings.word_embeddings.weight
        words.copy_(torch.nn.functional.normalize(torch.randn(len(WORDS), size), dim=1) * 100)
        model.bert.embeddings.position_embeddings.weight.zero_()
        model.bert.embeddings.token_type_embeddings.weight.zero_()
        seen = model.bert.embeddings.LayerNorm(words)  # what the last layer gets of each word
        wanted = torch.zeros(len(WORDS), len(labels))
        for k, word in enumerate(WORDS):
            tag = TAGS.get(word, "O")
            wanted[k, labels.index(tag) if tag in labels else 0] = 1
        model.classifier.weight.copy_(torch.linalg.lstsq(seen, wanted).solution.T)
        model.classifier.bias.zero_()
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return made(tmp_path_factory.mktemp("tagger"), LABELS)


def named(model: str, texts: list[str]) -> list[list[tuple[str, str]]]:
    found = tagger.find(pl.Series(texts, dtype=pl.String), model)
    assert found.columns == ["row", "start", "end", "kind"]
    said = [[] for _ in texts]
    for row, start, end, kind in found.iter_rows():
        said[row].append((texts[row][start:end], kind))
    return said


def test_names_are_told_whole_with_their_places(model):
    texts = ["Anna Maria met in Bandung", "in", "é 👍 anna anna", "met in bando"]
    assert named(model, texts) == [
        [("Anna Maria", "person"), ("Bandung", "place")],
        [],
        [("anna", "person"), ("anna", "person")],
        [("bando", "place")],
    ]


def test_a_long_text_is_read_to_its_end(model):
    text = "met in " * 40 + "anna maria met"
    assert named(model, [text, "bandung"]) == [[("anna maria", "person")], [("bandung", "place")]]


def test_many_texts_and_none(model):
    assert named(model, ["met anna"] * 70) == [[("anna", "person")]] * 70
    assert tagger.find(pl.Series([], dtype=pl.String), model).height == 0


def test_what_cannot_recognise_is_refused(tmp_path, model):
    with pytest.raises(Usage):
        tagger.find(pl.Series(["anna"]), "")
    with pytest.raises(BadInput):
        tagger.find(pl.Series(["anna"]), str(tmp_path))
    with pytest.raises(BadInput):
        tagger.find(pl.Series(["anna"]), made(tmp_path, ["O", "B-MISC"]))


def test_of_a_model_from_a_hub_the_revision_is_told_that_is_here(tmp_path, monkeypatch):
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    there = tmp_path / "models--owner--small"
    (there / "refs").mkdir(parents=True)
    (there / "refs" / "main").write_text("abc123")
    (there / "snapshots" / "abc123").mkdir(parents=True)
    (there / "snapshots" / "abc123" / "config.json").write_text("{}")
    assert tagger.revision("owner/small") == "abc123"
    assert tagger.revision("owner/other") == ""
