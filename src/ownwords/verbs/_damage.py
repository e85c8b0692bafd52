"""Which file of a workspace is damaged: looked for only when something failed that should not have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core.errors import BadWorkspace
from ownwords.core.files import sha256_file
from ownwords.core.manifest import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

_RESTORE = "restore it from a backup"


def find(root: str) -> BadWorkspace | None:
    """The first file found missing or damaged in the workspace at `root`; None if all that can be read by itself is whole."""
    if not (Path(root) / "format.json").is_file():
        return None
    for look in (_tables, _artifacts):
        for place, next_step in look(Path(root)):
            return BadWorkspace(f"{place} is missing or damaged", next_step)
    return None


def _tables(root: Path) -> Iterator[tuple[Path, str]]:
    """The two tables: their logs, and the files that these name."""
    for table in (root / "store" / "records", root / "store" / "accounts"):
        logs = sorted((table / "_delta_log").glob("*.json"))
        if not logs:
            yield table / "_delta_log", _RESTORE
        named: set[str] = set()
        for log in logs:
            try:
                actions = [json.loads(line) for line in log.read_text().splitlines() if line]
                named |= {action["add"]["path"] for action in actions if "add" in action}
                named -= {action["remove"]["path"] for action in actions if "remove" in action}
            except (OSError, ValueError, KeyError, TypeError):
                yield log, _RESTORE
        yield from ((table / name, _RESTORE) for name in sorted(named) if not (table / name).exists())
        yield from ((path, _RESTORE) for path in sorted(table.rglob("*.parquet")) if not _is_whole_parquet(path))


def _artifacts(root: Path) -> Iterator[tuple[Path, str]]:
    """Every artifact's files against the hashes in its manifest."""
    for path in sorted((root / "artifacts").glob(f"*/*/{NAME}")):
        try:
            manifest = json.loads(path.read_text())
            again = f"build it again: ownwords build {manifest['product']} --name {path.parts[-3]}"
            wrong = [name for name, told in manifest["outputs"].items() if not _is(path.parent / name, told)]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            yield path, "build that artifact again, or restore the file from a backup"
            continue
        yield from ((path.parent / name, again) for name in wrong)


def _is(path: Path, told: str) -> bool:
    return path.is_file() and sha256_file(path) == told


def _is_whole_parquet(path: Path) -> bool:
    """Whether it begins and ends as Parquet does and every page of it can be read."""
    import polars as pl

    with path.open("rb") as handle:
        size = handle.seek(0, 2)
        if size < 12:
            return False
        handle.seek(0)
        start = handle.read(4)
        handle.seek(size - 8)
        length, end = int.from_bytes(handle.read(4), "little"), handle.read(4)
    if start != b"PAR1" or end != b"PAR1" or length > size - 12:
        return False
    try:
        pl.read_parquet(path, hive_partitioning=False)
    except Exception:
        return False
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return False
    return True
