"""Append-only memory: decisions, states, manifests and forgettings in a Merkle log, with keys."""

from ownwords.ledger.checkpoints import verify_checkpoint
from ownwords.ledger.decisions import decision_body, kind_of, state_body
from ownwords.ledger.events import Event
from ownwords.ledger.keys import Keys
from ownwords.ledger.log import Head, Ledger, Since

__all__ = ["Event", "Head", "Keys", "Ledger", "Since", "decision_body", "kind_of", "state_body", "verify_checkpoint"]
