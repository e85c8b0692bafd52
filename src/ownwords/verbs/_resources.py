"""Files that a build reads beside people's rows, kept in the workspace so that it can be built again when they are gone."""

from __future__ import annotations

import os
import shutil
from dataclasses import fields, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ownwords.verbs._house import House

FOLDER = "resources"


def kept(house: House, options: Any) -> Any:
    """`options`, each file or folder they name as a resource copied, and called `resources/SHA256/NAME` from now on.

    Options that may name one bear `resource` in their metadata; several paths are joined as in PATH. What is not there stays as
    it is: it is a name on a hub, or for the product to complain of.
    """
    return _changed(options, lambda part: _copied(house, Path(part).resolve()) if Path(part).exists() else part)


def found(house: House, options: Any) -> Any:
    """`options` with the places where those copies lie."""
    root = house.workspace.root
    return _changed(options, lambda part: str(root / part) if part.startswith(f"{FOLDER}/") and (root / part).exists() else part)


def _changed(options: Any, change: Callable[[str], str]) -> Any:
    named = {field.name: getattr(options, field.name) for field in fields(options) if field.metadata.get("resource")}
    told = {name: os.pathsep.join(change(part) for part in value.split(os.pathsep)) for name, value in named.items() if value}
    return replace(options, **told) if told else options


def _copied(house: House, path: Path) -> str:
    """Name of the copy of a file or folder, made unless it is there."""
    from ownwords.core import files

    inside = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    digest = sha256()
    for one in inside:
        digest.update(f"{one.relative_to(path.parent).as_posix()}\0{files.sha256_file(one)}\0".encode(errors="surrogatepass"))
    name = f"{FOLDER}/{digest.hexdigest()}"
    target = house.workspace.root / name
    if not target.exists():
        partial = house.workspace.tmp / f"resource-{os.getpid()}-{digest.hexdigest()}"
        files.remove_tree(partial)
        for one in inside:
            copy = partial / one.relative_to(path.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(one, copy)
        files.fsync_tree(partial)
        target.parent.mkdir(exist_ok=True)
        try:
            files.rename(partial, target)
        except OSError:  # another build had the same, and was quicker
            files.remove_tree(partial)
            if not target.exists():
                raise
    return f"{name}/{path.name}"
