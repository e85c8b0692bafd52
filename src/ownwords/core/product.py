"""What a product is: it makes an artifact from permitted inputs, and answers requests from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    from pyroaring import BitMap64

    from ownwords.core.dataset import Dataset, StepRecord
    from ownwords.core.manifest import Manifest

#: One event of an answer, ready for JSON.
Event = dict[str, object]


@dataclass(frozen=True, slots=True)
class Input:
    """What a product needs under a name.

    product   the product whose artifact it is; None = rows straight from the gate
    where     options the artifact must have been built with
    """

    product: str | None = None
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """Something that was made, opened for use."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """`NAME/vN`."""
        return self.manifest.artifact


@dataclass(frozen=True, slots=True)
class Opened:
    """One input, opened by the verb: a Dataset for every one; `artifact` too where it came from one."""

    dataset: Dataset
    artifact: Artifact | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """What a product's `build` hands back; the verb writes the manifest from it."""

    content_hash: str
    origins: BitMap64
    steps: tuple[StepRecord, ...] = ()
    metrics: Mapping[str, object] = field(default_factory=dict)
    resources: Mapping[str, dict[str, str]] = field(default_factory=dict)


class Context(Protocol):
    """What the verb `use` lends a product while it answers."""

    def rows(self, record_nos: Iterable[int]) -> pl.DataFrame:
        """The RECORDS rows of these numbers that are permitted now."""

    def allowed(self, record_nos: pl.Series) -> pl.Series:
        """bool[len]: which of these numbers are permitted now."""

    def settled(self) -> bool:
        """Whether nothing was decided since the last `allowed`; looks at most five times a second."""

    def numbers(self, account: str) -> pl.Series:
        """int64: the numbers of all records held of an account, permitted or not."""

    def account(self, person: str) -> str:
        """The account id behind `network:id` or `network:@handle`."""


class Product(Protocol):
    """A package in `products/`: light declarations in `__init__`, work in `make` and `serve`."""

    PURPOSE: str
    #: "rows": answers are people's rows, gated one by one; "aggregate": weights or counts, owed as a whole.
    SERVES: str
    INPUTS: Mapping[str, Input]
    OPTIONS: type
    REQUESTS: Mapping[str, type]


class Maker(Protocol):
    """The module `make` of a product."""

    def build(self, inputs: Mapping[str, Opened], out: Path, options: object, previous: Artifact | None, engine: str = "polars") -> Built:
        """Write the artifact's files into `out` (empty, or holding what an interrupted build left there).

        engine   what carries out its steps (`engine.run`); Usage where it has none that another could carry out
        """


class Server(Protocol):
    """The module `serve` of a product."""

    def use(self, artifact: Artifact, request: object, ctx: Context) -> Iterator[Event]:
        """Answer one request, event by event."""
