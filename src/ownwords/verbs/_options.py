"""Turn words from a command line or JSON into a product's typed options and requests."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, get_type_hints

from ownwords.core.errors import NotFound, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRUE, _FALSE = {"true", "yes", "1", "on"}, {"false", "no", "0", "off"}


def fill(kind: type, given: Mapping[str, object], where: str) -> object:
    """An instance of the frozen dataclass `kind` from names and values, text values converted to the field's type.

    where    what is being filled, for the message
    raises   NotFound for an unknown name with the nearest one; Usage for a value of the wrong type or a missing one
    """
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}
    values: dict[str, object] = {}
    for name, value in given.items():
        if name not in known:
            raise NotFound.among(f"{where}: option", f"--{name.replace('_', '-')}", {f"--{key.replace('_', '-')}" for key in known})
        values[name] = _convert(value, hints[name], f"{where}: --{name.replace('_', '-')}")
    missing = [
        name for name, field in known.items() if name not in values and field.default is MISSING and field.default_factory is MISSING
    ]
    if missing:
        raise Usage(f"{where} needs --{missing[0].replace('_', '-')}", f"ownwords {where} --{missing[0].replace('_', '-')} ...")
    try:
        return kind(**values)
    except ValueError as error:
        raise Usage(f"{where}: {error}", f"ownwords {where} --help") from error


def _convert(value: object, hint: object, where: str) -> object:
    options = [hint] if isinstance(hint, type) else [arg for arg in getattr(hint, "__args__", ()) if arg is not type(None)]
    target = options[0] if options else str
    if value is None or not isinstance(value, str) or target is str:
        return value
    try:
        if target is bool:
            return _boolean(value)
        return target(value)
    except (ValueError, TypeError) as error:
        raise Usage(f"{where} {value!r} is no {getattr(target, '__name__', 'value')}", "see --help for what it takes") from error


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)
