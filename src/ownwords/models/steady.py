"""A block in which torch gives the same numbers every time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def steady(threads: int) -> Iterator[None]:
    """Within the block: deterministic algorithms alone, on exactly `threads` threads (sums depend on how work is cut up).

    What was set before comes back afterwards.
    """
    had_threads, was_deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(had_threads)
        torch.use_deterministic_algorithms(was_deterministic)
