"""YAML read with its places: every complaint about a policy file names line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol, TypeVar

import yaml

from ownwords.core import clock
from ownwords.core.errors import BadPolicy, NotFound
from ownwords.core.files import check_plain

T = TypeVar("T")
_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")}
_BOOL = "tag:yaml.org,2002:bool"
_DEEPEST = 8
#: Letters of one word; a file name has no more either.
_LONGEST = 200
#: A notice of 100 years (36,500 days) after it must still be a date.
_LAST_YEAR = 9000
_NULL = "tag:yaml.org,2002:null"


class Place(Protocol):
    """Where in the file, counted from 0; PyYAML has two types for it."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Section:
    """One mapping of the file, read key by key; the getters say where a value is wrong.

    path    the file
    node    the mapping
    title   how messages call it: `the policy`, `rule train-public`
    """

    path: Path
    node: yaml.MappingNode
    title: str
    entries: dict[str, tuple[yaml.Node, yaml.Node]] = field(default_factory=dict)

    def fail(self, what: str, next: str, key: str | None = None) -> BadPolicy:
        """The error at `key`'s value, or at the section's start."""
        node = self.entries[key][1] if key in self.entries else self.node
        return error_at(self.path, node.start_mark, what, next)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self.entries

    def word(self, key: str) -> str | None:
        """A scalar as it is written; None if the key is absent."""
        return self._scalar(self.entries[key][1], key) if key in self.entries else None

    def required(self, key: str) -> str:
        """A scalar that must be there."""
        word = self.word(key)
        if word is None:
            raise self.fail(f"{self.title} has no {key!r}", f"add a line `{key}: ...`")
        return word

    def choice(self, key: str, known: Iterable[str]) -> str | None:
        """One of the known words."""
        word = self.word(key)
        return word if word is None else self._known(key, word, self.entries[key][1], known)

    def words(self, key: str, known: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of scalars, each known if `known` is given; empty if the key is absent."""
        if key not in self.entries:
            return ()
        node = self.entries[key][1]
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self.fail(f"{key!r} must be a list that is not empty", f"write `{key}: [first, second]`", key)
        items = [(self._scalar(item, key), item) for item in node.value]
        if known is not None:
            names = frozenset(known)
            items = [(self._known(key, word, item, names), item) for word, item in items]
        found = [word for word, _ in items]
        for index, (word, item) in enumerate(items):
            if word in found[:index]:
                raise error_at(self.path, item.start_mark, f"{key!r} lists {word!r} twice", "remove one of the two")
        return tuple(found)

    def flag(self, key: str, default: bool = False) -> bool:
        """`true` or `false`; `default` if the key is absent."""
        if key not in self.entries:
            return default
        node = self.entries[key][1]
        if not isinstance(node, yaml.ScalarNode) or node.value not in {"true", "false"}:
            raise self.fail(f"{key!r} must be true or false", "write true or false, in small letters and without quotes", key)
        return bool(node.value == "true")

    def days(self, key: str, default: int) -> int:
        """A whole number of days, 0 to 36,500."""
        found = self._parsed(key, _days, "a whole number of days from 0 to 36500", f"write e.g. `{key}: 30`")
        return default if found is None else found

    def instant(self, key: str) -> datetime | None:
        """A date (midnight UTC) or an RFC 3339 time, as UTC."""
        return self._parsed(key, _instant, "a date", f"write e.g. `{key}: 2026-01-31` or 2026-01-31T12:00:00Z")

    def countries(self, key: str) -> tuple[str, ...]:
        """A list of ISO 3166-1 alpha-2 codes."""
        codes = self.words(key)
        for code in codes:
            if not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
                raise self.fail(f"{key!r} holds {code!r}, which is no ISO 3166-1 code", "write two capital letters, e.g. ID", key)
        return codes

    def clause(self, key: str) -> str | None:
        """The sha256 of a paragraph; None if the key is absent."""
        word = self.word(key)
        if word is not None and (len(word) != 64 or set(word) - set("0123456789abcdef")):
            raise self.fail(f"{key!r} must be the sha256 of a paragraph, 64 hex digits", "ownwords permit clauses TEXT lists them", key)
        return word

    def in_order(self, first: str, start: datetime | None, last: str, end: datetime | None) -> None:
        """Raise unless `end` is after `start`, where both are there."""
        if start is not None and end is not None and start >= end:
            raise self.fail(f"{last!r} is not after {first!r}", "swap or mend the two dates", last)

    def sections(self, key: str, title: str, known: frozenset[str]) -> tuple[Section, ...]:
        """A list of mappings."""
        if key not in self.entries:
            return ()
        node = self.entries[key][1]
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(f"{key!r} must be a list", f"start each {title} with a dash", key)
        return tuple(section(self.path, item, title, known) for item in node.value)

    def _parsed(self, key: str, parse: Callable[[str], T], wanted: str, next: str) -> T | None:
        word = self.word(key)
        if word is None:
            return None
        try:
            return parse(word)
        except ValueError as error:
            raise self.fail(f"{key!r} is {word!r}, which is not {wanted}", next, key) from error

    def _scalar(self, node: yaml.Node, key: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise error_at(self.path, node.start_mark, f"{key!r} must hold one word, not a list or mapping", "write a single value")
        if node.tag == _BOOL:
            raise error_at(
                self.path, node.start_mark, f"{key!r} holds {node.value!r}, which YAML reads as a truth value", "put it in quotes"
            )
        if not str(node.value).isprintable():
            raise error_at(self.path, node.start_mark, f"{key!r} holds a control character, or half of one", "write it in plain letters")
        if len(node.value) > _LONGEST:
            raise error_at(self.path, node.start_mark, f"{key!r} is {len(node.value):,} letters long", f"write {_LONGEST} at most")
        if node.tag == _NULL or not node.value.strip():
            raise error_at(self.path, node.start_mark, f"{key!r} is empty", "give it a value, or remove the line")
        return str(node.value)

    def _known(self, key: str, word: str, node: yaml.Node, known: Iterable[str]) -> str:
        names = sorted(known)
        if word not in names:
            near = get_close_matches(word, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"write one of: {', '.join(names)}"
            raise error_at(self.path, node.start_mark, f"{key!r} holds {word!r}, which is not known", hint)
        return word


def read(path: Path, known: frozenset[str]) -> Section:
    """The top mapping of a policy file.

    raises   NotFound if there is no such file; BadPolicy with line and column for anything that is not plain YAML:
             anchors, aliases, tags, several documents, duplicate or unknown keys
    """
    check_plain(path)
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFound(
            f"{path}: no such policy file", "check the path, or name a policy that comes along: ownwords init --policy opt-in"
        ) from error
    except UnicodeDecodeError as error:
        raise BadPolicy(f"{path}: byte {error.start} is not UTF-8", "save the file as UTF-8") from error
    try:
        _refuse_references(path, text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise error_at(path, mark, str(error.problem or "this is not YAML"), "mend the line; indent with spaces") from error
    except yaml.YAMLError as error:
        raise BadPolicy(f"{path}: this is not YAML", "remove control characters and save it as plain text") from error
    if node is None:
        raise BadPolicy(f"{path}: the file is empty", "start from one that comes along: ownwords init --policy opt-in")
    return section(path, node, "the policy", known)


def section(path: Path, node: yaml.Node, title: str, known: frozenset[str]) -> Section:
    """`node` as a mapping with known keys, each written once."""
    if not isinstance(node, yaml.MappingNode):
        raise error_at(path, node.start_mark, f"{title} must be a mapping", "write lines of the form `key: value`")
    made = Section(path, node, title)
    for key_node, value in node.value:
        key = str(key_node.value)
        if not isinstance(key_node, yaml.ScalarNode) or key not in known:
            near = get_close_matches(key, sorted(known), n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
            raise error_at(path, key_node.start_mark, f"{title} has no field {key!r}", hint)
        if key in made.entries:
            first = made.entries[key][0].start_mark.line + 1
            raise error_at(path, key_node.start_mark, f"{key!r} stands in {title} twice, first in line {first}", "remove one of the two")
        made.entries[key] = (key_node, value)
    return made


def error_at(path: Path, mark: Place | None, what: str, next: str) -> BadPolicy:
    """The error tree's word for something wrong at a place, lines and columns counted from 1."""
    place = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else "somewhere in it"
    return BadPolicy(f"{path}: {place}: {what}", next)


def _refuse_references(path: Path, text: str) -> None:
    n_documents = depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise error_at(path, event.start_mark, "nested too deeply", "a policy is a mapping with lists of words and rules")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise error_at(path, event.start_mark, "anchors and aliases are not allowed", "write the value out where it is meant")
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in _PLAIN_TAGS:
            raise error_at(path, event.start_mark, "tags are not allowed", "remove the word that begins with an exclamation mark")
        n_documents += isinstance(event, yaml.DocumentStartEvent)
        if n_documents > 1:
            raise error_at(path, event.start_mark, "a second document starts here", "keep one policy in one file")


def _days(word: str) -> int:
    if not word.isascii() or not word.isdigit() or int(word) > 36_500:
        raise ValueError(word)
    return int(word)


def _instant(word: str) -> datetime:
    instant = clock.from_text(word) if len(word) > 10 else datetime.strptime(word, "%Y-%m-%d").replace(tzinfo=UTC)
    if instant.year > _LAST_YEAR:
        raise ValueError(word)
    return instant
