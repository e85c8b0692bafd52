"""Writes synthetic Reddit comments, one JSON object a line: `make_ndjson.py N FILE [SEED]`; the same seed, the same bytes."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il", "ong", "ush")]
_FIRST_SECOND = 1_700_000_000


def main(n_lines: int, path: Path, seed: int) -> None:
    """Write `n_lines` comments by n_lines / 20 people; texts of about 30 made-up words."""
    chance = random.Random(seed)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(30_000)]
    n_people = max(n_lines // 20, 1)
    with path.open("w", encoding="utf-8") as out:
        for number in range(n_lines):
            out.write(json.dumps(_comment(chance, words, number, chance.randrange(n_people)), ensure_ascii=False) + "\n")


def _comment(chance: random.Random, words: list[str], number: int, person: int) -> dict[str, object]:
    thread = f"t3_{_base36(1_000_000 + number // 12)}"
    parent = thread if number % 3 == 0 else f"t1_{_base36(50_000_000 + number - 1)}"
    sub = f"sub{person % 97}"
    return {
        "all_awardings": [],
        "archived": False,
        "author": f"person_{person}",
        "author_flair_text": None,
        "author_fullname": f"t2_{_base36(900_000 + person)}",
        "body": " ".join(chance.choices(words, k=chance.randint(5, 55))).capitalize() + ".",
        "controversiality": 0,
        "created_utc": _FIRST_SECOND + number * 3,
        "distinguished": None,
        "edited": _FIRST_SECOND + number * 3 + 600 if number % 50 == 0 else False,
        "gildings": {},
        "id": _base36(50_000_000 + number),
        "is_submitter": False,
        "link_id": thread,
        "name": f"t1_{_base36(50_000_000 + number)}",
        "parent_id": parent,
        "permalink": f"/r/{sub}/comments/{thread[3:]}/_/{_base36(50_000_000 + number)}/",
        "retrieved_on": _FIRST_SECOND + number * 3 + 60,
        "score": chance.randint(-20, 300),
        "subreddit": sub,
        "subreddit_id": "t5_2qh33",
        "subreddit_type": "public",
        "user_reports": [],
    }


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, last = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[last] + digits
    return digits


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
