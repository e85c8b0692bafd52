"""CPU seconds until `ownwords --help` has answered, beside an empty Python; the best of five."""

from __future__ import annotations

import resource
import subprocess
import sys

from _line import tell


def cpu_s(*arguments: str) -> float:
    """User and system seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Append one line to results.jsonl, and print it."""
    helped = min(cpu_s("-m", "ownwords", "--help") for _ in range(5))
    empty = min(cpu_s("-c", "pass") for _ in range(5))
    tell("help", n=1, cpu_s=round(helped, 3), empty_python_cpu_s=round(empty, 3))


if __name__ == "__main__":
    main()
