"""The dataset's card: front matter that hubs read, what is in it, for what, under which policy, and how trainers load it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from ownwords.core import purpose
from ownwords.products.dataset.facts import listed

if TYPE_CHECKING:
    from ownwords.core.dataset import StepRecord
    from ownwords.products.dataset.facts import Facts

_FORMS = {
    "flat": "Plain text: column `text`.",
    "conversations": "Dialogues: who answered whom. In `messages` the last speaker is the assistant, everyone else the user; `turns` keeps "
    "who spoke, and which turns are to be learnt.",
    "prompt_completion": "What was said, and what was answered: `prompt` and `completion` as messages, `instruction` and `output` as text. "
    "Of each dialogue the last answer alone is learnt; dialogues in which nobody else's words stand before it are left out.",
    "preference": "Two answers to the same: `prompt`, the `chosen` and the `rejected` answer.",
}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-|$)")
_TASKS = {"flat": ["text-generation"], "conversations": ["text-generation"], "prompt_completion": ["text-generation"], "preference": []}
#: Keys of the loaders' own documentation: LLaMA-Factory data/README.md, axolotl docs on dataset formats, TRL docs on dataset formats.
_AXOLOTL: dict[str, dict[str, object]] = {
    "flat": {"type": "completion", "field": "text"},
    "conversations": {
        "type": "chat_template",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
        "roles_to_train": ["assistant"],
    },
    "prompt_completion": {"type": "alpaca"},
    "preference": {"type": "chat_template.default", "field_messages": "prompt", "field_chosen": "chosen", "field_rejected": "rejected"},
}
_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
_LLAMA_FACTORY: dict[str, dict[str, object]] = {
    "flat": {"columns": {"prompt": "text"}},
    "conversations": {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": _TAGS},
    "prompt_completion": {"formatting": "alpaca", "columns": {"prompt": "instruction", "response": "output"}},
    "preference": {
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {"messages": "prompt", "chosen": "chosen_message", "rejected": "rejected_message"},
        "tags": _TAGS,
    },
}
_TRAINERS = {"flat": "SFTTrainer", "conversations": "SFTTrainer", "prompt_completion": "SFTTrainer", "preference": "DPOTrainer"}


def llama_factory(facts: Facts) -> dict[str, dict[str, object]]:
    """What LLaMA-Factory's `dataset_info.json` says of those files of JSON lines that have rows."""
    return {split: {"file_name": f"{split}.jsonl", **_LLAMA_FACTORY[facts.options.form]} for split in facts.splits}


def axolotl(form: str) -> dict[str, object]:
    """The part of an axolotl configuration that names the dataset, for the folder the dataset lies in."""
    found: dict[str, object] = {"rl": "dpo"} if form == "preference" else {}
    return {**found, "datasets": [{"path": "train.parquet", "ds_type": "parquet", "split": "train", **_AXOLOTL[form]}]}


def card(facts: Facts) -> str:
    """Markdown; the same words for the same content, so it holds no time, ledger head or record number."""
    front = yaml.safe_dump(_front(facts), sort_keys=False, allow_unicode=True).strip()
    return "\n".join(["---", front, "---", "", f"# {facts.title}", "", *_opening(facts), *_made(facts), *_loading(facts), *_limits(facts)])


def _front(facts: Facts) -> dict[str, object]:
    """Front matter of the Hugging Face Hub; a single open licence is named, anything else is `other`."""
    form, licences = facts.options.form, facts.licences
    is_one = len(facts.figures.terms) == 1 and len(licences) == 1
    found: dict[str, object] = {"license": licences[0].lower() if is_one else "other"}
    if not is_one:
        found["license_name"] = "terms-of-its-sources"
    # the Hub takes two or three letters here
    found["language"] = sorted({name.split("-")[0].lower() for name in facts.languages if _LANGUAGE.match(name)})
    n_rows = int(facts.metrics["dialogues"])
    found["size_categories"] = [next((name for most, name in _SIZES if n_rows < most), "n>10M")]
    found["task_categories"] = _TASKS[form]
    found["tags"] = ["ownwords", "provenance", "consent", facts.permit.purpose]
    files = [{"split": split, "path": f"{split}.parquet"} for split in facts.splits]
    # `datasets` caches by the folder's name, which is v1 or v2, and this one
    found["configs"] = [{"config_name": facts.name, "default": True, "data_files": files}] if files else []
    return {name: value for name, value in found.items() if value}


