"""Run one `ownwords` command line and die, as by kill -9, at the n-th place where a crash must be survivable.

python die_at.py N ARGUMENTS...; N = 0 never dies and prints how many such places there were, one name a line, on stderr.
"""

from __future__ import annotations

import os
import sys

from ownwords.core import files
from ownwords.faces.cli import main

passed: list[str] = []


def hook(name: str) -> None:
    passed.append(name)
    if len(passed) == int(sys.argv[1]):
        os._exit(137)


if __name__ == "__main__":
    files.set_fault_hook(hook)
    code = main(sys.argv[2:])
    print("\n".join(f"POINT {name}" for name in passed), file=sys.stderr)
    sys.exit(code)
