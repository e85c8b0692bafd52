"""A workspace: one folder with everything, and the version of its format."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core import files
from ownwords.core.errors import BadWorkspace, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT = 1
#: There from the first to the last step of `init`.
_BEGUN = "init.unfinished"
_FOLDERS = ("policy", "store", "artifacts", "rejects", "keys", "tmp", "receipts", "leases")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where things lie; opening one creates nothing.

    settings   ownwords.toml as read once
    """

    root: Path
    settings: tuple[tuple[str, str], ...] = ()

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """The workspace in `root`.

        raises   BadWorkspace if there is none, or if it is of a newer or older format
        """
        marker = root / "format.json"
        if not marker.exists():
            raise BadWorkspace(f"{root} is not a workspace (it has no format.json)", f"ownwords -w {root} init")
        try:
            found = int(json.loads(marker.read_bytes())["format"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise BadWorkspace(f"{marker} cannot be read as a format marker", "restore it from a backup") from error
        if found > FORMAT:
            raise BadWorkspace(f"{root} has format {found}; this version reads up to {FORMAT}", "upgrade ownwords, then try again")
        return cls(root.absolute(), _settings(root / "ownwords.toml"))

    @classmethod
    def create(cls, root: Path, ledger: str = "") -> Workspace:
        """A new, empty workspace; the marker is written last, so a crash leaves no half of one.

        ledger   the URL of its ledger; empty: a file in it
        raises   Usage if one is there already, or the folder holds something else
        """
        if (root / "format.json").exists():
            raise Usage(f"{root} is a workspace already", f"ownwords -w {root} permit show train_ai")
        if (root / _BEGUN).exists():  # an init that died: nothing was acknowledged
            for path in root.iterdir():
                files.remove_tree(path)
        if root.exists() and any(root.iterdir()):
            raise Usage(f"{root} is not empty and is no workspace", "choose an empty or new folder with -w DIR")
        root.mkdir(parents=True, exist_ok=True)
        (root / _BEGUN).touch()
        for name in _FOLDERS:
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "keys").chmod(0o700)
        settings = f"# settings of this workspace\nledger = {json.dumps(ledger)}  # empty: ledger.db here; or a PostgreSQL URL\n"
        files.write_atomic(root / "ownwords.toml", settings, mode=0o600)  # a URL may hold a password
        return cls(root.absolute(), (("ledger", ledger),))

    def finish(self) -> None:
        """Declare a created workspace complete."""
        files.write_atomic(self.root / "format.json", json.dumps({"format": FORMAT}) + "\n")
        (self.root / _BEGUN).unlink()

    def setting(self, name: str) -> str:
        """The value of a key in ownwords.toml, empty if it is not set."""
        return dict(self.settings).get(name, "")

    def section(self, name: str) -> dict[str, str]:
        """Keys and values of the table `[name]` in ownwords.toml."""
        return {key.removeprefix(f"{name}."): value for key, value in self.settings if key.startswith(f"{name}.")}

    @property
    def store(self) -> Path:
        """Rows at rest."""
        return self.root / "store"

    @property
    def artifacts(self) -> Path:
        """What was made."""
        return self.root / "artifacts"

    @property
    def policy(self) -> Path:
        """The policy in force and those before it, each with its text."""
        return self.root / "policy"

    @property
    def keys(self) -> Path:
        """Secrets; mode 0700."""
        return self.root / "keys"

    @property
    def tmp(self) -> Path:
        """Unfinished work; recovery may empty it."""
        return self.root / "tmp"

    @property
    def rejects(self) -> Path:
        """Position, reason and hash of refused rows, one Parquet file a batch."""
        return self.root / "rejects"

    @property
    def receipts(self) -> Path:
        """Signed receipts of what was forgotten, without names."""
        return self.root / "receipts"

    @property
    def leases(self) -> Path:
        """One locked file per reader at work."""
        return self.root / "leases"


def _settings(path: Path) -> tuple[tuple[str, str], ...]:
    if not path.exists():
        return ()
    try:
        return tuple(_flat(tomllib.loads(path.read_bytes().decode())))
    except tomllib.TOMLDecodeError as error:
        raise BadWorkspace(f"{path} is not TOML: {error}", "mend the line it names") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise BadWorkspace(f"{path} is not TOML: it is damaged", "restore it from a backup") from error


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Keys and values; what stands in a table `[t]` is called `t.key`."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
