"""Sign receipts; `ledger.verifier` checks them with nothing but the receipt."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ownwords.verbs._house import House


def signed(house: House, format: str, seq: int, says: Mapping[str, object]) -> dict[str, object]:
    """A receipt for ledger event `seq`: what is said, the event's place in the log, and our signature over all of it."""
    from ownwords.core import clock
    from ownwords.core.hashing import canonical_json

    checkpoint = house.ledger.checkpoint()
    event = next(iter(house.ledger.events(after=seq - 1)))
    unsigned = {
        "format": format,
        "at": clock.to_text(clock.now()),
        "event": {"seq": seq, "leaf": event.leaf.hex()},
        **says,
        "inclusion": house.ledger.inclusion(seq, int(str(checkpoint["size"]))),
        "checkpoint": checkpoint,
        "public_key": house.keys.public_pem.decode(),
    }
    return {**unsigned, "signature": base64.b64encode(house.keys.sign(canonical_json(unsigned))).decode()}
