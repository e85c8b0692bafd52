"""No person louder than others: at most so many records of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ownwords.core.step import Reduce, Stage
from ownwords.datasets._ids import id_number
from ownwords.datasets._quotas import drawn, surplus, without

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

#: per_person   records of one person that stay; 0: all
#: seed         another seed, others of their records
PARAMS: Mapping[str, Param] = {"per_person": 0, "seed": 7}


def stages(params: Mapping[str, Param]) -> tuple[Stage | Reduce, ...]:
    """Records in and out. Which of a person's records stay hangs on the ids of those alone: neither the newest nor the longest.

    Records without an author count as one person's.
    """
    most, seed = int(params["per_person"]), int(params["seed"])
    if not most:
        return (Stage(None, lambda rows: rows),)
    return (
        Reduce(
            lambda rows: drawn(rows, id_number("account_id"), seed),
            lambda few: surplus(few.collect(engine="streaming"), lambda counts: np.minimum(counts, most)).lazy(),
            lambda rows, beyond: without(rows, beyond, "more than its author's share"),
            key="group",
        ),
    )
