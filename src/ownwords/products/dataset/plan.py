"""Which steps make a dataset, with which parameters, for the options somebody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownwords.core import plugins
from ownwords.core.errors import Usage
from ownwords.products.dataset import forms

if TYPE_CHECKING:
    from ownwords.core.step import Param
    from ownwords.products.dataset import Options

    Steps = list[tuple[str, dict[str, Param]]]

#: In dialogues two people may say the same few words; from so many on it is a copy.
_COPIED_WORDS = 5
#: Of one record of about 120 characters, in whatever form; and what there is before the first. Disk: while it is made; it ends as less.
_CPU_US, _MEMORY_BYTES, _DISK_BYTES = 33, 290, 1250
_START_S, _BASE_MB = 1.0, 550
#: Options whose cost hangs on files that nobody has looked at yet.
_UNCOUNTED = ("against", "recogniser", "tokenizer")
_RANGES = {
    "held_out": (0, 0.9),
    "max_turns": (1, 1000),
    "max_context": (0, 100),
    "sample": (0, 1 << 60),
    "seed": (0, 1 << 60),
    "near": (0, 1),
    "context": (2, 1 << 20),
    "per_person": (0, 1 << 60),
    "total": (0, 1 << 60),
    "alpha": (0, 1),
}


def plan(options: Options, n_permitted: int) -> Steps:
    """The steps in their order, each with the parameters that are not its defaults.

    n_permitted   records the gate let through; a sample is a share of them
    """
    seed, is_flat = options.seed, options.form == "flat"
    copies: dict[str, Param] = {"context": not is_flat}
    recogniser = f"{options.recogniser}:{options.recogniser_model}" if options.recogniser_model else options.recogniser
    steps: Steps = []
    if options.sample and options.sample < n_permitted:
        steps.append(("sample", {"share": options.sample / n_permitted, "seed": seed}))
    steps += [("clean", {}), ("pii", {"pseudonyms": options.pseudonyms, "recogniser": recogniser})]
    steps.append(("language", {"keep": options.languages}))
    if options.quality:
        steps.append(("quality", {"short_answers": options.short_answers and not is_flat}))
    steps.append(("exact", {**copies, "min_words": 0 if is_flat else _COPIED_WORDS}))
    if options.near:
        steps.append(("near", {**copies, "similarity": options.near}))
    if options.against:
        steps.append(("decontaminate", {"against": options.against}))
    if options.per_person:
        steps.append(("cap", {**copies, "per_person": options.per_person, "seed": seed}))
    if options.balance:
        steps.append(("balance", {**copies, "by": options.balance, "total": options.total, "alpha": options.alpha, "seed": seed}))
    return [*steps, *_turns(options)]


def expected(options: Options, n_permitted: int) -> dict[str, object]:
    """What a build of so many records takes at most, on Polars, if they have 120 characters: CPU seconds, MB of memory and of disk.

    without   options that were chosen and are not counted in, since what they take hangs on a model, a tokenizer or files
    source    docs/scale.md, and docs/datasets.md for the other forms
    """
    n = min(n_permitted, options.sample or n_permitted)
    return {
        "cpu_s": round(_START_S + n * _CPU_US / 1e6, 1),
        "memory_mb": round(_BASE_MB + n * _MEMORY_BYTES / 1e6),
        "disk_mb": round(n * _DISK_BYTES / 1e6, 1),
        "without": [name for name in _UNCOUNTED if getattr(options, name)],
    }


def check(options: Options) -> None:
    """Nothing, if every option is in its range and no step refuses what it is given; benchmarks are read, but no row is.

    raises   Usage, and what `stages` of the steps raises: NotFound, BadInput, MissingExtra
    """
    _check_ranges(options)
    if options.recogniser:
        refuses = getattr(plugins.load("recogniser", options.recogniser), "check", None)
        if refuses is not None:
            refuses(options.recogniser_model)
    for name, given in plan(options, 0):
        plugins.load("step", name).stages(plugins.step_parameters(name, given))


def _check_ranges(options: Options) -> None:
    for name, (low, high) in _RANGES.items():
        if not low <= getattr(options, name) <= high:
            raise Usage(
                f"dataset: {name} is {getattr(options, name)}, outside {low} to {high}", f"choose --{name.replace('_', '-')} within"
            )
    if options.form not in forms.FORMS:
        raise Usage(f"dataset: form {options.form!r} does not exist", f"choose --form {', '.join(forms.FORMS)}")
    if options.balance and not options.total:
        raise Usage("dataset: --balance deals out a number of posts, and --total does not say how many", "add --total 100000")
    if options.recogniser_model and not options.recogniser:
        raise Usage("dataset: --recogniser-model is for a --recogniser, and none is named", "add --recogniser tagger")
    if options.split_at and options.split != "time":
        raise Usage("dataset: --split-at is a day from which on posts are held out, and --split holds out people", "add --split time")
    if options.total and not options.balance:
        raise Usage("dataset: --total is dealt out among the groups of --balance", "add --balance language, or use --sample")


def _turns(options: Options) -> Steps:
    """Records to the rows of the dataset."""
    sides: dict[str, Param] = {"by": options.split, "held_out": options.held_out, "at": options.split_at, "seed": options.seed}
    if options.form == "preference":
        return [("pairs", {"max_context": options.max_context, **sides})]
    if options.form == "flat":
        return [("threads", {"max_turns": 1, "max_context": 0}), ("split", {**sides, "alone": True})]
    turns: Steps = [("threads", {"max_turns": options.max_turns, "max_context": options.max_context})]
    return [*turns, ("split", {**sides, "prompted": options.form == "prompt_completion"})]
