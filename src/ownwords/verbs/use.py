"""`use`: an artifact answers; the gate is asked again first."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

    from ownwords.core.product import Artifact
    from ownwords.verbs._house import House

_PAUSE_S = 0.2


def use(workspace: str | Path, artifact: str, request: str, **fields: object) -> Iterator[dict[str, object]]:
    """Ask an artifact something; answers come event by event.

    artifact  NAME, NAME/vN or a path
    request   one of its product's requests: rows, summary; generate, chat
    fields    the request's own, e.g. prompt=, limit=
    """
    from ownwords.core import plugins
    from ownwords.core.errors import NotFound
    from ownwords.verbs import _artifacts
    from ownwords.verbs._house import House
    from ownwords.verbs._options import fill

    house = House.open(workspace)
    found = _artifacts.find(house, artifact)
    product = found.manifest.product
    declared = plugins.load("product", product)
    if request not in declared.REQUESTS:
        raise NotFound.among(f"request to {product}", request, declared.REQUESTS)
    asked = fill(declared.REQUESTS[request], fields, f"use {artifact} {request}")
    n_owed = _artifacts.refuse_if_owing(house, found) if declared.SERVES == "aggregate" else 0
    house.ledger.append("use", {"artifact": found.name, "request": request})
    answers = plugins.load_part("product", product, "serve").use(found, asked, _Context(house, found.manifest.purpose))
    return _answers(house, found, answers, n_owed, declared.SERVES)


def _answers(house: House, found: Artifact, answers: Iterator[dict[str, object]], n_owed: int, serves: str) -> Iterator[dict[str, object]]:
    """The events of an answer; a withdrawal in its middle stops what serves aggregates."""
    from ownwords.store import locks
    from ownwords.verbs import _artifacts

    if n_owed:
        yield {"owing": n_owed, "purpose": found.manifest.purpose}
    watch = _Watch(house)
    with locks.reading(house.workspace.leases):
        for event in answers:
            if serves == "aggregate" and not watch.settled():
                _artifacts.refuse_if_owing(house, found)
            yield event


class _Watch:
    """Notices that the ledger grew, looking at most five times a second."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._looked_at = time.monotonic()
        self._head = house.ledger.head().seq

    def reset(self) -> None:
        """From here on."""
        self._head = self._house.ledger.head().seq

    def settled(self) -> bool:
        """Whether nothing was added since the last reset or the last False."""
        if time.monotonic() - self._looked_at < _PAUSE_S:
            return True
        self._looked_at = time.monotonic()
        before, self._head = self._head, self._house.ledger.head().seq
        return before == self._head


class _Context:
    """What a product may ask for while it answers; every row goes through the gate now."""

    def __init__(self, house: House, purpose: str) -> None:
        self._house = house
        self._purpose = purpose
        self._watch = _Watch(house)

    def rows(self, record_nos: Iterable[int]) -> pl.DataFrame:
        """RECORDS rows of these numbers that are permitted now."""
        import polars as pl

        decided = self._house.decided_few(pl.Series(record_nos, dtype=pl.Int64), self._purpose)
        return decided.filter(pl.col("allowed")).drop("allowed", "rule", "clause").collect()

    def allowed(self, record_nos: pl.Series) -> pl.Series:
        """bool[len]: which of these numbers are permitted now."""
        from ownwords.verbs import _artifacts

        self._watch.reset()
        return _artifacts.allowed_now(self._house, record_nos, self._purpose)

    def settled(self) -> bool:
        """Whether nothing was decided since the last `allowed`."""
        return self._watch.settled()

    def numbers(self, account: str) -> pl.Series:
        """int64: the numbers of all records held of an account, permitted or not."""
        return self._house.store().numbers_of([account])

    def account(self, person: str) -> str:
        """The account id behind `network:id` or `network:@handle`."""
        return self._house.account(person)
