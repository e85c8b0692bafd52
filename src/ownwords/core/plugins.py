"""Catalogues: a file in the right folder is a plug-in, and so is an entry point of another package."""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core.errors import NotFound, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from ownwords.core.step import Param

KINDS = {
    "source": "ownwords.sources",
    "step": "ownwords.datasets",
    "rule": "ownwords.policy.rules",
    "product": "ownwords.products",
    "recogniser": "ownwords.models.recognisers",
}


@cache
def _foreign() -> dict[tuple[str, str], EntryPoint]:
    """(group, name) -> entry point of other packages, looked for once: each look reads a file of every package installed."""
    groups = {f"ownwords.{kind}" for kind in KINDS}
    found = [point for package in distributions() for point in package.entry_points if point.group in groups]
    return {(point.group, point.name): point for point in reversed(found)}


@cache
def names(kind: str) -> tuple[str, ...]:
    """The plug-ins of a kind (source, step, rule, product, recogniser), ours and others', sorted; imports none of them."""
    folder = Path(__file__).parent.parent.joinpath(*KINDS[kind].split(".")[1:])
    own = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    foreign = {name for group, name in _foreign() if group == f"ownwords.{kind}"}
    return tuple(sorted(name for name in own | foreign if not name.startswith("_")))


def load(kind: str, name: str) -> ModuleType:
    """The module of one plug-in.

    raises   NotFound with the nearest name
    """
    if name not in names(kind):
        raise NotFound.among(kind, name, names(kind))
    point = _foreign().get((f"ownwords.{kind}", name))
    if point is not None:
        module: ModuleType = point.load()
        return module
    return importlib.import_module(f"{KINDS[kind]}.{name}")


def load_part(kind: str, name: str, part: str) -> ModuleType:
    """A heavy part of a plug-in's package, e.g. the `build` module of product `model`."""
    return importlib.import_module(f"{load(kind, name).__name__}.{part}")


def step_parameters(name: str, given: Mapping[str, Param]) -> dict[str, Param]:
    """All parameters of a step, those that are left out with its defaults.

    raises   NotFound for an unknown step, Usage for an unknown parameter
    """
    known: Mapping[str, Param] = load("step", name).PARAMS
    for key in given:
        if key not in known:
            raise Usage(f"step {name!r} has no parameter {key!r}; it has {', '.join(sorted(known)) or 'none'}", "mend the parameter's name")
    return {**known, **given}
