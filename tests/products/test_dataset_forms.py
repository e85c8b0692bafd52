"""The forms of a dataset's rows: what each column says."""

from __future__ import annotations

import polars as pl
import pytest

from dialogue_rows import dialogue, table
from ownwords.products.dataset import forms


def test_messages_alternate_begin_with_the_user_and_end_with_the_assistant():
    said = table([dialogue(("a", "one"), ("b", "two"), ("b", "three"), ("c", "four"), ("a", "five"))])
    (row,) = forms.shaped(said, "conversations")["messages"].to_list()
    assert row == [
        {"role": "user", "content": ""},
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "two\nthree\nfour"},
        {"role": "assistant", "content": "five"},
    ]
    (plain,) = forms.shaped(table([dialogue(("a", "one"), ("b", "two"))]), "conversations")["messages"].to_list()
    assert plain == [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]


@pytest.mark.parametrize("form", forms.FORMS)
def test_every_form_has_its_columns_whatever_comes_in(form):
    rows = table([dialogue(("a", "one"), ("b", "two")), dialogue(("a", "alone"))], rejected="no")
    for some in (rows, rows.clear(), rows.head(1)):
        made = forms.shaped(some, form)
        assert dict(made.schema) == forms.columns(form)
        assert made.height == some.height
        assert made["row_id"].to_list() == some["row_id"].to_list()


def test_a_prompt_and_its_completion_are_the_messages():
    rows = table([dialogue(("a", "one"), ("b", "two"), ("a", "three")), dialogue(("a", "alone"))])
    whole = forms.shaped(rows, "conversations")["messages"].to_list()
    parts = forms.shaped(rows, "prompt_completion").select("prompt", "completion").rows()
    assert [prompt + completion for prompt, completion in parts] == whole
    assert all(completion[0]["role"] == "assistant" for _, completion in parts)
    assert parts[1] == ([{"role": "user", "content": ""}], [{"role": "assistant", "content": "alone"}])


def test_a_preference_names_the_rejected_record_last():
    (row,) = forms.shaped(table([dialogue(("a", "one"), ("b", "two"))], rejected="no"), "preference").to_dicts()
    assert (row["prompt"], row["chosen"]) == ([{"role": "user", "content": "one"}], [{"role": "assistant", "content": "two"}])
    assert row["rejected"] == [row["rejected_message"]] == [{"role": "assistant", "content": "no"}]
    assert row["chosen"] == [row["chosen_message"]]
    assert row["record_ids"][-1] == "test:rejected"
    assert len(row["record_ids"]) == 3


def test_a_withheld_turn_is_the_users_and_has_no_record():
    rows = table([dialogue((None, "[withheld]"), ("a", "words"))])
    (row,) = forms.shaped(rows, "conversations").to_dicts()
    assert row["messages"][0] == {"role": "user", "content": "[withheld]"}
    assert row["record_ids"][0] is None
    assert len(row["origins"]) == 1


def test_what_is_unknown_is_said_so_that_readers_can_tell_its_type():
    rows = table([dialogue(("a", "one"))]).with_columns(pl.lit(None, pl.String).alias(name) for name in ("language", "network", "terms"))
    (row,) = forms.shaped(rows, "flat").to_dicts()
    assert (row["language"], row["network"], row["terms"]) == ("und", "unknown", "unknown")