def _opening(facts: Facts) -> list[str]:
    metrics, permit = facts.metrics, facts.permit
    return [
        f"{_FORMS[facts.options.form]} {metrics['dialogues']:,} rows from {metrics['posts']:,} posts of {metrics['people']:,} people.",
        "",
        *_alone(facts),
        "| part | rows |",
        "|---|---|",
        *[f"| {name} | {n:,} |" for name, n in metrics["split"].items()],
        "",
        "| language | rows |",
        "|---|---|",
        *[f"| {name} | {n:,} |" for name, n in listed(facts.figures.language)],
        "",
        "| terms of the source | rows |",
        "|---|---|",
        *[f"| {name} | {n:,} |" for name, n in listed(facts.figures.terms)],
        "",
        "## What it may be used for",
        "",
        f"Purpose `{permit.purpose}` ({purpose.find(permit.purpose).says}), permitted by policy `{permit.policy_id}`. Any other use needs",
        "its own permit. Every row names its records; the bitmap beside this card holds the numbers of all of them. A person who",
        "withdraws is taken out of what is served, and copies that were handed on must be deleted when recalled.",
        "",
    ]


def _alone(facts: Facts) -> list[str]:
    """What trainers should know of dialogues of one turn: nobody has spoken before the assistant."""
    n_alone = facts.figures.turns[1]
    if facts.options.form != "conversations" or not n_alone:
        return []
    return [f"{n_alone:,} of these rows are one post alone, which answers nobody here: their user message is empty.", ""]


def _made(facts: Facts) -> list[str]:
    return [
        "## How it was made",
        "",
        "| step | in | out | dropped |",
        "|---|---|---|---|",
        *[_step(step) for step in facts.steps],
        "",
        *marked(facts),
        f"Held out: {facts.held_out}. {_came_to(facts)}",
        "Names of accounts are `[user]`, links `[url]`, code `[code]`; what posts quote from others is `[quote]`. A turn that",
        "may not be used, or is not held, is `[withheld]`: nothing of it is here but its place.",
        "",
    ]


def marked(facts: Facts) -> list[str]:
    """Of dialogues: why copies go into a step and come out of it; else nothing."""
    names = [step.name for step in facts.steps]
    marking = [step.name for step in facts.steps if dict(step.params).get("context")]
    if not marking:
        return []
    told = "are dropped in threads, or shown there without being learnt"
    if "pairs" in names:
        told = "are neither answer of a pair, but may be shown before one"
    return [f"In dialogues the steps {' and '.join(marking)} only mark posts: those that are marked {told}.", ""]


def _came_to(facts: Facts) -> str:
    """Who and what is held out, counted."""
    n_rows, n_held, figures = facts.metrics["dialogues"], facts.metrics["split"]["held_out"], facts.figures
    people = f"{figures.n_people_held:,} of {facts.metrics['people']:,} people and " if facts.is_by_person else ""
    return f"That came to {people}{n_held:,} of {n_rows:,} rows ({n_held / max(n_rows, 1):.1%})."


def _step(step: StepRecord) -> str:
    dropped = ", ".join(f"{n:,} {reason}" for reason, n in step.dropped)
    return f"| {step.name} | {step.n_in:,} | {step.n_out:,} | {dropped} |"


def _loading(facts: Facts) -> list[str]:
    form = facts.options.form
    snippet = yaml.safe_dump(axolotl(form), sort_keys=False).strip()
    tokens = facts.tokens
    lines = [
        "## How to load it",
        "",
        "`train.parquet` and `held_out.parquet` have the same columns as `train.jsonl` and `held_out.jsonl`, and `origins` besides. All",
        "rows are sorted by `row_id`, the id of the first record that is learnt in them.",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        'rows = load_dataset("THIS_FOLDER", split="train")',
        "```",
        "",
        f"TRL's `{_TRAINERS[form]}` takes these rows as they are. LLaMA-Factory: `dataset_dir: THIS_FOLDER`, `dataset: train`; its",
        "`dataset_info.json` is here. axolotl, run in this folder:",
        "",
        "```yaml",
        snippet,
        "```",
        "",
    ]
    if tokens:
        lines += [
            f"`tokens/` holds {tokens['n_tokens']:,} tokens in windows of {tokens['context']:,}, by the tokenizer that `tokens/index.json`",
            "names; `numpy.load(path, mmap_mode='r')` reads a shard, and `.learn.npy` beside it says which tokens are to be learnt.",
            "",
        ]
    return lines


def _limits(facts: Facts) -> list[str]:
    busiest = facts.figures.share_of_busiest(0.01)
    return [
        "## What it is not",
        "",
        f"It is pseudonymous, not anonymous: people can be known by what they write. {facts.masked}",
        "Nobody checked the posts for truth, kindness or balance.",
        f"The busiest hundredth of its people wrote {busiest:.0%} of the turns.",
        "",
        "`report.html` shows where posts were lost and what is in it, `training_content.md` is a draft of the public summary that the EU's",
        "AI Act asks of providers, `croissant.json` describes the files for machines.",
        "",
    ]
