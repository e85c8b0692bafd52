"""Turn words from a command line or JSON into a product's typed options and requests."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, get_type_hints

from ownwords.core.errors import NotFound, Usage, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

_SMALLEST = 1e-12
_A_WORD_FOR = {int: "whole number", float: "number", bool: "true or false"}
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
    """`value` as the field's type; text is read, other JSON values must be of the type (an integer will do for a float)."""
    options = [hint] if isinstance(hint, type) else [arg for arg in getattr(hint, "__args__", ()) if isinstance(arg, type)]
    targets = [option for option in options if option is not type(None)] or [str]
    if value is None and type(None) in options:
        return None
    if isinstance(value, str) and str not in targets:
        try:
            value = _boolean(value) if targets[0] is bool else targets[0](value)
        except (ValueError, TypeError) as error:
            raise Usage(f"{where} {shown(str(value))} is no {_A_WORD_FOR[targets[0]]}", "see --help for what it takes") from error
    if type(value) in {int, float}:
        _check_size(value, where)
    if float in targets and type(value) is int:
        return float(value)
    if type(value) not in targets:
        raise Usage(f"{where} must be {targets[0].__name__}, not {type(value).__name__}", "see --help for what it takes")
    return value


def _check_size(value: object, where: str) -> None:
    """That a number is one that machines can count with.

    raises   Usage for nan, infinities, whole numbers of more than 64 bits, and fractions too small to tell from 0
    """
    if isinstance(value, int):
        is_sane = -(2**63) <= value < 2**63
    else:
        is_sane = isinstance(value, float) and (value == 0 or _SMALLEST <= abs(value) <= 1 / _SMALLEST)
    if not is_sane:
        raise Usage(f"{where} is a number that nothing can be done with", f"give one from {_SMALLEST:g} to {1 / _SMALLEST:g}, or 0")


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)
