"""A share of the threads, for a quick look before the long work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ownwords.core.step import DROP, Stage
from ownwords.datasets._stable import share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

#: share   of the threads, 0 to 1; whole ones where the source tells which thread a record is of
#: seed    another seed, other threads
PARAMS: Mapping[str, Param] = {"share": 1.0, "seed": 7}


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """RECORDS in and out; a thread's place hangs on its id and the seed alone."""
    thread = pl.coalesce("conversation", "reply_to", "record_id")
    stays = share(thread, int(params["seed"])) < float(params["share"])
    why = pl.when(~stays).then(pl.lit("not in the sample"))
    return (Stage(None, lambda rows: rows.with_columns(why.alias(DROP))),)
