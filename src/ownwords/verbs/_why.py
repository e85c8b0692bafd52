"""`permit why`: the rule that decided about one record, the words it rests on, and the proof that the ledger holds them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ownwords.core import clock
from ownwords.core.errors import NotFound
from ownwords.core.permit import Question

if TYPE_CHECKING:
    from ownwords.ledger.events import Event
    from ownwords.policy.file import Policy
    from ownwords.verbs._then import Then


def answer(then: Then, record: str, purpose: str) -> dict[str, object]:
    """Whether one record may be used, and why. Facts are read on its author alone.

    raises   NotFound for a record that is not, or was not yet, held here
    """
    from ownwords.policy import gate
    from ownwords.store import locks

    with locks.reading(then.house.workspace.leases):
        found = then.record(record)
        if not found.height:
            raise NotFound("no record of that id is held here", "record ids read network:native-id")
        author = found["account_id"][0]
        facts = then.facts(only=[] if author is None else [author])
        decided = gate.decide(found.lazy(), facts, Question(purpose, then.at)).select("allowed", "rule", "clause").collect()
    allowed, rule, clause = decided.row(0)
    said: dict[str, object] = {"record": record, "purpose": purpose, "allowed": allowed, "rule": rule, "clause": clause}
    said |= {"because": gate.explain(rule), "as_of": clock.to_text(then.at)}
    event, paragraph = _rests_on(then, str(clause), author, facts.policy)
    if paragraph is not None:
        said["clause_text"] = paragraph
    return said if event is None else said | _entry(then, event)


def _rests_on(then: Then, clause: str, author: str | None, policy: Policy) -> tuple[Event | None, str | None]:
    """The ledger's event behind a clause, and the paragraph of the policy's text, if it is one; a rule of the gate's own has neither."""
    kind, _, rest = clause.partition(":")
    if kind == "ledger":
        seq = int(rest)
        after = itertools.islice(then.house.ledger.events(after=seq - 1, account=author), 1)
        return next((event for event in after if event.seq == seq), None), None
    rule = next((one for one in policy.rules if one.cites == clause), None)
    if rule is None:
        return None, None
    paragraph = policy.clauses.get(rule.clause)
    return then.adopted, None if paragraph is None else paragraph.words


def _entry(then: Then, event: Event) -> dict[str, object]:
    """The event as a reader sees it, and what shows that it is in the log: a signed checkpoint, and the way up from its leaf."""
    ledger = then.house.ledger
    note = ledger.checkpoint()
    size = int(str(note["size"]))
    entry = {"seq": event.seq, "kind": event.kind, "at": clock.to_text(event.at), "who": str((event.body or {}).get("by", "operator"))}
    proof = {"leaf": event.leaf.hex(), "path": ledger.inclusion(event.seq, size), "checkpoint": note}
    return {"entry": entry, "proof": proof}
