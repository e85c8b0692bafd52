"""Groups in the proportions asked for: languages, networks, months, people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ownwords.core.errors import Usage
from ownwords.core.step import Reduce, Stage
from ownwords.datasets._copies import marked
from ownwords.datasets._ids import id_number
from ownwords.datasets._quotas import drawn, shares, surplus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from ownwords.core.step import Param

#: by          language, network, category, month or person
#: per_group   records of each group that stay; 0: any number
#: total       records that stay in all; 0: any number
#: alpha       how `total` is dealt out: a group's part goes with its size to this power: 1 as found, 0 equal parts
#: seed        another seed, other records
#: context     what is too much stays, marked in the column `repeats`, to be shown before what answers it
PARAMS: Mapping[str, Param] = {"by": "language", "per_group": 0, "total": 0, "alpha": 1.0, "seed": 7, "context": False}

_MONTH = pl.col("created_at").dt.year().cast(pl.Int64) * 12 + pl.col("created_at").dt.month().cast(pl.Int64) - 1


def stages(params: Mapping[str, Param]) -> tuple[Stage | Reduce, ...]:
    """Records in and out. What is unknown is a group like others. Which records of a group stay hangs on their ids alone, and
    how many on the number of records that are there: both are what they would be had somebody forgotten never been here.

    What a group is too small to take goes to the others in the same proportion.

    raises   Usage for another `by` or a number below 0
    """
    groups = {"month": _MONTH, "person": id_number("account_id"), **{name: id_number(name) for name in ("language", "network", "category")}}
    per_group, total, alpha, seed = int(params["per_group"]), int(params["total"]), float(params["alpha"]), int(params["seed"])
    as_context = bool(params["context"])
    if params["by"] not in groups:
        raise Usage(f"balance: by {params['by']!r} does not exist", f"choose by={', by='.join(sorted(groups))}")
    if min(per_group, total, alpha) < 0:
        raise Usage("balance: per_group, total and alpha are 0 or more", "choose numbers from 0 up")
    if not per_group and not total:
        return (Stage(None, lambda rows: rows),)
    group = groups[str(params["by"])]
    quotas = _quotas(per_group, total, alpha)
    return (
        Reduce(
            lambda rows: drawn(rows, group, seed),
            lambda few: surplus(few.collect(engine="streaming"), quotas).lazy(),
            lambda rows, beyond: marked(rows, beyond, "more than its group's share", as_context=as_context),
            key=None if total else "group",
        ),
    )


def _quotas(per_group: int, total: int, alpha: float) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
    def quotas(counts: NDArray[np.int64]) -> NDArray[np.int64]:
        held = np.minimum(counts, per_group) if per_group else counts
        return shares(held, total, alpha) if total else held

    return quotas
