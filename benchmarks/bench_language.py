"""Language identification beside libraries, in one run, on posts of TweetEval (en), SmSA and EmoT (id).

Half of the posts, by a hash of the text: the other half is what the word lists were made on. Null counts as wrong. All get the texts as
they are and may answer with any language they know. Libraries are installed into a virtual environment that goes afterwards, unless
`--offline`; what cannot be installed is named as skipped. CPU seconds of the process that answers, all its threads, after a warm-up.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from _line import tell

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
DATA = HERE.parents[0] / "../shared/data"
#: Contender: what to install, and every how many posts it sees.
PEERS = {
    "pycld2": ("pycld2", 1),
    "py3langid": ("py3langid", 1),
    "lingua_low": ("lingua-language-detector", 4),
    "lingua": ("lingua-language-detector", 4),
}


def posts() -> list[tuple[str, str, str]]:
    """Set, language and text of the half to report, each text once."""
    found = []
    for path in sorted(DATA.glob("tweeteval/*/*_text.txt")):
        found += [("tweeteval", "en", line) for line in path.read_text().splitlines()]
    for part in ("train", "valid"):
        lines = (DATA / f"indonesian/smsa/{part}.tsv").read_text().splitlines()
        found += [("smsa", "id", line.rsplit("\t", 1)[0]) for line in lines]
        with (DATA / f"indonesian/emot/{part}.csv").open(newline="") as rows:
            found += [("emot", "id", row["tweet"]) for row in csv.DictReader(rows)]
    once = {text: (name, language, text) for name, language, text in reversed(found)}
    return [row for row in once.values() if hashlib.sha256(row[2].encode()).digest()[0] & 1]


def ownwords() -> Callable[[list[str]], list[str | None]]:
    """Our step's function on one batch."""
    import polars as pl

    from ownwords.datasets import language

    return lambda texts: language.detected(pl.Series("text", texts, dtype=pl.String)).to_list()


def pycld2() -> Callable[[list[str]], list[str | None]]:
    """CLD2 with bestEffort, which answers short texts, too."""
    import pycld2 as cld

    def one(text: str) -> str | None:
        try:
            return cld.detect(text, bestEffort=True)[2][0][1]
        except cld.error:
            return None

    return lambda texts: [one(text) for text in texts]


def py3langid() -> Callable[[list[str]], list[str | None]]:
    """langid.py as it is kept up."""
    import py3langid as langid

    return lambda texts: [langid.classify(text)[0] for text in texts]


def lingua(*, low: bool = False) -> Callable[[list[str]], list[str | None]]:
    """Lingua, all languages, its batch call."""
    from lingua import LanguageDetectorBuilder

    builder = LanguageDetectorBuilder.from_all_languages()
    detector = (builder.with_low_accuracy_mode() if low else builder).build()

    def all_of(texts: list[str]) -> list[str | None]:
        found = detector.detect_languages_in_parallel_of(texts)
        return [language and language.iso_code_639_1.name.lower() for language in found]

    return all_of


def lingua_low() -> Callable[[list[str]], list[str | None]]:
    """Lingua with its small models."""
    return lingua(low=True)


def measure(name: str) -> dict[str, object]:
    """Share of right answers for each set, CPU microseconds a post and memory of one contender, in this process."""
    rows = posts()[:: PEERS[name][1] if name in PEERS else 1]
    texts = [text for _, _, text in rows]
    answer = globals()[name]()
    answer(texts[:200])
    before = resource.getrusage(resource.RUSAGE_SELF)
    answers = answer(texts)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    right = Counter(dataset for (dataset, language, _), guess in zip(rows, answers, strict=True) if guess == language)
    n = Counter(dataset for dataset, _, _ in rows)
    return {
        "n": len(rows),
        **{dataset: round(right[dataset] / n[dataset], 4) for dataset in sorted(n)},
        "all": round(right.total() / len(rows), 4),
        "cpu_us_a_post": round(cpu / len(rows) * 1e6, 2),
        "rss_mb": after.ru_maxrss // 1024,
    }


def run(python: Path | str, name: str) -> dict[str, object]:
    """`measure` in a process of its own."""
    command = [str(python), __file__, "--measure", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "POLARS_MAX_THREADS": "1"})
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"skipped": done.stderr.strip().splitlines()[-1][:200]}


def main() -> None:
    """Append one line to results.jsonl, and print it."""
    if "--measure" in sys.argv:
        print(json.dumps(measure(sys.argv[-1])))
        return
    if not (DATA / "tweeteval").exists():
        print("skipped: the posts of TweetEval, SmSA and EmoT are not here", file=sys.stderr)
        return
    line: dict[str, object] = {"ownwords": run(sys.executable, "ownwords")}
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        if "--offline" not in sys.argv:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        for name, (package, _) in PEERS.items():
            if "--offline" in sys.argv:
                line[name] = {"skipped": "offline"}
                continue
            installed = subprocess.run([str(python), "-m", "pip", "install", "-q", package], capture_output=True, text=True, check=False)
            line[name] = run(python, name) if installed.returncode == 0 else {"skipped": f"{package} could not be installed"}
    tell("language", **line)


if __name__ == "__main__":
    main()
