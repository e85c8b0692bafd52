"""Whatever goes wrong becomes one clear line: what, to which, why, what next."""

from __future__ import annotations

import re

from ownwords.core.errors import Disk, Fault, MissingExtra, OwnwordsError, from_os_error

_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_EXTRA = {
    "torch": "train",
    "transformers": "train",
    "tokenizers": "train",
    "safetensors": "train",
    "peft": "train",
    "fastapi": "serve",
    "uvicorn": "serve",
}


def as_ours(error: BaseException) -> OwnwordsError:
    """The error tree's word for any exception; says nothing of what anybody wrote."""
    if isinstance(error, OwnwordsError):
        return error
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in _EXTRA:
        package = (error.name or "").partition(".")[0]
        return MissingExtra("this", _EXTRA[package])
    if isinstance(error, OSError) and error.errno is not None:
        return from_os_error(error)
    told = _OS_ERROR.search(str(error))
    if told:
        return from_os_error(OSError(int(told[1]), ""))
    if "No space left" in str(error):
        return Disk(
            "no space is left on the workspace's disk", "free some space, then run the same command again: nothing was half written"
        )
    if isinstance(error, MemoryError):
        return Fault("there was not enough memory", "close other programs, or use a machine with more")
    return Fault(f"a fault of ours ({type(error).__name__})", "run it again with --debug before the verb, and report what it prints")
