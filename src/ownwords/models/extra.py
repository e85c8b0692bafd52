"""Whether the packages that training needs are installed, said in one sentence when they are not."""

from __future__ import annotations

import os

from ownwords.core.errors import MissingExtra


def require(what: str) -> None:
    """Nothing, where torch, transformers, tokenizers, safetensors and peft can be imported.

    what     the work that needs them, as the subject of a sentence: "building a model"
    raises   MissingExtra naming the extra `train`
    """
    # Before torch is loaded: its threads then sleep while they wait. Spinning, two threads on two cores that others use too
    # took twice the time and twice the CPU (measured).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import peft  # noqa: F401
        import safetensors  # noqa: F401
        import tokenizers  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtra(what, "train") from error
