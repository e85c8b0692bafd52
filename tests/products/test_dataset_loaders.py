"""The loaders people train with take a dataset's files as they are: datasets and TRL themselves, two others by what they document."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import polars as pl
import pytest
import yaml
from made_datasets import finished, some

from dialogue_rows import talk
from ownwords.products.dataset import Options, forms

MESSAGES = [form for form in forms.FORMS if form != "flat"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """The `datasets` library, with its cache in a folder of this test and no way out to the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hub")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            datasets = pytest.importorskip("datasets", reason="the library 'datasets' is not installed")
        datasets.disable_progress_bars()
        yield datasets


@pytest.fixture(scope="module")
def trl(hub):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("trl.data_utils", reason="TRL is not installed")


@pytest.mark.parametrize("form", forms.FORMS)
def test_load_dataset_takes_the_folder(tmp_path, hub, form):
    folder = some(tmp_path / "out", form)
    loaded = hub.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == set(forms.SPLITS)
    for split in forms.SPLITS:
        assert list(loaded[split]) == pl.read_parquet(folder / f"{split}.parquet").to_dicts()


def test_load_dataset_tells_datasets_apart_whose_folders_have_one_name(tmp_path, hub):
    """Every dataset's folder is v1 or v2, and the library's cache goes by the folder's name and the configuration's."""
    for n in (3, 5):
        folder = some(tmp_path / str(n) / "v1", "flat", n)
        loaded = hub.load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
        assert list(loaded) == pl.read_parquet(folder / "train.parquet").to_dicts()
        assert loaded.config_name.startswith("flat-")


@pytest.mark.parametrize("form", forms.FORMS)
@pytest.mark.parametrize("empty", forms.SPLITS)
def test_load_dataset_takes_a_dataset_of_which_one_part_is_empty(tmp_path, hub, form, empty):
    (full,) = {*forms.SPLITS} - {empty}
    folder = tmp_path / "out"
    finished(talk(9).with_columns(pl.lit(full).alias("split")), folder, Options(form=form))
    loaded = hub.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {split: rows.num_rows for split, rows in loaded.items()} == {full: 9}
    assert set(json.loads((folder / "dataset_info.json").read_text())) == {full}
    assert pl.read_parquet(folder / f"{empty}.parquet").height == 0


@pytest.mark.parametrize("form", forms.FORMS)
def test_load_dataset_takes_the_json_lines(tmp_path, hub, form):
    folder = some(tmp_path / "out", form)
    files = {split: str(folder / f"{split}.jsonl") for split in forms.SPLITS}
    loaded = hub.load_dataset("json", data_files=files, cache_dir=str(tmp_path / "cache"))
    for split in forms.SPLITS:
        assert list(loaded[split]) == pl.read_parquet(folder / f"{split}.parquet").drop("origins").to_dicts()


def test_trl_knows_each_form_for_what_it_is(tmp_path, trl):
    for form in forms.FORMS:
        (row, *_) = pl.read_parquet(some(tmp_path / form, form) / "train.parquet").to_dicts()
        assert trl.is_conversational(row) == (form != "flat"), form


