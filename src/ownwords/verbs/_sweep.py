"""Search every byte of a workspace, decompressed, for tokens that must not be there."""

from __future__ import annotations

import gzip
import io
import json
import re
import sqlite3
import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_EDGE = rb"[A-Za-z0-9_]"
#: Archives within archives are opened so far down.
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Names:
    """Names that are somebody's on one network, and somebody else's on another.

    spelt      as they may stand in text: `@bob_99`, `u/bob_99`
    network    whose rows they are searched in, beside all that is no table of rows
    others     networks whose ids may hold the same word, `reddit:bob_99`
    """

    spelt: Sequence[str]
    network: str
    others: Sequence[str] = ()


def sweep(root: Path, tokens: Sequence[str], runs: Sequence[str] = (), names: Names | None = None) -> tuple[int, dict[str, int], list[str]]:
    """How many files were searched, hits per file, and containers that could not be opened (searched as bytes all the same).

    tokens   found as whole tokens: `x:777` is not found in `x:7770`; letter case does not count, in any alphabet
    runs     runs of words, found anywhere
    names    whole tokens too, but not of namesakes
    returns  paths relative to `root`
    """
    n_tokens = _counter(tokens)
    n_names = _counter(names.spelt, names.others) if names else None
    said = re.compile(b"|".join(re.escape(run.encode()) for run in runs)) if runs else None
    hits: dict[str, int] = {}
    closed: list[str] = []
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    for path in paths:
        name = str(path.relative_to(root))
        n_hits = n_named = 0
        for view in views(path):
            if view is None:
                closed.append(name)
                continue
            n_hits += n_tokens(view) + (len(said.findall(view)) if said else 0)
            n_named += n_names(view) if n_names else 0
        if names and n_names and n_named:
            own, others = _rows_apart(path, names.network)
            n_named = n_names(own) if n_names(others) else n_named
        if n_hits + n_named:
            hits[name] = n_hits + n_named
    return len(paths), hits, closed


def _counter(tokens: Sequence[str], others: Sequence[str] = ()) -> Callable[[bytes], int]:
    """How often some tokens stand in bytes as whole tokens, other than in ids of other networks."""
    network = "|".join(re.escape(other) for other in others)
    before = f"(?:({network}):@?)?" if network else "()"
    plain = [re.escape(token.encode()) for token in tokens if token.isascii()]
    folded = [re.escape(_folded(token)) for token in tokens if not token.isascii()]
    in_bytes = re.compile(
        rb"(?<!" + _EDGE + rb")" + before.encode() + rb"(?<!" + _EDGE + rb")(?:" + b"|".join(plain) + rb")(?!" + _EDGE + rb")",
        re.IGNORECASE,
    )
    in_text = re.compile(rf"(?<!\w){before}(?<!\w)(?:{'|'.join(folded)})(?!\w)")

    def count(view: bytes) -> int:
        found = sum(not hit[1] for hit in in_bytes.finditer(view)) if plain else 0
        return found + (sum(not hit[1] for hit in in_text.finditer(_folded(view.decode(errors="replace")))) if folded else 0)

    return count


def _folded(text: str) -> str:
    """`text` without regard to letter case and to how an accent is composed."""
    return unicodedata.normalize("NFKC", text).casefold()


def _rows_apart(path: Path, network: str) -> tuple[bytes, bytes]:
    """The values of a table's rows that are of a network, and those of the other rows; nothing where rows are of no network."""
    import polars as pl

    try:
        rows = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError):
        return b"", b""
    if "network" not in rows.columns:
        return b"", b""
    is_own = pl.col("network").eq_missing(pl.lit(network)) | pl.col("network").is_null()
    own, other = (_unescaped(rows.filter(part).write_ndjson().encode()) for part in (is_own, ~is_own))
    return own, other


def sweep_apart(root: Path, tokens: Sequence[str], names: Names | None = None) -> tuple[int, dict[str, int], list[str]]:
    """`sweep` in a process of its own.

    Whoever opens and closes a database file beside SQLite's own handles drops the locks that SQLite holds in that process.
    """
    command = [sys.executable, "-c", "from ownwords.verbs._sweep import answer; answer()"]
    asked = json.dumps({"root": str(root), "tokens": list(tokens), "names": asdict(names) if names else None})
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    if done.returncode:
        raise Fault("the search of the workspace's files broke off", "run the same command again")
    n_files, hits, closed = json.loads(done.stdout)
    return n_files, hits, closed


def answer() -> None:
    """The other side of `sweep_apart`: a request on stdin, the result on stdout."""
    asked = json.load(sys.stdin)
    names = Names(**asked["names"]) if asked["names"] else None
    json.dump(sweep(Path(asked["root"]), asked["tokens"], names=names), sys.stdout)


def views(path: Path) -> Iterator[bytes | None]:
    """The name and bytes of a file, and what is inside it: decompressed, decoded, unpacked; None for what will not open."""
    raw = path.read_bytes()
    yield path.name.encode()
    yield from _inside(raw)
    if raw[:16] == b"SQLite format 3\0":
        try:
            yield _sqlite_text(path)
        except sqlite3.Error:
            yield None


def _inside(raw: bytes, depth: int = 0) -> Iterator[bytes | None]:
    yield raw
    if depth > _DEEPEST:
        return
    try:
        inner = list(_opened(raw))
    except Exception:  # a damaged container can fail in as many ways as there are readers
        yield None
        return
    for part, is_final in inner:
        if is_final:
            yield part
        else:
            yield from _inside(part, depth + 1)


def _opened(raw: bytes) -> Iterator[tuple[bytes, bool]]:
    """What is in a container, and whether it is plain text by now; nothing for bytes that are none."""
    if raw[:4] == b"PAR1" or raw[:6] == b"ARROW1":
        yield _table_text(raw), True
    elif raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw), False
    elif raw[:4] == b"\x28\xb5\x2f\xfd":
        yield _unzstd(raw), False
    elif raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield name.encode(), True
                yield archive.read(name), False
    elif b"\\u" in raw or b"\\\\" in raw or b'\\"' in raw:
        yield _unescaped(raw), True


def _unzstd(raw: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=2**31).stream_reader(raw, read_across_frames=True).read()


def _table_text(raw: bytes) -> bytes:
    """Every value of a Parquet or Arrow file as NDJSON without escapes."""
    import polars as pl

    read = pl.read_parquet if raw[:4] == b"PAR1" else pl.read_ipc
    frame = read(io.BytesIO(raw))
    return _unescaped(frame.write_ndjson().encode()) if frame.width else b""


def _sqlite_text(path: Path) -> bytes:
    """Every value of every table as the database would answer it, write-ahead log included."""
    out: list[str] = []
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names come from the file itself
            out += [" ".join(value for value in row if isinstance(value, str)) for row in rows]
    finally:
        connection.close()
    return "\n".join(out).encode(errors="surrogatepass")


def _unescaped(raw: bytes) -> bytes:
    """JSON escapes resolved, so that a word hides behind none of them."""
    text = raw.decode(errors="replace")
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\\([\"\\/nrt])", lambda found: " " if found[1] in "nrt" else found[1], text).encode(errors="replace")
