"""Append-only memory: decisions, states, manifests and forgettings in a Merkle log, with keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ownwords.ledger.checkpoints import verify_checkpoint
    from ownwords.ledger.decisions import decision_body, kind_of, state_body
    from ownwords.ledger.events import Event
    from ownwords.ledger.keys import Keys
    from ownwords.ledger.log import Head, Ledger, Since

__all__ = ["Event", "Head", "Keys", "Ledger", "Since", "decision_body", "kind_of", "state_body", "verify_checkpoint"]


def __getattr__(name: str) -> object:
    """Each part when it is asked for, so that the verifier and the witness load neither tables nor a database."""
    if name not in __all__:
        raise AttributeError(name)
    if name == "Keys":
        from ownwords.ledger.keys import Keys

        return Keys
    if name == "verify_checkpoint":
        from ownwords.ledger.checkpoints import verify_checkpoint

        return verify_checkpoint
    from ownwords.ledger.decisions import decision_body, kind_of, state_body
    from ownwords.ledger.events import Event
    from ownwords.ledger.log import Head, Ledger, Since

    told = {"Event": Event, "Head": Head, "Ledger": Ledger, "Since": Since}
    return {**told, "decision_body": decision_body, "kind_of": kind_of, "state_body": state_body}[name]
