"""No person louder than others: at most so many records of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ownwords.core.step import Reduce, Stage
from ownwords.datasets._copies import marked
from ownwords.datasets._ids import id_number
from ownwords.datasets._quotas import drawn, surplus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

#: per_person   records of one person that stay; 0: all
#: seed         another seed, others of their records
#: context      what is too much stays, marked in the column `repeats`, to be shown before what answers it
PARAMS: Mapping[str, Param] = {"per_person": 0, "seed": 7, "context": False}


def stages(params: Mapping[str, Param]) -> tuple[Stage | Reduce, ...]:
    """Records in and out. Which of a person's records stay hangs on the ids of those alone: neither the newest nor the longest.

    Records without an author count as one person's.
    """
    most, seed, as_context = int(params["per_person"]), int(params["seed"]), bool(params["context"])
    if not most:
        return (Stage(None, lambda rows: rows),)
    return (
        Reduce(
            lambda rows: drawn(rows, id_number("account_id"), seed),
            lambda few: surplus(few.collect(engine="streaming"), lambda counts: np.minimum(counts, most)).lazy(),
            lambda rows, beyond: marked(rows, beyond, "more than its author's share", as_context=as_context),
            key="group",
        ),
    )
