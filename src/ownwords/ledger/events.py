"""One event: what it says, and the leaf that commits to it."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime

from ownwords.core import clock
from ownwords.core.hashing import canonical_json

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger.

    seq       1, 2, 3 ... without gaps
    account   whom it is about; None = nobody, or someone forgotten
    body      None = the person it was about is forgotten
    leaf      32 bytes, HMAC of all the rest under a key of that person; stays when they are forgotten
    """

    seq: int
    at: datetime
    kind: str
    account: str | None
    body: Body | None
    leaf: bytes

    @property
    def is_buried(self) -> bool:
        """Whether the person it was about is forgotten."""
        return self.body is None


def leaf_of(key: bytes, seq: int, at: str, kind: str, account: str | None, body: str) -> bytes:
    """HMAC-SHA256 over the canonical JSON of {account, at, body, kind, seq}; `body` is canonical JSON already."""
    text = f'{{"account":{json.dumps(account, ensure_ascii=False)},"at":"{at}","body":{body},"kind":{json.dumps(kind)},"seq":{seq}}}'
    return hmac.digest(key, text.encode(), "sha256")


def leaf_of_event(key: bytes, event: Event) -> bytes:
    """The leaf that `event` must have if its person's key is `key`; b"" for one whose body is gone."""
    if event.body is None:
        return b""
    return leaf_of(key, event.seq, clock.to_text(event.at), event.kind, event.account, canonical_json(event.body).decode())
