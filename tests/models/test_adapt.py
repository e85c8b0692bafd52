import warnings

import pytest
import torch
from peft import PeftModel
from tiny_rows import dialogues, posts
from transformers import AutoModelForCausalLM, AutoTokenizer

from ownwords.core.errors import BadInput, NotFound
from ownwords.models import adapt, generate, layout, tokenizer


@pytest.fixture
def base(build):
    return build(posts(300), "base", steps=40)[0]


def test_a_local_base_is_adapted_and_loads_by_itself(build, base):
    out, trained = build(posts(200, "n", skip=400), "adapted", base=str(base))
    assert trained.base is not None
    assert trained.base.name == "base"
    model = AutoModelForCausalLM.from_pretrained(out)
    words = AutoTokenizer.from_pretrained(out)
    before = AutoModelForCausalLM.from_pretrained(base)
    ids = words("the baker", return_tensors="pt")["input_ids"]
    assert not torch.equal(model(ids).logits, before(ids).logits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # between peft and transformers
        alone = PeftModel.from_pretrained(before, out / "adapter")
    assert torch.allclose(alone(ids).logits, model(ids).logits, atol=1e-4)
    assert "".join(generate.generate(out, "the baker", generate.Manner(5, 0)))


def test_adapting_lowers_the_loss_and_is_repeatable(build, base):
    rows = posts(200, "n", skip=400)
    first, second = (build(rows, name, base=str(base), steps=40, learning_rate=1e-2)[1] for name in ("one", "two"))
    assert first.content_hash == second.content_hash
    assert sum(first.losses[-5:]) < sum(first.losses[:5])


def test_the_path_of_the_base_is_written_nowhere(build, base, tmp_path):
    out, _ = build(posts(50), "adapted", base=str(base), steps=2)
    for path in out.rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes(), path.name


def test_a_base_gets_the_dialogue_template_when_rows_answer_each_other(build, base):
    out, _ = build(dialogues(50), "adapted", base=str(base), steps=2)
    assert layout.of(tokenizer.load(out)).prompt == (3,)


def test_a_base_without_template_writes_a_turn_a_line():
    words = tokenizer.train(["a b"], 270, 32, False)
    words.chat_template = None
    vocab = words.get_vocab()
    words.get_vocab = lambda: {name: token for name, token in vocab.items() if name not in (tokenizer.REPLY, tokenizer.MORE)}
    around = layout.of(tokenizer.adopt(words, True))
    assert {around.answer, around.back, around.more, around.prompt} == {tuple(tokenizer.encode(words, ["\n"])[0])}
    assert (around.chat_open, around.chat_end) == ((1,), (2,))


def test_a_template_that_cannot_render_a_dialogue_is_refused():
    words = tokenizer.train(["a b"], 270, 32, False)
    words.chat_template = "{{ raise_exception('no') }}"
    with pytest.raises(BadInput):
        layout.of(words)
    words.chat_template = "nothing of what was said"
    with pytest.raises(BadInput):
        layout.of(words)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"config\.json"):
        adapt.find(str(tmp_path))


def test_neither_a_folder_nor_an_id_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        adapt.find(str(tmp_path / "is" / "not"))


def test_a_hub_id_without_network_is_a_clear_error(monkeypatch):
    def offline(*_args, **_kwargs):
        raise OSError("no network")

    monkeypatch.setattr(adapt, "snapshot_download", offline)
    with pytest.raises(NotFound, match="hub") as caught:
        adapt.find("owner/name")
    assert "--base" in caught.value.next
