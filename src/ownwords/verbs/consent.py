"""`consent`: people decide; every decision is an event in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

DECISIONS = ("give", "refuse", "withdraw", "object")
BY = ("self", "guardian", "legacy_contact", "court", "import")
STATES = ("active", "protected", "suspended", "deactivated", "deleted", "memorialised", "historical")


def consent(
    workspace: str | Path,
    action: str,
    person: str,
    what: str,
    *,
    category: str | None = None,
    since: str | None = None,
    until: str | None = None,
    record: str | None = None,
    by: str = "self",
    lifetime: bool = False,
) -> dict[str, object]:
    """Record a decision of a person, or the state of their account.

    action    give, refuse, withdraw, object, or state
    person    account id or network:@handle
    what      a purpose such as train_ai; with `state`: active protected suspended deactivated deleted memorialised historical
    category  only this category of words (post, reply, ...)
    since     only what was posted at or after this date
    until     only what was posted before this date
    record    only this record id
    by        who says so: self guardian legacy_contact court import
    lifetime  the person's own directive for after their death
    """
    from ownwords.core import clock
    from ownwords.core.errors import NotFound, NotPermitted, Usage
    from ownwords.core.purpose import find
    from ownwords.core.schemas import CATEGORIES
    from ownwords.ledger.decisions import decision_body
    from ownwords.verbs._house import House

    if action not in {*DECISIONS, "state"}:
        raise NotFound.among("consent action", action, {*DECISIONS, "state"})
    if by not in BY:
        raise NotFound.among("--by", by, BY)
    if action == "state":
        return _state(House.open(workspace), person, what, by)
    find(what)
    if category is not None and category not in CATEGORIES:
        raise NotFound.among("category", category, CATEGORIES)
    if action == "give" and by in {"legacy_contact", "court", "import"}:
        raise NotPermitted(f"rule 3: {by} can narrow or refuse, never give", "only the person can give, or a guardian for a minor")
    if lifetime and by != "self":
        raise NotPermitted("rule 3: a lifetime directive is the person's own word", "leave --lifetime out, or use --by self")
    house = House.open(workspace)
    now = clock.now()
    body = decision_body(
        what,
        effective_at=now,
        category=category,
        since=_instant("--since", since),
        until=_instant("--until", until),
        record_id=record,
        by=by,
        source="import" if by == "import" else "self",
        is_lifetime=lifetime,
    )
    account = house.account(person)
    if action == "give" and house.state_of(account) in {"memorialised", "deleted"}:
        raise NotPermitted(
            "rule 3: for a memorialised or deleted account nothing can be given, only withdrawn", "ownwords consent withdraw ..."
        )
    if record is not None and not house.holds(record, account):
        raise Usage("--record names no record of that account", "ownwords permit why RECORD shows whose it is")
    seq = house.ledger.append(f"consent.{action}", body, account=account)
    return {"event": seq, "action": action, "purpose": what, "effective_at": clock.to_text(now)}


def _state(house: object, person: str, state: str, by: str) -> dict[str, object]:
    from ownwords.core.errors import NotFound, NotPermitted
    from ownwords.verbs._house import House

    assert isinstance(house, House)
    if state not in STATES:
        raise NotFound.among("account state", state, STATES)
    account = house.account(person)
    now_is = house.state_of(account)
    if now_is == "deleted":
        raise NotPermitted("rule 3: the account is deleted; its erasure is due and cannot be called off", "ownwords forget PERSON")
    if now_is in {"memorialised", "historical"} and by != "self" and state != "deleted":
        raise NotPermitted("rule 3: only the person can take an account back from a memorial", "use --by self, if it is they")
    if state == "historical" and by != "court":
        raise NotPermitted("rule 3: only an order can declare an account historical", "use --by court, with the order at hand")
    seq = house.ledger.append("account.state", {"state": state, "by": by}, account=account)
    return {"event": seq, "action": "state", "state": state}


def _instant(option: str, text: str | None) -> datetime | None:
    from ownwords.core import clock
    from ownwords.core.errors import Usage

    if text is None:
        return None
    try:
        return clock.from_text(text)
    except ValueError as error:
        raise Usage(f"{option} {text!r} is no date", "write it as 2026-01-31 or 2026-01-31T12:00:00Z") from error
