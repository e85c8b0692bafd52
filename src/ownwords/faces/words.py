"""What commands say: help from the verbs' own docstrings, and results as a person reads them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any

from ownwords.core import clock, plugins
from ownwords.core.errors import Usage
from ownwords.faces import answers

_BAR_WIDTH = 32
#: An object that is longer in one line is shown in lines of its own.
_INLINE = 100
_BEGIN = ("ownwords demo", "ownwords -w DIR init", "ownwords -w DIR ingest auto FILE")


@dataclass(frozen=True, slots=True)
class Described:
    """A verb's docstring, taken apart: first line, whole text for help, one phrase per parameter."""

    first: str
    help: str
    of: dict[str, str]


def described(verb: Callable[..., Any]) -> Described:
    """The docstring of a verb; its parameter lines read `name  phrase`."""
    text = inspect.getdoc(verb) or ""
    first, _, rest = text.partition("\n")
    of = {}
    for line in rest.splitlines():
        name, _, says = line.strip().partition("  ")
        if says and name.isidentifier():
            of[name] = says.strip()
    positional = [
        f"{name.upper()}  {of.get(name, '')}"
        for name, parameter in list(inspect.signature(verb).parameters.items())[1:]
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    return Described(first, first + ("\n\n\b\n" + "\n".join(positional) if positional else ""), of)


def product_options(verb: str, only: str = "") -> str:
    """The options or requests of every product (or of `only` one), for the help of `build` and `use`."""
    lines: list[str] = []
    for product in [only] if only else plugins.names("product"):
        declared = plugins.load("product", product)
        kinds = {product: declared.OPTIONS} if verb == "build" else {f"{product} {name}": kind for name, kind in declared.REQUESTS.items()}
        for title, kind in kinds.items():
            lines.append(f"  {title}:")
            lines += [f"    --{field.name.replace('_', '-'):<12} {_says(field)}" for field in fields(kind)]
    return "\n".join(lines) + "\n"


def _says(field: Any) -> str:
    default = "needed" if field.default is MISSING and field.default_factory is MISSING else f"[{field.default}]"
    return f"{field.metadata.get('says', '')} {default if default != '[None]' else ''}".strip()


def welcome(verbs: Mapping[str, Callable[..., Any]]) -> str:
    """What `ownwords` alone prints: the verbs, a line each, and how to begin."""
    lines = ["ownwords: train AI on what people wrote, only as far as they allow; prove it; take it back.", ""]
    lines += [f"  {name:<8} {described(verb).first}" for name, verb in verbs.items()]
    lines += ["", "Begin with:", *(f"  {command}" for command in _BEGIN)]
    return "\n".join([*lines, "", "More: ownwords --help, ownwords VERB --help"])


def first_field(request: str) -> str | None:
    """The first field of the request of that name, which a bare word fills."""
    for product in plugins.names("product"):
        kind = plugins.load("product", product).REQUESTS.get(request)
        if kind is not None and fields(kind):
            return fields(kind)[0].name
    return None


def extras(arguments: Sequence[str], first: str | None) -> dict[str, Any]:
    """`--key value`, `--key=value` and `--flag` of a product, and one bare word for its first field."""
    given: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            key, has_value, value = word[2:].partition("=")
            if not has_value:
                value = rest.pop(0) if rest and not rest[0].startswith("--") else "true"
            given[key.replace("-", "_")] = value
        elif first is not None and first not in given:
            given[first] = word
        else:
            raise Usage(f"{word!r} is one word too many", "put a text of several words in quotes")
    return given


def plain(verb: str, result: dict[str, Any]) -> str:
    """A result as lines a person reads."""
    if verb == "permit" and "by_rule" in result:
        return _funnel(result)
    if verb == "permit" and "because" in result:
        return answers.why(result)
    if verb == "permit" and "clauses" in result:
        return answers.diff(result)
    if verb == "consent" and "receipt" in result:
        kept = "a signed receipt comes with --json: keep it, ownwords prove FILE checks it"
        return "\n".join(_lines({**result, "receipt": kept}))
    if verb == "prove" and result.get("artifacts") == []:
        return "No artifact was made here yet; ownwords build dataset makes one."
    return "\n".join(_lines(result))


def _lines(result: Mapping[str, Any], indent: str = "") -> list[str]:
    """One line a value; tables and objects of several values stand below their name."""
    shown = {name: value for name, value in result.items() if value not in (None, {}, [])}
    short = [name for name, value in shown.items() if not _is_long(value)]
    width = max(map(len, short), default=0)
    lines = []
    for name, value in shown.items():
        if not _is_long(value):
            lines.append(f"{indent}{name:<{width}}  {_value(value)}")
        elif isinstance(value, dict):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        else:
            lines += [f"{indent}{name}", *(f"{indent}  {line}" for line in _table(value))]
    return lines


def _is_long(value: object) -> bool:
    if isinstance(value, dict):
        return len(_value(value)) >= _INLINE or any(isinstance(item, dict) for item in value.values())
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _table(rows: Sequence[object]) -> list[str]:
    """Rows under their columns' names; what is no row is a line by itself."""
    if not all(isinstance(row, dict) for row in rows):
        return [_value(row) for row in rows]
    names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
    cells = [[_value(row[name]) if row.get(name) is not None else "" for name in names] for row in rows if isinstance(row, dict)]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    return ["  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip() for line in [names, *cells]]


def _funnel(result: dict[str, Any]) -> str:
    rows = max(result["rows"], 1)
    lines = [
        f"{result['allowed']:,} of {result['rows']:,} records of {result.get('people', 0):,} people may be used for {result['purpose']}"
    ]
    for rule, count in sorted(result["by_rule"].items(), key=lambda item: -item[1]):
        bar = "█" * max(1, round(_BAR_WIDTH * count / rows))
        lines.append(f"rule {rule:>2}  {count:>12,}  {bar:<{_BAR_WIDTH}}  {result.get('reasons', {}).get(rule, '')}")
    return "\n".join(lines)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(item)}" for key, item in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(map(_value, value[:20])) + (f" and {len(value) - 20} more" if len(value) > 20 else "")
    return str(value)


def event_line(event: dict[str, Any]) -> tuple[str, bool]:
    """One event of an answer as text, and whether the line is ended: pieces of text run on, rows are lines."""
    if set(event) == {"text"}:
        return str(event["text"]), False
    if event.get("done") is True and "text" in event:
        return "\n", True
    said = {name: value for name, value in event.items() if name != "done"}
    if event.get("done") is True or "artifact" in event:
        return "\n".join(_lines(said)) + "\n", True
    return json.dumps(said, ensure_ascii=False, default=str) + "\n", True


def is_count(event: dict[str, Any]) -> bool:
    """Whether an event only counts the rows that were given before it."""
    return set(event) == {"n_rows", "n_withheld"}


def log_line(verb: str, cpu_s: float, counts: dict[str, int]) -> str:
    """One JSON line for operators: verb and counts; never text, handles or names."""
    return json.dumps({"at": clock.to_text(clock.now()), "verb": verb, "cpu_s": round(cpu_s, 3), **counts})
