"""Who may speak for somebody else: guardians and legacy contacts, appointed, verified, dismissed.

Events `role.appointed`, `role.verified` and `role.dismissed` are about the person; the holder stands in them as a keyed hash, so a family's
names are never in the ledger. A role counts from its verification, which is an operator's act with evidence, until it is dismissed:
to claim to be somebody's guardian or contact opens nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownwords.core.errors import NotFound, NotPermitted, Usage

if TYPE_CHECKING:
    from ownwords.ledger.events import Body
    from ownwords.verbs._house import House

ROLES = ("guardian", "legacy_contact")
#: States of an account whose owner is dead, or said to be.
DEAD = frozenset({"memorialised", "historical", "disputed"})
#: States in which nobody can be taken for the person any more.
SILENT = DEAD | {"deleted"}
_APPOINTED, _VERIFIED, _DISMISSED = "role.appointed", "role.verified", "role.dismissed"


def change(house: House, account: str, action: str, role: str, holder: str | None, by: str, evidence: str | None) -> int:
    """Appoint, verify or dismiss; the ledger event.

    raises   Usage, NotFound, NotPermitted naming the rule
    """
    if role not in ROLES:
        raise NotFound.among("role", role, ROLES)
    if not holder:
        raise Usage(f"consent {action} needs --holder, who {action}s to be told apart by", "any id of that person, e.g. an e-mail address")
    tag = tag_of(house, holder)
    now_is = _standing(house, account).get((role, tag))
    if action == "appoint":
        _may_appoint(house, account, role, by)
    elif now_is is None:
        raise NotFound(
            "that holder was not appointed to this role, or was dismissed", f"ownwords consent appoint PERSON {role} --holder ID"
        )
    elif action == "verify" and evidence is None:
        raise Usage("consent verify needs --evidence: the document it was verified by", "--evidence FILE or its sha256")
    elif action == "dismiss":
        _may_dismiss(role, by)
    kind = {"appoint": _APPOINTED, "verify": _VERIFIED, "dismiss": _DISMISSED}[action]
    body: Body = {"role": role, "holder": tag, "by": by, "evidence": evidence}
    return house.ledger.append(kind, body, account=account)


def tag_of(house: House, holder: str) -> str:
    """What stands for a holder in the ledger: a keyed hash."""
    return house.keys.tag(holder, "holder")


def check_voice(house: House, account: str, by: str, holder: str | None) -> None:
    """Return if `by` may speak: the person and imports as they are, a guardian or legacy contact if verified.

    raises   Usage without a holder; NotPermitted for a claim nobody verified
    """
    if by not in ROLES:
        if holder:
            raise Usage("--holder goes with --by guardian or --by legacy_contact", "leave one of them out")
        return
    if not holder:
        raise Usage(f"--by {by} needs --holder: the id under which the {by.replace('_', ' ')} was appointed", "--holder ID")
    if _standing(house, account).get((by, tag_of(house, holder))) != _VERIFIED:
        rule = "5" if by == "guardian" else "3"
        says = f"rule {rule}: this {by.replace('_', ' ')} was not appointed and verified for that account"
        raise NotPermitted(says, f"ownwords consent appoint PERSON {by} --holder ID, then consent verify with --evidence")
    if by == "guardian" and house.is_minor(account) is False:
        raise NotPermitted("rule 5: a guardian speaks for somebody known to be a minor, and that account's owner is of age", "--by self")


def shown(house: House, account: str) -> list[dict[str, object]]:
    """Roles now held: role, holder (the beginning of the keyed hash), and whether verified."""
    held = _standing(house, account)
    return [{"role": role, "holder": tag[:12], "verified": kind == _VERIFIED} for (role, tag), kind in held.items()]


def _standing(house: House, account: str) -> dict[tuple[str, str], str]:
    """(role, holder's tag) → kind of the newest event, dismissed ones left out."""
    held: dict[tuple[str, str], str] = {}
    for event in house.ledger.events("role.*", account=account):
        body = event.body or {}
        key = (str(body["role"]), str(body["holder"]))
        if event.kind == _DISMISSED:
            held.pop(key, None)
        elif event.kind == _VERIFIED or held.get(key) != _VERIFIED:
            held[key] = event.kind
    return held


def _may_appoint(house: House, account: str, role: str, by: str) -> None:
    if role == "legacy_contact" and by != "self":
        raise NotPermitted("rule 3: a legacy contact is appointed by the person alone, in their lifetime", "leave --by out, if it is they")
    if role == "legacy_contact" and house.state_of(account) in SILENT:
        raise NotPermitted("rule 3: the account is a memorial, disputed or deleted; nobody can be appointed for it any more", "")
    if role == "guardian" and by not in {"court", "guardian"}:
        raise NotPermitted("rule 5: a guardian is named by a court, or claims it and is verified", "--by court, or --by guardian")


def _may_dismiss(role: str, by: str) -> None:
    """The person ends a legacy contact's role, a court a guardian's; everybody may lay down their own."""
    if by not in {"court", role, "self" if role == "legacy_contact" else "court"}:
        raise NotPermitted(f"rule {5 if role == 'guardian' else 3}: {by} cannot dismiss a {role.replace('_', ' ')}", "--by court")
