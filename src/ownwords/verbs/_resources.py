"""Files that a build reads beside people's rows, kept in the workspace so that it can be built again when they are gone."""

from __future__ import annotations

import os
import shutil
from dataclasses import fields, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownwords.core.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ownwords.verbs._house import House

FOLDER = "resources"
#: A folder with one of these holds a model or a tokenizer.
_OF_A_MODEL = ("tokenizer.json", "tokenizer_config.json", "config.json")


def kept(house: House, options: Any) -> Any:
    """`options`, what they name as a resource kept in the workspace, and called `resources/SHA256/NAME` from now on.

    Options that may name one bear `resource` in their metadata. "copy": the file or folder is copied. "benchmarks": of all that are
    named, joined as in PATH, hashed runs of words are kept, for their texts may be somebody's who is forgotten one day.
    What is not there stays as it is: it is a name on a hub, or for the product to complain of.
    """
    ways = {"copy": _copied, "benchmarks": _hashed}
    return _changed(options, lambda value, kind: ways[kind](house, value))


def found(house: House, options: Any) -> Any:
    """`options` with the places where those lie."""
    root = house.workspace.root
    return _changed(options, lambda value, _: str(root / value) if value.startswith(f"{FOLDER}/") and (root / value).exists() else value)


def put_away(house: House) -> None:
    """Remove what builds that died were copying."""
    from ownwords.core import files

    for folder in house.workspace.tmp.glob("resource-*"):
        if not _is_running(folder.name.split("-")[1]):
            files.remove_tree(folder)


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, OSError):
        return False
    return True


def _changed(options: Any, change: Callable[[str, str], str]) -> Any:
    named = {field.name: field.metadata["resource"] for field in fields(options) if field.metadata.get("resource")}
    told = {name: change(getattr(options, name), kind) for name, kind in named.items() if getattr(options, name)}
    return replace(options, **told) if told else options


def _copied(house: House, value: str) -> str:
    """The name of the copy of a model's or tokenizer's folder; what is none is left as it is named, for the product to complain of.

    raises   Usage for a folder that lies in the workspace, or around it
    """
    path, root = Path(value).resolve(), house.workspace.root.resolve()
    if not any((path / name).is_file() for name in _OF_A_MODEL):
        return value
    if path.is_relative_to(root) or root.is_relative_to(path):
        raise Usage(f"{path.name!r} is a part of this workspace, or holds it", "give a folder that lies elsewhere")
    inside = sorted(one for one in path.rglob("*") if one.is_file())

    def copy(folder: Path) -> str:
        for one in inside:
            target = folder / one.relative_to(path.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(one, target)
        return path.name

    return _made(house, {one.relative_to(path.parent).as_posix(): one for one in inside}, copy)


def _hashed(house: House, value: str) -> str:
    """The name of what stands for some benchmarks.

    raises   Usage for one that is not there; BadInput for what cannot be read
    """
    from ownwords.datasets import decontaminate
    from ownwords.datasets.decontaminate import benchmarks

    return _made(house, benchmarks.files(value), lambda folder: decontaminate.keep(value, folder))


def _made(house: House, inside: Mapping[str, Path], write: Callable[[Path], str]) -> str:
    """`resources/SHA256/NAME` for what `write` puts into a folder and gives its name; the sum is that of the files it is made of."""
    from ownwords.core import files

    if any(house.is_named_in(name) for name in inside):
        raise Usage("a file's name names somebody who is known here, and would stay after they are forgotten", "rename the file")
    digest = sha256()
    for name, path in inside.items():
        digest.update(f"{name}\0{files.sha256_file(path)}\0".encode(errors="surrogatepass"))
    name = f"{FOLDER}/{digest.hexdigest()}"
    partial = house.workspace.tmp / f"resource-{os.getpid()}-{digest.hexdigest()}"
    files.remove_tree(partial)
    partial.mkdir(parents=True)
    written = write(partial)
    target = house.workspace.root / name
    target.parent.mkdir(exist_ok=True)
    files.fsync_tree(partial)
    try:
        files.rename(partial, target)
    except OSError:  # it is there already
        files.remove_tree(partial)
        if not (target / written).exists():
            raise
    return f"{name}/{written}"
