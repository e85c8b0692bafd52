"""What a request to a verb is about, in the terms of `core.principal.authorize`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ownwords.core.errors import NotPermitted
from ownwords.core.principal import Principal, authorize

if TYPE_CHECKING:
    from ownwords.verbs._service import Service


#: What people may do with `consent` on their own account; the rest is an operator's.
OWN_ACTIONS = frozenset({"give", "refuse", "withdraw", "object", "renew", "show", "appoint", "dismiss"})


def check(service: Service, principal: Principal, verb: str, given: dict[str, Any]) -> str | None:
    """The account that the request is about, if `principal` may make it.

    raises   NotPermitted, alike for people that are known here, people that are not, and the own account after death
    """
    action, target = _asked(service, principal, verb, given)
    if principal.role == "person" and target is not None and target == principal.account and service.is_dead(target):
        service.dispute(target)  # whoever holds the token is not the person, or not dead: rule 3
        target = None
    authorize(principal, action, target)
    return target


def _asked(service: Service, principal: Principal, verb: str, given: dict[str, Any]) -> tuple[str, str | None]:
    """The action, and the account it is about."""
    if verb == "permit":
        if any(given[name] is not None for name in ("report", "notify", "draft")):
            raise NotPermitted("a request over HTTP writes no files", "leave them out, or run the command where the workspace lies")
        question = str(given["question"])
        return f"permit.{question}", _owner(service, principal, given["subject"]) if question == "why" else None
    if verb == "consent":
        own_word = given["action"] in OWN_ACTIONS and given["by"] == "self" and _is_hash(given["evidence"])
        return "consent" if own_word else "consent.for-others", service.account_of(given["person"])
    if verb == "forget":
        return verb, _owner(service, principal, given["record"]) if given["record"] else service.account_of(given["person"])
    return verb, None


def _owner(service: Service, principal: Principal, record: str) -> str | None:
    """Whose a record is; of a person it is asked only whether it is theirs, or the time it takes would tell what else is held here."""
    if principal.role == "operator" or principal.account is None:
        return service.owner_of(record)
    return principal.account if service.holds(record, principal.account) else None


def _is_hash(evidence: str | None) -> bool:
    """A person names evidence by its sha256: a path would be one of this machine's."""
    return evidence is None or (len(evidence) == 64 and evidence.isalnum())
