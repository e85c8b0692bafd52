"""Span F1 of what points at people, per kind, beside presidio-analyzer on the same texts; on the half of each set nobody looks at.

    python benchmarks/bench_pii.py [DATA] [--half dev] [--presidio PYTHON]

DATA is a folder with presidio/, lifebench/, wnut17/ and btc/, by default ../shared/data/pii beside the repository. Texts are split in
two by a hash; `dev` is the half that rules were mended on. LifeBench labels phones. WNUT and BTC label no kind that has a pattern: there
accounts (@name) are counted, and how many numbers are found where nobody labelled any. Presidio runs as it comes (threshold 0 or 0.4,
whichever does better) with a blank spaCy model, so without its recogniser of persons and places; where this Python has none, and no
other is named, it is installed into an environment of its own under a temporary folder.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from _line import tell

HERE = Path(__file__).parent
#: {their entity: our kind}
KINDS = {
    "EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "IBAN_CODE": "iban", "US_SSN": "ssn",
    "IP_ADDRESS": "ip", "DOMAIN_NAME": "url", "URL": "url", "PHONE": "phone",
}  # fmt: skip
#: An account number in one piece has the shape of a name too, so names are only looked for where accounts are labelled.
PATTERNS = ("email", "ip", "iban", "card", "nik", "ssn", "id", "phone", "secret", "url")
Span = tuple[int, int, int, str]


def is_reported(text: str) -> bool:
    """Which half a text is in."""
    return hashlib.blake2b(text.encode(), digest_size=8).digest()[0] % 2 == 1


def labelled(data: Path) -> Iterator[tuple[str, str, list[tuple[int, int, str]]]]:
    """(set, text, spans of the kinds that both know)."""
    if (path := data / "presidio" / "synth_dataset_v2.json").exists():
        for row in json.loads(path.read_text()):
            spans = [(each["start_position"], each["end_position"], each["entity_type"]) for each in row["spans"]]
            yield "presidio", row["full_text"], [(start, end, KINDS[kind]) for start, end, kind in spans if kind in KINDS]
    for path in sorted((data / "lifebench").glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            for row in map(json.loads, lines):
                spans = [(each["start"], each["end"], "phone") for each in row["pii_spans"] if each["type"] == "PHONE"]
                yield "lifebench", row["data_to_answer"], spans
    for name, pattern in (("wnut17", "*.conll"), ("btc", "btc.*")):
        for path in sorted((data / name).glob(pattern)):
            yield from ((name, text, spans) for text, spans in tokens(path))


def tokens(path: Path) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
    """Texts of a file of one token a line, with the accounts (@name) in them; BTC writes the @ by itself."""
    for block in path.read_text(encoding="utf-8", errors="replace").replace("\t\n", "\n").split("\n\n"):
        words = [line.split("\t")[0] for line in block.splitlines() if line.strip()]
        text = " ".join(words).replace("@ ", "@")
        spans, at = [], 0
        for word in text.split(" "):
            name = word.rstrip(".-")
            if len(name) > 1 and name[0] == "@" and name[1:].replace("_", "a").isalnum() and name.isascii():
                spans.append((at, at + len(name), "user"))
            at += len(word) + 1
        if text:
            yield text, spans


def ours(texts: list[str], kinds: tuple[str, ...]) -> list[Span]:
    """Spans by `pii.spans`."""
    import polars as pl

    from ownwords.datasets import pii

    return list(pii.spans(pl.Series(texts), tuple(kind for kind in pii.KINDS if kind in kinds)).iter_rows())


def presidio(texts: list[str]) -> list[tuple[int, int, int, str, float]]:
    """Spans and scores by presidio-analyzer's patterns; web addresses inside e-mail addresses are not counted against it."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def load(self) -> None:
            self.nlp = {"en": spacy.blank("en")}

    engine = Blank()
    engine.load()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    analyzer = AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["en"])
    wanted = sorted({name for recogniser in registry.recognizers for name in recogniser.supported_entities if name in KINDS})
    found = []
    for row, text in enumerate(texts):
        spans = [(each.start, each.end, KINDS[each.entity_type], each.score) for each in analyzer.analyze(text, "en", entities=wanted)]
        mails = [(start, end) for start, end, kind, _ in spans if kind == "email"]
        inside = [kind == "url" and any(a <= start and end <= b for a, b in mails) for start, end, kind, _ in spans]
        found += [(row, *span) for span, is_inside in zip(spans, inside, strict=True) if not is_inside]
    return found


