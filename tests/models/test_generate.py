import os

import pytest
import torch
from tiny_rows import dialogues, posts
from transformers import AutoModelForCausalLM, AutoTokenizer

from ownwords.core.errors import BadInput, Usage
from ownwords.models import generate
from ownwords.models.generate import Manner


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from tiny_rows import plan

    from ownwords.models import pipeline

    out = tmp_path_factory.mktemp("model")
    pipeline.run(posts(800).vstack(dialogues(60)), posts(0), out, plan(steps=150, batch=8, checkpoint_every=1000))
    return out


def _said(pieces):
    return "".join(pieces)


def test_the_same_seed_says_the_same_and_another_something_else(folder):
    said = [_said(generate.generate(folder, "the baker", Manner(20, 1.5, seed=seed))) for seed in (1, 1, 2)]
    assert said[0] == said[1] != said[2]


def test_greedy_words_are_those_of_transformers_own_generate(folder):
    words, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    prompt = words("the baker", return_tensors="pt")
    theirs = model.generate(**prompt, max_new_tokens=12, do_sample=False, pad_token_id=0)[0][prompt["input_ids"].shape[1] :]
    ours = _said(generate.generate(folder, "the baker", Manner(12, 0)))
    assert ours == words.decode(theirs, skip_special_tokens=True)
    assert ours


def test_it_answers_a_dialogue_of_any_length(folder):
    for turns in (["who has 3 lamps"], ["hello", "who has 3 lamps"], ["a", "b", "c"]):
        assert isinstance(_said(generate.chat(folder, turns, Manner(8, 0))), str)


def test_the_tokens_of_a_chat_are_those_of_the_template(folder, monkeypatch):
    seen = []
    monkeypatch.setattr(generate, "_text", lambda loaded, start, manner: seen.append((loaded, start)) or iter(()))
    list(generate.chat(folder, ["hi", "you", "three"], Manner(4)))
    loaded, start = seen[0]
    messages = [{"role": role, "content": text} for role, text in (("user", "hi"), ("assistant", "you"), ("user", "three"))]
    assert start == loaded.tokenizer.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]


def test_pieces_are_whole_characters(folder, monkeypatch):
    loaded = generate.load(folder)
    ids = loaded.tokenizer.backend_tokenizer.encode("a é ☃ 👋", add_special_tokens=False).ids
    monkeypatch.setattr(generate, "_tokens", lambda *_: iter([*ids, ids[-1]]))
    pieces = list(generate._text(loaded, [], Manner()))
    assert "".join(pieces) == " a é ☃ 👋"
    assert "".join(generate._unspaced(iter(pieces))) == "a é ☃ 👋"
    assert list(generate._unspaced(iter([" ", "a", " b"]))) == ["a", " b"]
    assert "\ufffd" not in "".join(pieces)


def test_what_is_longer_than_the_context_is_cut_at_its_beginning(folder):
    assert isinstance(_said(generate.generate(folder, "the baker paints every stone " * 30, Manner(500, 0))), str)


def test_asking_for_more_than_the_context_holds_keeps_the_prompt(folder):
    few, many = (_said(generate.generate(folder, "the baker", Manner(n, 0))) for n in (6, 500))
    assert many.startswith(few)


def test_top_k_one_and_a_tiny_top_p_are_greedy():
    logits = torch.tensor([0.1, 3.0, 2.9, -1.0])
    source = torch.Generator().manual_seed(0)
    assert {generate._pick(logits, Manner(temperature=5, top_k=1, top_p=1), source) for _ in range(20)} == {1}
    assert {generate._pick(logits, Manner(temperature=5, top_p=0.01), source) for _ in range(20)} == {1}
    assert {generate._pick(logits, Manner(temperature=5, top_p=1), source) for _ in range(200)} == {0, 1, 2, 3}


def test_a_model_is_loaded_once_and_again_when_its_file_changed(folder):
    first = generate.load(folder)
    assert generate.load(folder) is first
    os.utime(folder / "model.safetensors")
    second = generate.load(folder)
    assert second is not first
    generate.release(folder)
    assert generate.load(folder) is not second


def test_a_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(BadInput):
        generate.load(tmp_path)


@pytest.mark.parametrize("wrong", [{"max_tokens": 0}, {"temperature": -1}, {"top_p": 0}, {"top_k": -1}])
def test_a_manner_that_cannot_be_is_refused(wrong):
    with pytest.raises(Usage):
        Manner(**wrong)


def test_nothing_to_answer_is_an_error(folder):
    with pytest.raises(Usage):
        generate.chat(folder, [], Manner())
