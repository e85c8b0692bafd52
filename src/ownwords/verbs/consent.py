"""`consent`: people decide; every decision is an event in the ledger."""

from __future__ import annotations

import string
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ownwords.verbs._house import House

DECISIONS = ("give", "refuse", "withdraw", "object", "renew", "expire")
ROLE_ACTIONS = ("appoint", "verify", "dismiss")
ACTIONS = (*DECISIONS, "state", *ROLE_ACTIONS, "import", "show")
BY = ("self", "guardian", "legacy_contact", "court", "import")
_SCOPE = ("category", "since", "until", "record")
#: Which options an action takes; any other is refused rather than passed over.
_TAKES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(DECISIONS, (*_SCOPE, "by", "holder", "lifetime", "effective", "evidence")),
    **dict.fromkeys(("give", "renew"), (*_SCOPE, "by", "holder", "lifetime", "effective", "expires", "evidence")),
    "state": ("by", "holder", "evidence"),
    **dict.fromkeys(ROLE_ACTIONS, ("by", "holder", "evidence")),
    "import": (),
    "show": (),
}


def consent(
    workspace: str | Path,
    action: str,
    person: str,
    what: str = "",
    *,
    category: str | None = None,
    since: str | None = None,
    until: str | None = None,
    record: str | None = None,
    by: str = "self",
    holder: str | None = None,
    lifetime: bool = False,
    effective: str | None = None,
    expires: str | None = None,
    evidence: str | None = None,
) -> dict[str, object]:
    """Record a decision of a person, who may speak for them, or the state of their account; or show what is recorded.

    action    give refuse withdraw object renew expire, state, appoint verify dismiss (a role), import (a list), show
    person    account id or network:@handle; with import: a file of them, one a line
    what      a purpose such as train_ai; with state: active protected suspended deactivated deleted memorialised historical; or a role
    category  only this category of words (post, reply, ...); `special` for what is marked as health, religion and the like
    since     only what was posted at or after this date
    until     only what was posted before this date
    record    only this record id
    by        who says so: self guardian legacy_contact court import
    holder    with guardian or legacy_contact: the id under which they were appointed; kept as a keyed hash
    lifetime  the person's own directive for after their death
    effective  when it was decided, if not now; a later decision stands, whichever arrives first
    expires   with give and renew: from this date on it grants nothing
    evidence  the document behind it: a file, or its sha256; only the hash is kept
    """
    from ownwords.core.errors import NotFound
    from ownwords.core.purpose import find
    from ownwords.verbs import _consent_record, _optouts, _roles
    from ownwords.verbs._house import House

    if action not in ACTIONS:
        raise NotFound.among("consent action", action, ACTIONS)
    if by not in BY:
        raise NotFound.among("--by", by, BY)
    given = {"category": category, "since": since, "until": until, "record": record, "holder": holder, "effective": effective}
    _check_options(action, {**given, "expires": expires, "evidence": evidence, "by": by != "self", "lifetime": lifetime}, what)
    if action == "import":
        find(what)
        return _optouts.take_in(House.open(workspace), Path(person), what)
    if action in DECISIONS:
        find(what)
        body = _body(action, what, given, by, lifetime, expires, _hash_of(evidence))
        return _decide(House.open(workspace), action, person, body, holder)
    house = House.open(workspace)
    account = house.account(person, told=action == "show")
    if action == "state":
        return _state(house, account, what, by, holder, _hash_of(evidence))
    if action in ROLE_ACTIONS:
        seq = _roles.change(house, account, action, what, holder, by, _hash_of(evidence))
        return {"event": seq, "action": action, "role": what}
    decisions = _consent_record.decisions_of(house, account)
    return {"state": house.state_of(account), "decisions": decisions, "roles": _roles.shown(house, account)}


def _check_options(action: str, given: dict[str, object], what: str) -> None:
    from ownwords.core.errors import Usage

    for name, value in given.items():
        if value and name not in _TAKES[action]:
            raise Usage(f"--{name} does not go with consent {action}", "leave it out")
    if action == "show" and what:
        raise Usage("consent show takes a person alone", "ownwords consent show PERSON")
    if action != "show" and not what:
        meant = "a state" if action == "state" else "a role" if action in ROLE_ACTIONS else "a purpose"
        raise Usage(f"consent {action} needs {meant}", f"ownwords consent {action} PERSON {meant.split()[1].upper()}")


def _body(
    action: str, purpose: str, given: dict[str, str | None], by: str, lifetime: bool, expires: str | None, evidence: str | None
) -> dict[str, object]:
    """The event's body, checked as far as it can be without the workspace."""
    from ownwords.core import clock
    from ownwords.core.errors import NotFound, NotPermitted, Usage
    from ownwords.core.schemas import CATEGORIES, SPECIAL
    from ownwords.ledger.decisions import decision_body

    category = given["category"]
    if category is not None and category not in CATEGORIES | {SPECIAL}:
        raise NotFound.among("category", category, CATEGORIES | {SPECIAL})
    if action in {"give", "renew"} and by in {"legacy_contact", "court", "import"}:
        raise NotPermitted(f"rule 3: {by} can narrow or refuse, never give", "only the person can give, or a guardian for a minor")
    if lifetime and by != "self":
        raise NotPermitted("rule 3: a lifetime directive is the person's own word", "leave --lifetime out, or use --by self")
    since, until = _instant("--since", given["since"]), _instant("--until", given["until"])
    if since is not None and until is not None and since >= until:
        raise Usage("--until is not after --since, so the decision would cover nothing", "swap or mend the two dates")
    effective_at = _instant("--effective", given["effective"]) or clock.now()
    expires_at = _instant("--expires", expires)
    if expires_at is not None and expires_at <= effective_at:
        raise Usage("--expires is not after the decision itself", "give a later date")
    return decision_body(
        purpose,
        effective_at=effective_at,
        category=category,
        since=since,
        until=until,
        record_id=given["record"],
        by=by,
        source="import" if by == "import" else "self",
        is_lifetime=lifetime,
        expires_at=expires_at,
        evidence=evidence,
    )