def cpu_s() -> float:
    """User and system seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def f1(gold: set[Span], found: set[Span]) -> float:
    """Of spans that are the same to the character."""
    return round(2 * len(gold & found) / max(1, len(gold) + len(found)), 4)


def python_with_presidio(named: str | None, folder: str) -> str | None:
    """An interpreter that can import presidio_analyzer; None where none can be had."""
    if named:
        return named
    if importlib.util.find_spec("presidio_analyzer") and importlib.util.find_spec("spacy"):
        return sys.executable
    venv.create(folder, with_pip=True)
    python = str(Path(folder) / "bin" / "python")
    done = subprocess.run([python, "-m", "pip", "install", "-q", "presidio-analyzer"], capture_output=True, check=False)
    return python if done.returncode == 0 else None


def peer(texts: list[str], named: str | None) -> dict[str, object] | None:
    """{"cpu_s", "spans"} of presidio in a process of its own; None where it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        python = python_with_presidio(named, folder)
        if python is None:
            return None
        command = [python, str(Path(__file__).resolve()), "--peer"]
        done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=False)
        return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def compared(name: str, texts: list[str], gold: set[Span], theirs: list[tuple[int, int, int, str, float]] | None) -> dict[str, object]:
    """The line of one set: per kind how many, and both sides' F1; how many spans of kinds that nobody labelled there."""
    kinds = PATTERNS if name in ("presidio", "lifebench") else (*PATTERNS, "user")
    began = cpu_s()
    found = set(ours(texts, kinds))
    line: dict[str, object] = {"texts": len(texts), "us_a_text": round((cpu_s() - began) / len(texts) * 1e6, 1), "kinds": {}}
    rows: dict[str, object] = {}
    for kind in sorted({span[3] for span in gold}):
        of = [{span for span in spans if span[3] == kind} for spans in (gold, found)]
        row: dict[str, object] = {"n": len(of[0]), "f1": f1(*of)}
        if theirs is not None and kind != "user":  # it has no recogniser for accounts
            row["presidio_f1"] = max(f1(of[0], {each[:4] for each in theirs if each[3] == kind and each[4] >= low}) for low in (0, 0.4))
        rows[kind] = row
    line["kinds"] = rows
    others = {span for span in found if span[3] not in rows and span[3] not in ("url", "email", "user")}
    line["found_of_other_kinds"] = len(others)
    if theirs is not None:
        line["presidio_of_other_kinds"] = len(
            {each[:4] for each in theirs if each[3] not in rows and each[3] not in ("url", "email") and each[4] >= 0.4}
        )
        line["behind"] = sorted(kind for kind, row in rows.items() if "presidio_f1" in row and row["f1"] < row["presidio_f1"])
    return line


def main() -> None:
    """Append one line to results.jsonl, and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", type=Path, default=HERE.parents[1] / "shared" / "data" / "pii")
    parser.add_argument("--half", choices=("reported", "dev"), default="reported")
    parser.add_argument("--presidio")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.peer:
        texts = json.load(sys.stdin)
        presidio(texts[:3])
        began = cpu_s()
        spans = presidio(texts)
        print(json.dumps({"cpu_s": cpu_s() - began, "spans": spans}))
        return
    sets: dict[str, list[tuple[str, list[tuple[int, int, str]]]]] = {}
    for name, text, spans in labelled(asked.data):
        if is_reported(text) == (asked.half == "reported"):
            sets.setdefault(name, []).append((text, spans))
    if not sets:
        raise SystemExit(f"{asked.data} has none of presidio/, lifebench/, wnut17/, btc/: nothing is measured")
    ours(["warm 0812-3456-7890"], PATTERNS)
    line: dict[str, object] = {"half": asked.half, "presidio": "blank spaCy model, patterns only", "sets": {}}
    result: dict[str, object] = {}
    for name, rows in sets.items():
        texts = [text for text, _ in rows]
        gold = {(row, *span) for row, (_, spans) in enumerate(rows) for span in spans}
        theirs = peer(texts, asked.presidio)
        line["presidio"] = "could not be had" if theirs is None else line["presidio"]
        found = None if theirs is None else [tuple(span) for span in theirs["spans"]]
        result[name] = compared(name, texts, gold, found)
        if theirs is not None:
            result[name]["presidio_us_a_text"] = round(theirs["cpu_s"] / len(texts) * 1e6, 1)
    line["sets"] = result
    if asked.half == "reported":
        tell("pii", **line)
    else:
        print(json.dumps(line))


if __name__ == "__main__":
    main()
