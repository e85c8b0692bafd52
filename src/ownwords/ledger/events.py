"""One event: what it says, and the leaf that commits to it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring

from ownwords.core import clock
from ownwords.core.errors import Fault
from ownwords.core.hashing import canonical_json

Body = dict[str, object]
#: What a float of 2^53 or more looks like in JSON; within a text it does no harm.
_MAYBE_LOSSY = re.compile(r"\d{16}\.\d|\d[eE]\+?\d|NaN|Infinity")


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
    name = "null" if account is None else encode_basestring(account)
    text = f'{{"account":{name},"at":"{at}","body":{body},"kind":"{kind}","seq":{seq}}}'
    return hmac.digest(key, text.encode(), "sha256")


def body_texts(bodies: Sequence[Body]) -> list[str]:
    """Canonical JSON of each body; one that stands there many times is written once.

    raises   TypeError for what is no JSON; Fault for numbers that do not survive JSON (see `_check_numbers`)
    """
    known: dict[int, str] = {}
    for body in bodies:
        if id(body) not in known:
            known[id(body)] = text = canonical_json(body).decode()
            if _MAYBE_LOSSY.search(text):
                _check_numbers(body)
    return [known[id(body)] for body in bodies]


def _check_numbers(value: object) -> None:
    """That no number is one that readers round: a float from 2^53 on may have been an id with other digits.

    Whole numbers are kept exact, however long.
    """
    if isinstance(value, float) and not abs(value) < 2**53:  # NaN and infinity too, which are no JSON
        raise Fault("an event's body holds a number that lost digits, as ids read as numbers do", "write ids as text")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        _check_numbers(part)


def leaf_of_event(key: bytes, event: Event) -> bytes:
    """The leaf that `event` must have if its person's key is `key`; b"" for one whose body is gone."""
    if event.body is None:
        return b""
    return leaf_of(key, event.seq, clock.to_text(event.at), event.kind, event.account, canonical_json(event.body).decode())
