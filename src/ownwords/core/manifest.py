"""What an artifact is made of: inputs, permission, steps, code, outputs. Written once, read by everyone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from ownwords.core.errors import NotProven

if TYPE_CHECKING:
    from pathlib import Path

NAME = "manifest.json"
BITMAP = "origins.roaring"
#: Every row that was read for it, dropped ones too: the counts in it rest on them.
INPUTS_BITMAP = "inputs.roaring"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The record of one build.

    content_hash   over canonical values, without time, ledger head and record numbers: equal content, equal hash
    inputs         parents: {"name": {"artifact": "dataset/v1", "content_hash": ...}} or {"name": {"store_version": n}}
    origins        file with the 64-bit roaring bitmap of record numbers, and its sha256
    outputs        {relative path: sha256 of the file's bytes}
    """

    artifact: str
    product: str
    purpose: str
    options: dict[str, object]
    inputs: dict[str, dict[str, object]]
    permit: dict[str, object]
    steps: list[dict[str, object]]
    metrics: dict[str, object]
    content_hash: str
    origins: dict[str, object]
    outputs: dict[str, str]
    seed: int
    code_version: str
    made_at: str
    format: int = 1
    on_withdrawal: str = "refuse"
    resources: dict[str, dict[str, str]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Indented JSON with sorted keys."""
        return (json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest in an artifact's folder.

        raises   NotProven if it is missing or damaged
        """
        path = folder / NAME
        try:
            found = cls(**json.loads(path.read_bytes()))
            if wrong := [name for name, kinds in _KINDS.items() if not isinstance(getattr(found, name), kinds)]:
                raise TypeError(wrong[0])
            return found
        except FileNotFoundError as error:
            raise NotProven(f"{folder} has no {NAME}, so nothing can be shown about it", "ownwords build ...") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise NotProven(f"{path} is damaged", "restore it from a backup, or build again") from error


_KINDS: dict[str, type] = {
    **dict.fromkeys(("artifact", "product", "purpose", "content_hash", "code_version", "made_at", "on_withdrawal"), str),
    **dict.fromkeys(("options", "inputs", "permit", "metrics", "origins", "outputs", "resources"), dict),
    "steps": list,
    "seed": int,
}
