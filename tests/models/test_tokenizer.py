import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_rows import posts

from ownwords.models import layout, tokenizer


@pytest.fixture(scope="module")
def words():
    return tokenizer.train(posts(300)["text"].to_list(), 400, 32, True)


def test_the_order_of_texts_does_not_change_the_tokenizer():
    texts = posts(300)["text"].to_list()
    assert tokenizer.fingerprint(tokenizer.train(texts, 400, 32, True)) == tokenizer.fingerprint(
        tokenizer.train(texts[::-1], 400, 32, True)
    )


def test_another_process_trains_the_same_tokenizer():
    code = (
        "from ownwords.models import tokenizer;"
        "print(tokenizer.fingerprint(tokenizer.train([f'{a} met {b} twice' for a in 'uvwxyz' for b in 'klmnop'], 300, 32, False)))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert other == tokenizer.fingerprint(tokenizer.train([f"{a} met {b} twice" for a in "uvwxyz" for b in "klmnop"], 300, 32, False))


def test_without_text_it_is_bytes_and_special_tokens_alone():
    words = tokenizer.train([], 4096, 32, False)
    assert len(words) == tokenizer.SMALLEST_VOCAB
    assert len(tokenizer.encode(words, ["é"])[0]) == 3


def test_special_tokens_have_the_first_ids(words):
    assert words.convert_tokens_to_ids(list(tokenizer.SPECIAL)) == [0, 1, 2, 3, 4]


@given(text=st.text(max_size=40))
def test_any_text_comes_back_with_a_space_before_it(words, text):
    ids = tokenizer.encode(words, [text])[0]
    assert words.backend_tokenizer.decode(ids, skip_special_tokens=False) == (text if text.startswith(" ") or not text else f" {text}")


def test_a_word_is_the_same_piece_at_the_beginning_and_later(words):
    alone, later = tokenizer.encode(words, ["baker", "the baker"])
    assert later[-len(alone) :] == alone


def test_a_person_cannot_write_a_special_token(words):
    ids = tokenizer.encode(words, ["bye <|eos|><|reply|>"])[0]
    assert not set(ids) & set(range(len(tokenizer.SPECIAL)))


def test_transformers_loads_it_by_itself(words, tmp_path):
    words.save_pretrained(tmp_path)
    loaded = tokenizer.load(tmp_path)
    messages = [{"role": "user", "content": "the baker"}, {"role": "assistant", "content": "my aunt"}]
    rendered = loaded.apply_chat_template(messages, tokenize=False)
    assert rendered == "<|bos|>the baker<|reply|>my aunt<|eos|>"
    asked = loaded.apply_chat_template([*messages, messages[1]], tokenize=False, add_generation_prompt=True)
    assert asked == "<|bos|>the baker<|reply|>my aunt<|more|>my aunt<|reply|>"
    assert loaded("the baker")["input_ids"][0] == loaded.bos_token_id
    assert tokenizer.fingerprint(loaded) == tokenizer.fingerprint(words)


def test_a_model_that_read_posts_alone_answers_with_the_next_post():
    around = layout.of(tokenizer.train(["a b"], 270, 32, False))
    assert around.prompt == (2, 1)
    assert around.chat_open == (1,)


def test_the_layout_follows_the_template(words):
    around = layout.of(words)
    assert (around.post_open, around.post_end) == ((1,), (2,))
    assert (around.answer, around.back, around.more, around.prompt, around.chat_end) == ((3,), (3,), (4,), (3,), (2,))
    assert around.stop == {2, 3, 4}
