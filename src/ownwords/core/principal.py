"""Who asks, and which verbs that role may use on whom."""

from __future__ import annotations

from dataclasses import dataclass

from ownwords.core.errors import NotPermitted, Usage

ROLES = ("operator", "person", "licensee")
#: What a person may do, each on the own account only. `why` and `show` are the two halves of `permit`.
PERSON_MAY = frozenset({"permit.why", "consent", "forget", "use.self_access"})
#: What a licensee may do; licences come with the licensing product, so until then nothing.
LICENSEE_MAY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    role      one of ROLES
    account   account id (`network:native`) of a person or licensee; None for operators
    """

    role: str
    account: str | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise Usage(f"role {self.role!r} does not exist", f"choose one of {', '.join(ROLES)}")
        if self.role == "person" and not self.account:
            raise Usage("a person's access needs the account it is for", "name it: network:native-id")


def authorize(principal: Principal, action: str, target: str | None = None) -> None:
    """Return if `principal` may carry out `action`, else raise; the one table of rights.

    action   a verb, or a verb and what it does: `permit.why`, `use.self_access`
    target   account id that the action is about; None = nobody in particular
    raises   NotPermitted, with one text for every target, so that nobody learns from it who is held here
    """
    if principal.role == "operator":
        return
    if principal.role == "person" and action in PERSON_MAY and target is not None and target == principal.account:
        return
    if principal.role == "licensee" and action in LICENSEE_MAY:
        return
    raise NotPermitted(f"a {principal.role} may not do this with that target ({action})", "ask an operator of this workspace")
