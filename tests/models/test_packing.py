import polars as pl
import pytest
import torch
from tiny_rows import SCHEMA, dialogues, posts

from ownwords.models import layout, packing, tokenizer


@pytest.fixture(scope="module")
def words():
    return tokenizer.train(posts(200)["text"].to_list(), 300, 32, True)


def _stream(rows, words, seed=0):
    return packing.tokenise(packing.turns_of(rows), words, layout.of(words), seed)


def _written(words, ids):
    """The text of the tokens, without the space before every turn's first word."""
    return words.backend_tokenizer.decode(list(ids), skip_special_tokens=False).replace("|> ", "|>").removeprefix(" ")


def test_a_post_is_opened_and_ended(words):
    stream = _stream(posts(1), words)
    assert _written(words, stream.ids) == f"<|bos|>{posts(1)['text'][0]}<|eos|>"
    assert stream.learned.tolist() == [False] + [True] * (len(stream.ids) - 1)
    assert stream.n_bytes == len(posts(1)["text"][0])


def test_context_turns_are_masked_and_speakers_marked(words):
    stream = _stream(dialogues(1), words)
    assert _written(words, stream.ids) == "<|bos|>who has 0 lamps<|reply|>the baker has 0<|more|>ask her<|eos|>"
    assert _written(words, stream.ids[stream.learned]) == "the baker has 0<|more|>ask her<|eos|>"
    assert stream.n_bytes == len("the baker has 0ask her")


def test_the_tokens_of_a_dialogue_are_those_of_the_chat_template(words):
    turns = [{"speaker": k % 2, "text": text, "learn": True} for k, text in enumerate(("hi there", "good", "and you", "so so"))]
    rows = pl.DataFrame({"row_id": ["a"], "text": [""], "turns": [turns]}, schema=SCHEMA)
    messages = [{"role": ("user", "assistant")[turn["speaker"]], "content": turn["text"]} for turn in turns]
    assert _stream(rows, words).ids.tolist() == words.apply_chat_template(messages)["input_ids"]


def test_arrival_order_does_not_matter(words):
    rows = pl.concat([posts(50), dialogues(20)])
    there, back = _stream(rows, words), _stream(rows.reverse(), words)
    assert there.ids.tolist() == back.ids.tolist()
    assert there.learned.tolist() == back.learned.tolist()


def test_the_seed_orders_documents_and_loses_none(words):
    one, two = _stream(posts(50), words, 0), _stream(posts(50), words, 1)
    assert one.ids.tolist() != two.ids.tolist()
    assert sorted(one.ids) == sorted(two.ids)


def test_every_learned_token_is_a_target_once(words):
    stream = _stream(pl.concat([posts(30), dialogues(30)]), words)
    inputs, targets = packing.windows(stream, 16, 0)
    assert inputs.shape == targets.shape == (len(inputs), 16)
    assert targets[targets != packing.IGNORED].tolist() == stream.ids[1:][stream.learned[1:]].tolist()
    assert int((targets != packing.IGNORED).sum()) == stream.n_learned


def test_no_rows_give_no_windows(words):
    stream = _stream(posts(0), words)
    inputs, targets = packing.windows(stream, 16, 0)
    assert inputs.shape == targets.shape == (0, 16)
    assert stream.n_rows == stream.n_bytes == stream.n_learned == 0


def test_the_first_part_of_a_stream_keeps_bytes_in_proportion(words):
    stream = _stream(posts(40), words)
    part = stream.first(len(stream.ids) // 2)
    assert len(part.ids) == len(stream.ids) // 2
    assert part.n_bytes / stream.n_bytes == pytest.approx(0.5, abs=0.05)
    assert stream.first(10**9) is stream


def test_a_row_with_null_text_is_an_empty_post(words):
    rows = pl.DataFrame({"row_id": ["a"], "text": [None], "turns": [[]]}, schema=SCHEMA)
    assert _stream(rows, words).ids.tolist() == [1, 2]
    assert torch.equal(packing.windows(_stream(rows, words), 2, 0)[1], torch.tensor([[2, packing.IGNORED]]))


@pytest.mark.parametrize("answer", ["completion", "chosen"])
def test_of_a_prompt_and_its_answer_the_answer_is_learned(words, answer):
    said = [[("user", "who has lamps"), ("assistant", "me"), ("user", "where")], [("user", "")]]
    rows = pl.DataFrame(
        {
            "row_id": ["a", "b"],
            "prompt": [[{"role": role, "content": text} for role, text in messages] for messages in said],
            answer: [[{"role": "assistant", "content": text}] for text in ("ask her", "the baker has 0")],
        }
    )
    stream = packing.in_order(packing.turns_of(rows), words, layout.of(words))
    both = "<|bos|>who has lamps<|reply|>me<|reply|>where<|reply|>ask her<|eos|><|bos|>the baker has 0<|eos|>"
    assert _written(words, stream.ids) == both
    assert _written(words, stream.ids[stream.learned]) == "ask her<|eos|>the baker has 0<|eos|>"
    assert packing.turns_of(rows.clear()).height == 0
