"""Training data from permitted words: dialogues, single posts or answers, as Parquet and JSON lines, with what tells about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ownwords.core.product import Input

PURPOSE = "train_ai"
SERVES = "rows"
INPUTS = {"rows": Input()}


@dataclass(frozen=True, slots=True)
class Options:
    """How the dataset is made."""

    form: str = field(
        default="conversations",
        metadata={
            "says": "conversations: who answered whom; flat: every post by itself; prompt_completion: what was said, and the answer; "
            "preference: two answers to the same, one liked more",
            "choices": ("conversations", "flat", "prompt_completion", "preference"),
        },
    )
    sample: int = field(default=0, metadata={"says": "a quick look: about so many posts, in whole threads; 0: all"})
    languages: str = field(default="", metadata={"says": "only these, parted by commas: en,id; empty: all"})
    quality: bool = field(default=True, metadata={"says": "leave out what holds no words, the same words again and again, heaps of tags"})
    short_answers: bool = field(default=True, metadata={"says": "answers of one word or emoji are worth learning; not for flat"})
    near: float = field(default=0.6, metadata={"says": "share of words in common from which the later of two posts goes; 0: keep both"})
    against: str = field(
        default="", metadata={"says": "benchmark files or a folder of them: posts that hold a piece of one go", "resource": "benchmarks"}
    )
    per_person: int = field(default=0, metadata={"says": "at most so many posts of one person; 0: all"})
    balance: str = field(
        default="",
        metadata={
            "says": "deal out --total among the groups of this",
            "choices": ("", "language", "network", "category", "month", "person"),
        },
    )
    total: int = field(default=0, metadata={"says": "posts that --balance keeps in all"})
    alpha: float = field(default=1.0, metadata={"says": "how --balance deals: 1 as found, 0 equal parts for all groups"})
    pseudonyms: bool = field(default=False, metadata={"says": "number what is taken out: [phone_7] wherever it is the same number"})
    recogniser: str = field(
        default="",
        metadata={
            "says": "a plug-in that finds names of people and places, such as tagger; --dry-run does not count what it takes; empty: none"
        },
    )
    recogniser_model: str = field(default="", metadata={"says": "folder or hub id of what it works with", "resource": "copy"})
    max_turns: int = field(default=8, metadata={"says": "turns to learn in one dialogue; conversations only"})
    max_context: int = field(default=2, metadata={"says": "earlier turns shown before them; not for flat"})
    split: str = field(
        default="person",
        metadata={"says": "who is held out to test: some people, or whatever was written last", "choices": ("person", "time")},
    )
    held_out: float = field(default=0.1, metadata={"says": "share of people, or of posts, kept apart for testing, 0 to 0.9"})
    split_at: str = field(default="", metadata={"says": "with --split time: hold out what was written from this day on, 2026-01-31"})
    seed: int = field(default=7, metadata={"says": "another seed holds out other people, and samples others"})
    dropped: bool = field(default=False, metadata={"says": "write which records went, at which step and why: dropped/records.parquet"})
    tokenizer: str = field(
        default="",
        metadata={
            "says": "folder or hub id of a tokenizer: write packed tokens too, which --dry-run does not count; empty: none",
            "resource": "copy",
        },
    )
    context: int = field(default=2048, metadata={"says": "tokens a window of these"})


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that are permitted now."""

    limit: int = field(default=0, metadata={"says": "at most so many rows; 0: all"})
    of: str = field(default="", metadata={"says": "only rows with words of this person: network:id or network:@handle"})
    split: str = field(default="", metadata={"says": "train or held_out; empty: both", "choices": ("", "train", "held_out")})

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError(f"limit is {self.limit}; it must be 0 or more")


@dataclass(frozen=True, slots=True)
class Sample:
    """A few rows from all over the dataset, permitted now."""

    n: int = field(default=5, metadata={"says": "how many rows"})
    seed: int = field(default=7, metadata={"says": "another seed, other rows"})

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ValueError(f"n is {self.n}; it must be 0 or more")


@dataclass(frozen=True, slots=True)
class Summary:
    """What is in it, and how much of that is permitted now."""


def outlook(options: Options, n_permitted: int) -> dict[str, object]:
    """For a dry run: the steps, and about what they will take here; see `plan.expected`."""
    from ownwords.products.dataset import plan

    plan.check(options)
    steps = [{"step": name, "parameters": params} for name, params in plan.plan(options, n_permitted)]
    return {"steps": steps, "expected": plan.expected(options, n_permitted)}


OPTIONS = Options
REQUESTS = {"rows": Rows, "sample": Sample, "summary": Summary}
