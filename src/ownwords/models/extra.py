"""Whether the packages that training needs are installed, said in one sentence when they are not."""

from __future__ import annotations

import os

from ownwords.core.errors import MissingExtra


def require(what: str) -> None:
    """Nothing, where torch, transformers, tokenizers, safetensors and peft can be imported.

    what     the work that needs them, as the subject of a sentence: "building a model"
    raises   MissingExtra naming the extra `train`
    """
    # Before torch is loaded: its threads wait awake for microseconds only, then sleep. As GNU OpenMP comes they wait awake for long,
    # and on two cores that others use too a step took 280 to 1,080 ms; so it takes 135 to 175, and 70 instead of 63 on idle cores.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    try:
        import peft  # noqa: F401
        import safetensors  # noqa: F401
        import tokenizers  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtra(what, "train") from error
