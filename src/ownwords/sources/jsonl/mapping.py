"""Which column means what: a mapping file (TOML), or columns that bear names we know."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ownwords.core.errors import BadInput, from_os_error
from ownwords.core.files import check_plain
from ownwords.core.schemas import ACCOUNT_STATES, CATEGORIES, RECORD_STATES, VISIBILITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Mapping as Mapping_
    from pathlib import Path

#: Columns of ours that a file may fill. `id` and `author` are native ids; `record_id` and `account_id` carry their network.
WORDS = ("id", "record_id", "text", "language", "category", "visibility", "state", "terms", "network", "revision")
INSTANTS = ("created_at", "edited_at", "observed_at", "joined_at")
REFERENCES = ("reply_to", "conversation", "quotes", "repost_of")
LISTS = ("mentions", "audience", "media")
PEOPLE = ("author", "account_id", "handle", "account_state", "born_on", "jurisdiction")
KNOWN = frozenset((*WORDS, *INSTANTS, *REFERENCES, *LISTS, *PEOPLE))
_ALLOWED = {"category": CATEGORIES, "visibility": VISIBILITIES, "state": RECORD_STATES, "account_state": ACCOUNT_STATES}
_TABLES = frozenset({"network", "columns", "constants", "attributes", "signals", "time", "values"})
_NETWORK = re.compile(r"[a-z][a-z0-9_.-]*")
#: What a value of `terms` looks like: `CC-BY-SA-4.0`, `own-export`, or an address.
TERMS = r"^[A-Za-z0-9][A-Za-z0-9._+:/-]{0,127}$"
EXAMPLE = (
    'say what the columns mean in a file map.toml, e.g. [columns] and below it text = "body" and author = "user", '
    "then ownwords ingest jsonl FILE --mapping map.toml (docs/sources.md)"
)


@dataclass(frozen=True, slots=True)
class Mapping:
    """What the columns of a file mean.

    columns      ours -> theirs; theirs may be a path into an object, `user.id`
    constants    ours -> one value for every row
    attributes   name in `attributes` -> theirs
    signals      name of a signal, e.g. train-ai -> theirs; a row where it is empty carries none
    values       ours -> {their word: our word}; other words stay as they are
    time_format  strptime format, `seconds` or `milliseconds` since 1970, or `iso`
    zone         where instants without a zone were written, e.g. `Asia/Jakarta`
    """

    columns: dict[str, str]
    constants: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    signals: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    time_format: str = "iso"
    zone: str = "UTC"
    path: Path | None = None

    def theirs(self) -> list[str]:
        """Every column it speaks of."""
        return list(dict.fromkeys([*self.columns.values(), *self.attributes.values(), *self.signals.values()]))

    def check(self, found: Iterable[str], file: str, rows: Sequence[Mapping_[str, object]] = ()) -> None:
        """That the file has every column the mapping speaks of.

        found    names of the columns
        rows     the first rows; a path into an object must lead somewhere in one of them, if any of them holds that object
        raises   BadInput naming the mapping's line
        """
        have = set(found)
        for name in self.theirs():
            if name in have:
                continue
            seen = {_leads(row, name) for row in rows}
            if name.split(".")[0] not in have or (False in seen and True not in seen):
                raise _bad(self.path, name, f"{file} has no column {name!r}")


def _leads(row: Mapping_[str, object], path: str) -> bool | None:
    """Whether the keys of `path` are in `row`; null if its first column holds no object. A list or a null below it may hold anything."""
    first, *keys = path.split(".")
    value = row.get(first)
    if not isinstance(value, dict):
        return None
    for key in keys:
        name = key.partition("[")[0]
        if name in ("", "*") or not isinstance(value, dict):
            return True
        if name not in value:
            return False
        value = value[name]
    return True


def load(path: Path) -> Mapping:
    """The mapping in a TOML file.

    raises   BadInput naming the line that cannot be understood
    """
    check_plain(path)
    try:
        told = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise from_os_error(error) from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path.name} is not TOML: {error}", "mend the line it names") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{path.name} is not TOML", "write it as docs/sources.md shows, and save it as UTF-8") from error
    for name in told:
        if name not in _TABLES:
            raise _bad(path, name, f"{name!r} means nothing here; known: {', '.join(sorted(_TABLES))}")
    columns, constants, attributes, signals, time = (
        _table(path, told, name) for name in ("columns", "constants", "attributes", "signals", "time")
    )
    if "network" in told:
        constants = {"network": str(told["network"]), **constants}
    for name in (*columns, *constants):
        if name not in KNOWN:
            raise _bad(path, name, f"{name!r} is no column of ours; known: {', '.join(sorted(KNOWN))}")
    for name in time:
        if name not in ("format", "zone"):
            raise _bad(path, name, f"{name!r} means nothing in [time]; known: format, zone")
    values = _values(path, told, columns)
    found = Mapping(columns, constants, attributes, signals, values, time.get("format", "iso"), time.get("zone", "UTC"), path)
    _consistent(found, path.name)
    return found


def by_name(names: Iterable[str], file: str) -> Mapping:
    """The mapping of a file whose columns bear names of ours.

    raises   BadInput with the number of the first column that does not: its name may be what somebody wrote
    """
    columns = {name: name for name in names}
    for number, name in enumerate(columns, 1):
        if name not in KNOWN:
            raise BadInput(f"{file}: the name of column {number} means nothing here", EXAMPLE)
    found = Mapping(columns)
    _consistent(found, file)
    return found


def _consistent(mapping: Mapping, file: str) -> None:
    told = {**mapping.columns, **mapping.constants}
    if "text" not in told and told.get("category") not in ("reaction", "repost"):
        raise BadInput(f"{file}: no column is the text", EXAMPLE)
    for one, other in (("id", "record_id"), ("author", "account_id")):
        if one in told and other in told:
            raise _bad(mapping.path, other, f"{one!r} and {other!r} are both given; one must go")
    for name in mapping.columns.keys() & mapping.constants.keys():
        raise _bad(mapping.path, name, f"{name!r} is both a column and a constant; one must go")
    for name, allowed in _ALLOWED.items():
        if name in mapping.constants and mapping.constants[name] not in allowed:
            raise _bad(mapping.path, name, f"{name} cannot be {mapping.constants[name]!r}; known: {', '.join(sorted(allowed))}")
    if "terms" in mapping.constants and not re.search(TERMS, mapping.constants["terms"]):
        raise _bad(mapping.path, "terms", "terms is a short name without spaces, e.g. CC-BY-SA-4.0")
    if "network" in mapping.constants and not _NETWORK.fullmatch(mapping.constants["network"]):
        raise _bad(mapping.path, "network", "a network's name is small letters, digits, and . _ -")


def _table(path: Path, told: dict[str, object], name: str) -> dict[str, str]:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise _bad(path, name, f"{name!r} is a table: write [{name}]")
    for key, value in table.items():
        if not isinstance(value, str | int | bool):
            raise _bad(path, key, f"{key!r} in [{name}] must be text")
    return {key: str(value) for key, value in table.items()}


def _values(path: Path, told: dict[str, object], columns: dict[str, str]) -> dict[str, dict[str, str]]:
    """Their words for what we have words for."""
    tables = told.get("values", {})
    if not isinstance(tables, dict):
        raise _bad(path, "values", "'values' holds a table for each column: write [values.visibility]")
    for name in tables:
        if name not in _ALLOWED or name not in columns:
            raise _bad(path, f"values.{name}", f"the values of {name!r} cannot be told; of a column under [columns]: {', '.join(_ALLOWED)}")
    found = {name: _table(path, tables, name) for name in tables}
    for name, words in found.items():
        for theirs, ours in words.items():
            if ours not in _ALLOWED[name]:
                raise _bad(path, theirs, f"{name} cannot be {ours!r}; known: {', '.join(sorted(_ALLOWED[name]))}")
    return found


def _bad(path: Path | None, word: str, why: str) -> BadInput:
    """The error with the line of the mapping file where `word` stands."""
    if path is None:
        return BadInput(why, EXAMPLE)
    lines = path.read_text("utf-8-sig").splitlines()
    number = next((k for k, line in enumerate(lines, 1) if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line.split("#")[0])), 1)
    return BadInput(f"{path.name} line {number}: {why}", "mend that line")