@pytest.mark.parametrize("form", MESSAGES)
def test_trl_writes_each_row_by_a_chat_template_that_wants_the_user_first(tmp_path, trl, form):
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    words = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0}, "a")))
    words.chat_template = (
        "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles') }}{% endif %}"
        "<{{ m['role'] }}>{{ m['content'] }}</{{ m['role'] }}>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    for row in pl.read_parquet(some(tmp_path / "out", form) / "train.parquet").to_dicts():
        told = trl.maybe_apply_chat_template(row, words)
        if form == "conversations":
            assert told["text"].endswith(f"<assistant>{row['messages'][-1]['content']}</assistant>")
            continue
        answer = "completion" if form == "prompt_completion" else "chosen"
        assert told["prompt"].endswith("<assistant>")
        assert told[answer] == f"{row[answer][0]['content']}</assistant>"


# --- LLaMA-Factory: data/README.md and src/llamafactory/data/{parser,converter}.py of hiyouga/LLaMA-Factory ---------------------------

LLAMA_FACTORY = {"file_name", "formatting", "ranking", "columns", "tags"}
LLAMA_FACTORY_COLUMNS = {"prompt", "query", "response", "history", "messages", "system", "tools", "chosen", "rejected", "kto_tag"}
LLAMA_FACTORY_TAGS = {"role_tag", "content_tag", "user_tag", "assistant_tag", "observation_tag", "function_tag", "system_tag"}


@pytest.mark.parametrize("form", forms.FORMS)
def test_dataset_info_says_what_llama_factory_needs(tmp_path, form):
    folder = some(tmp_path / "out", form)
    told = json.loads((folder / "dataset_info.json").read_text())
    assert set(told) == set(forms.SPLITS)
    for split, entry in told.items():
        assert set(entry) <= LLAMA_FACTORY
        assert set(entry["columns"]) <= LLAMA_FACTORY_COLUMNS
        assert set(entry.get("tags", ())) <= LLAMA_FACTORY_TAGS
        rows = [json.loads(line) for line in (folder / entry["file_name"]).read_text().splitlines()]
        assert len(rows) == pl.read_parquet(folder / f"{split}.parquet").height > 0
        assert all(set(entry["columns"].values()) <= set(row) for row in rows)
        for row in rows:
            _is_taken(entry, row)


def _is_taken(entry: dict, row: dict) -> None:
    """What the converter demands of a row; others it skips with a warning."""
    columns = {name: row[column] for name, column in entry["columns"].items()}
    if entry.get("formatting", "alpaca") == "alpaca":
        assert all(isinstance(value, str) for value in columns.values())
        return
    tags = entry["tags"]
    roles = [message[tags["role_tag"]] for message in columns["messages"]]
    assert roles == [tags["user_tag"], tags["assistant_tag"]] * (len(roles) // 2) + [tags["user_tag"]] * (len(roles) % 2)
    assert all(isinstance(message[tags["content_tag"]], str) for message in columns["messages"])
    assert len(roles) % 2 == bool(entry.get("ranking"))
    if entry.get("ranking"):
        assert all(columns[name][tags["role_tag"]] == tags["assistant_tag"] for name in ("chosen", "rejected"))


# --- axolotl: docs/dataset-formats and src/axolotl/prompt_strategies of axolotl-ai-cloud/axolotl -------------------------------------

AXOLOTL = {"path", "ds_type", "split", "type", "field", "field_messages", "message_property_mappings", "roles_to_train"}
AXOLOTL |= {"field_chosen", "field_rejected"}


@pytest.mark.parametrize("form", forms.FORMS)
def test_the_card_says_what_axolotl_needs(tmp_path, form):
    folder = some(tmp_path / "out", form)
    told = yaml.safe_load((folder / "README.md").read_text().split("```yaml\n")[1].split("```")[0])
    (entry,) = told["datasets"]
    assert set(told) == ({"datasets", "rl"} if form == "preference" else {"datasets"})
    assert set(entry) <= AXOLOTL
    rows = pl.read_parquet(folder / entry["path"])
    assert {value for key, value in entry.items() if key.startswith("field")} <= set(rows.columns)
    if entry["type"] == "alpaca":
        assert {"instruction", "output"} <= set(rows.columns)
    if "field_messages" in entry:
        assert all(set(message) == {"role", "content"} for message in rows[entry["field_messages"]][0])


def test_the_card_has_front_matter_of_the_hub(tmp_path):
    folder = some(tmp_path / "out", "flat")
    front = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    assert front["license"] == "other"
    assert front["language"] == ["en", "id"]
    assert front["size_categories"] == ["n<1K"]
    assert [Path(file["path"]).name for file in front["configs"][0]["data_files"]] == ["train.parquet", "held_out.parquet"]
