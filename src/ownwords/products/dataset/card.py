"""The dataset's card: what is in it, for what, under which policy, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ownwords.core import purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ownwords.core.dataset import StepRecord
    from ownwords.core.permit import Permit
    from ownwords.products.dataset import Options

_FORMS = {
    "conversations": "Dialogues: who answered whom. In the JSON lines the last speaker is the assistant, everyone else the user.",
    "flat": "Single posts, each by itself.",
}


def card(options: Options, permit: Permit, steps: Sequence[StepRecord], metrics: Mapping[str, Any]) -> str:
    """Markdown; the same words for the same content, so it holds no time, ledger head or record number."""
    split = metrics["split"]
    lines = [
        "# Dataset card",
        "",
        f"{_FORMS[options.form]} {metrics['dialogues']:,} rows from {metrics['posts']:,} posts of {metrics['people']:,} people.",
        "",
        "| part | rows |",
        "|---|---|",
        *[f"| {name} | {n:,} |" for name, n in split.items()],
        "",
        "## What it may be used for",
        "",
        f"Purpose `{permit.purpose}` ({purpose.find(permit.purpose).says}), permitted by policy `{permit.policy_id}`. Any other use needs",
        "its own permit. The bitmap beside this card holds every record it was made from; a person who withdraws is taken out of",
        "what is served, and copies that were handed on must be deleted when recalled.",
        "",
        "## How it was made",
        "",
        "| step | rows in | rows out | dropped |",
        "|---|---|---|---|",
        *[_step(step) for step in steps],
        "",
        f"{options.held_out:.0%} of the people are held out, chosen by a hash of their account id with seed {options.seed}: none of their",
        "words are in `train`. Names are `[user]`, links `[url]`, code `[code]`; what posts quote from others is `[quote]`.",
        "",
        "## What it is not",
        "",
        "It is pseudonymous, not anonymous: people can be known by what they write. Names and contact data are masked by pattern, and",
        "patterns miss some. Nobody checked the posts for truth, kindness or balance.",
        "",
    ]
    return "\n".join(lines)


def _step(step: StepRecord) -> str:
    dropped = ", ".join(f"{n:,} {reason}" for reason, n in step.dropped)
    return f"| {step.name} | {step.n_in:,} | {step.n_out:,} | {dropped} |"
