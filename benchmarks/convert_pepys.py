"""Pepys' posts (`YYYY/MM.txt`, one `YYYY-MM-DD HH:MM [r] text` a line) as JSON lines: `convert_pepys.py FOLDER > pepys.jsonl`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

# `r` answers the post before it; lines that begin with no year are the template's.
_POST = re.compile(r"(\d{4}-\d\d-\S+) (\S+)(?: (r))?\s+(\S.*)")


def main(folder: Path) -> None:
    """Print one object a post, the oldest first."""
    lines = [line for path in folder.glob("*/*.txt") for line in path.read_text("utf-8").splitlines()]
    before = None
    for day, time, is_reply, text in sorted((found.groups() for line in lines if (found := _POST.match(line))), key=lambda post: post[:2]):
        own = f"{day}-{time.replace(':', '')}"
        print(json.dumps({"id": own, "text": text, "created_at": f"{day} {time}", "reply_to": before if is_reply else None}))
        before = own


if __name__ == "__main__":
    main(Path(sys.argv[1]))
