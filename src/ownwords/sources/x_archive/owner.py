"""Whose archive it is, since when the account was open to all, and what its owner says of themself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import clock
from ownwords.core.errors import BadInput
from ownwords.core.schemas import ACCOUNTS
from ownwords.sources._json import Value, load
from ownwords.sources.x_archive import items

if TYPE_CHECKING:
    from ownwords.core.source import ReadOptions
    from ownwords.sources.x_archive.files import Archive

_TAIL = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Owner:
    """The person an archive belongs to.

    account_id    `x:44196397`
    changes       (instant, is protected from then on), oldest first; X tells those of the last six months only
    observed_at   when X made the archive, or else when it was had
    """

    account_id: str
    handle: str | None
    joined_at: datetime | None
    born_on: date | None
    is_suspended: bool
    changes: tuple[tuple[datetime, bool], ...]
    observed_at: datetime

    @property
    def native(self) -> str:
        """The account's number."""
        return self.account_id.removeprefix("x:")

    def visibility(self, created_at: pl.Expr) -> pl.Expr:
        """Who could see a post: public only after the archive says that the account was opened.

        A protected account hides all it ever posted; before the first change nothing is known but that it was the other state.
        """
        if not self.changes or self.changes[-1][1]:
            return pl.lit("followers" if self.changes else "unknown")
        answer = pl.lit("unknown" if self.changes[0][1] else "followers")
        for instant, is_protected in self.changes:
            answer = pl.when(created_at >= instant).then(pl.lit("followers" if is_protected else "public")).otherwise(answer)
        return pl.when(created_at.is_null()).then(pl.lit("unknown")).otherwise(answer)

    def account(self) -> pl.DataFrame:
        """ACCOUNTS with the owner's row."""
        state = "suspended" if self.is_suspended else "protected" if self.changes and self.changes[-1][1] else None
        row = {"account_id": self.account_id, "network": "x", "handle": self.handle, "state": state}
        return pl.DataFrame([{**row, "born_on": self.born_on, "joined_at": self.joined_at}], schema=ACCOUNTS)


def find(archive: Archive, options: ReadOptions) -> Owner:
    """The owner as `account.js`, else `manifest.js`, else `--account` says.

    raises   BadInput if nothing says it, or if `--account` says otherwise
    """
    account = next(iter(_values(archive, "account", "account")), {})
    manifest = next((items.manifest(part.load()) for part in archive.of("manifest")), {})
    user, info = _dict(manifest.get("userInfo")), _dict(manifest.get("archiveInfo"))
    said = _number(account.get("accountId")) or _number(user.get("accountId"))
    given = _given(options.account)
    if said and given and said != given:
        raise BadInput(f"{archive.name} belongs to another account than --account says", "leave --account out")
    native = said or given
    if native is None:
        raise BadInput(
            f"{archive.name} does not say whose it is: account.js is missing",
            f"ownwords ingest x_archive {archive.name} --account ID (the account's number)",
        )
    return Owner(
        account_id=f"x:{native}",
        handle=_str(account.get("username")) or _str(user.get("userName")),
        joined_at=_instant(account.get("createdAt")),
        born_on=_born_on(archive),
        is_suspended=_str(_last(archive, "suspension", "accountSuspension").get("action")) in ("Suspend", "Suspended"),
        changes=_changes(archive),
        observed_at=_instant(info.get("generationDate")) or options.observed_at,
    )


def _given(account: str | None) -> str | None:
    if account is None:
        return None
    native = _number(account.removeprefix("x:"))
    if native is None:
        raise BadInput("--account is not an X account id", "give its number, as in --account x:44196397")
    return native


def _changes(archive: Archive) -> tuple[tuple[datetime, bool], ...]:
    """An action we cannot read leaves nothing known: better unknown than public."""
    found = []
    for value in _values(archive, "protected", "protectedHistory"):
        instant, action = _instant(value.get("protectedAt")), (_str(value.get("action")) or "").lower()
        if instant is None or action not in ("protect", "protected", "unprotect", "unprotected"):
            return ()
        found.append((instant, action.startswith("protect")))
    return tuple(sorted(found))


def _born_on(archive: Archive) -> date | None:
    meta = next(iter(_values(archive, "age", "ageMeta")), {})
    told = _str(_dict(meta.get("ageInfo")).get("birthDate")) or ""
    try:
        return date.fromisoformat(told[:10])
    except ValueError:
        return None


def _last(archive: Archive, kind: str, key: str) -> dict[str, Value]:
    values = _values(archive, kind, key)
    return max(values, key=lambda value: _str(value.get("timeStamp")) or "") if values else {}


def _values(archive: Archive, kind: str, key: str) -> list[dict[str, Value]]:
    """The few facts in a small part; an item that cannot be read is left out."""
    rows = [row for part in archive.of(kind) for chunk in items.chunks(part, key, 1_000) for row in chunk.rows]
    return [_dict(_dict(load(row)[0]).get(key)) for row in rows]


def _dict(value: object) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _str(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> str | None:
    text = str(value) if isinstance(value, str | int) else ""
    return text if _TAIL.fullmatch(text) else None


def _instant(value: object) -> datetime | None:
    try:
        return clock.from_text(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
