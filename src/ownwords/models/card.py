"""The model card: what a model was trained on, how it was tested, and what is not claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_NONE = "not measured: nobody was held out"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the card tells; no words, handles or names of people.

    data       the dataset artifact, `dataset/v1`, and its content hash
    base       name of the base model, empty if trained from scratch
    counts     rows, tokens and the like, by name
    metrics    as in the manifest
    options    as in the manifest
    """

    data: str
    data_hash: str
    purpose: str
    policy: str
    policy_hash: str
    base: str
    counts: Mapping[str, int]
    metrics: Mapping[str, object]
    options: Mapping[str, object]


def write(facts: Facts) -> str:
    """The card as Markdown with the metadata header that Hugging Face reads."""
    return "\n\n".join([_header(facts), _made(facts), _tested(facts.metrics), _limits(facts), _use()]) + "\n"


def _header(facts: Facts) -> str:
    base = f"base_model: {facts.base}\n" if facts.base else ""
    tags = "tags:\n- ownwords\n- consent\n- llama\n" if not facts.base else "tags:\n- ownwords\n- consent\n- lora\n"
    return f"---\nlibrary_name: transformers\npipeline_tag: text-generation\n{base}{tags}---"


def _made(facts: Facts) -> str:
    how = f"LoRA on {facts.base}; the merged weights are here, the adapter alone in `adapter/`" if facts.base else "a decoder from scratch"
    rows = "\n".join(f"| {name.replace('_', ' ')} | {value:,} |" for name, value in facts.counts.items())
    options = ", ".join(f"{name} {value}" for name, value in sorted(facts.options.items()) if name != "base" and value != "")
    return (
        "# A small language model made with ownwords\n\n"
        f"Made from people's words under a recorded permission: {how}.\n\n"
        f"| | |\n|---|---|\n| dataset | {facts.data} |\n| its content hash | `{facts.data_hash}` |\n| purpose | {facts.purpose} |\n"
        f"| policy | {facts.policy} (sha256 `{facts.policy_hash}`) |\n{rows}\n\n"
        f"Options: {options}.\n\n"
        "Which records it came from is in `origins.roaring`, under which permission in `manifest.json`; `ownwords prove` checks both."
    )


def _tested(metrics: Mapping[str, object]) -> str:
    return (
        "## Evaluation\n\n"
        "On people none of whose words were trained on. Nats per token, lower is better; the baseline is a Witten-Bell bigram table "
        "of the same training tokens, scored on the same held-out tokens.\n\n"
        f"| | |\n|---|---|\n| this model | {_number(metrics.get('held_out'), 'nats per token')} |\n"
        f"| bigram baseline | {_number(metrics.get('bigram'), 'nats per token')} |\n"
        f"| bits per byte | {_number(metrics.get('bits_per_byte'), 'bits')} |\n"
        f"| held-out tokens scored | {metrics.get('held_out_tokens', 0):,} |\n"
        f"| training loss at the end | {_number(metrics.get('loss'), 'nats per token')} |"
    )


def _limits(facts: Facts) -> str:
    size = f"{facts.metrics.get('parameters', 0):,} parameters"
    return (
        "## Limits\n\n"
        f"- It is a small model ({size}). It has the tone of what it read and no knowledge to rely on; "
        "what it says may be false or hurtful.\n"
        "- It can repeat what it read often, word for word. It is not anonymous.\n"
        "- Permission is as of the build. If somebody withdraws it, the artifact is marked as owing a rebuild; "
        "copies handed on are not reached.\n"
        "- Not claimed: compliance with any law, absence of bias, fitness for any decision about people."
    )


def _use() -> str:
    return (
        "## Use\n\n```python\nfrom transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        'model = AutoModelForCausalLM.from_pretrained("PATH")\ntokenizer = AutoTokenizer.from_pretrained("PATH")\n'
        'prompt = tokenizer("Good morning", return_tensors="pt")\n'
        "print(tokenizer.decode(model.generate(**prompt, max_new_tokens=40)[0]))\n```"
    )


def _number(value: object, unit: str) -> str:
    return f"{value:.3f} {unit}" if isinstance(value, float) else _NONE