def _decide(house: House, action: str, person: str, body: dict[str, object], holder: str | None) -> dict[str, object]:
    """Append the decision, once; what is signed goes to whoever decided."""
    from ownwords.core.errors import NotPermitted, Usage
    from ownwords.verbs import _consent_record, _roles
    from ownwords.verbs._names import same_account

    grants = action in {"give", "renew"}
    account = house.account(person, told=not grants)
    record = body["record_id"]
    if record is not None and not house.holds(str(record), account):
        raise Usage("--record names no record of that account", "ownwords permit why RECORD shows whose it is")
    _roles.check_voice(house, account, str(body["by"]), holder)
    if body["by"] == "guardian" and grants and not house.is_minor(account):
        raise NotPermitted(
            "rule 5: a guardian decides for somebody known to be a minor, and that account is not", "--by self, if it is they"
        )
    if holder:
        body = {**body, "source": f"{body['by']}:{_roles.tag_of(house, holder)[:16]}"}  # each of several has a voice of their own
    if grants and house.state_of(account) in _roles.SILENT:
        raise NotPermitted(
            "rule 3: for a memorialised, disputed or deleted account nothing can be given, only withdrawn", "consent withdraw"
        )
    if action == "renew" and not _consent_record.renewable(house, account, body):
        raise NotPermitted(
            "rule 9: there is no consent of that scope to renew: none was given, or it was withdrawn", "ownwords consent give"
        )
    seq = _consent_record.same(house, account, action, body)
    is_new = seq is None
    if seq is None:
        seq = house.ledger.append(f"consent.{action}", body, account=account)
        for twin in [] if grants else same_account(house.store(), account)[1:]:
            house.ledger.append(f"consent.{action}", body, account=twin)
    said = {"event": seq, "action": action, "purpose": body["purpose"], "effective_at": body["effective_at"]}
    return {**said, **({} if is_new else {"duplicate": True}), "receipt": _consent_record.receipt(house, account, action, body, seq)}


def _state(house: House, account: str, state: str, by: str, holder: str | None, evidence: str | None) -> dict[str, object]:
    """Change an account's state: anybody narrows within their role, only the person comes back."""
    from ownwords.core.errors import NotFound, NotPermitted
    from ownwords.core.schemas import ACCOUNT_STATES, STATE_ORDER
    from ownwords.verbs import _roles

    if state not in ACCOUNT_STATES - {"disputed"}:
        raise NotFound.among("account state", state, ACCOUNT_STATES - {"disputed"})
    _roles.check_voice(house, account, by, holder)
    now_is = house.state_of(account)
    if now_is == "deleted":
        raise NotPermitted("rule 3: the account is deleted; its erasure is due and cannot be called off", "ownwords forget PERSON")
    if state == "historical" and (by != "court" or evidence is None or now_is != "memorialised"):
        raise NotPermitted("rule 3: only an order can declare a memorial historical", "--by court --evidence FILE, once it is memorialised")
    if state == "memorialised" and (by == "self" or evidence is None):
        raise NotPermitted(
            "rule 3: a death is reported by somebody else, with evidence", "--by legacy_contact, court or import, --evidence FILE"
        )
    confirms = now_is == "disputed" and state == "memorialised"
    if by != "self" and not confirms and STATE_ORDER.index(state) < STATE_ORDER.index(now_is) and state != "historical":
        raise NotPermitted(f"rule 3: {by} can close an account, only the person can open it again", "use --by self, if it is they")
    if by == "import" and state == "deleted":
        raise NotPermitted("rule 3: a deletion cannot be called off, so it is not taken on hearsay", "deactivated closes the account too")
    if now_is in _roles.DEAD and by == "self" and evidence is None:
        return {
            "event": dispute(house, account),
            "action": "state",
            "state": "disputed",
            "because": "identity must be verified: --evidence",
        }
    seq = house.ledger.append("account.state", {"state": state, "by": by, "evidence": evidence}, account=account)
    return {"event": seq, "action": "state", "state": state}


def dispute(house: House, account: str) -> int:
    """Somebody speaks as the person of a memorial: nothing is used or given until an operator has verified who it is."""
    return house.ledger.append("account.state", {"state": "disputed", "by": "self", "evidence": None}, account=account)


def _hash_of(evidence: str | None) -> str | None:
    """The sha256 of a document: given as such, or of the file named."""
    from ownwords.core.errors import NotFound
    from ownwords.core.files import sha256_file

    if evidence is None or (len(evidence) == 64 and not set(evidence) - set(string.hexdigits)):
        return evidence.lower() if evidence else None
    if not Path(evidence).is_file():
        raise NotFound("--evidence is neither a sha256 nor a file", "give the document's path, or its sha256 in hex")
    return sha256_file(Path(evidence))


def _instant(option: str, text: str | None) -> datetime | None:
    from ownwords.core import clock
    from ownwords.core.errors import Usage

    if text is None:
        return None
    try:
        return clock.from_text(text)
    except ValueError as error:
        raise Usage(f"{option} {text!r} is no date", "write it as 2026-01-31 or 2026-01-31T12:00:00Z") from error
