"""One line of figures: printed, and appended to results.jsonl."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def tell(stage: str, **figures: object) -> None:
    """Print the figures of `stage` as one JSON line with the commit they were measured at, and keep it."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False)
    line = json.dumps({"stage": stage, **figures, "commit": found.stdout.strip()})
    print(line)
    with (HERE / "results.jsonl").open("a") as results:
        results.write(line + "\n")
