"""`permit why`: the rule that decided about one record, the words it rests on, and the proof that the ledger holds them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ownwords.core import clock
from ownwords.core.errors import NotFound
from ownwords.core.permit import Question

if TYPE_CHECKING:
    from ownwords.ledger.events import Event
    from ownwords.policy.gate import Facts
    from ownwords.verbs._then import Then

#: The rule that looks at the state of an account: where the ledger tells the state, that event is behind it.
_OF_STATE = "gate:3"


def answer(then: Then, record: str, purpose: str) -> dict[str, object]:
    """Whether one record may be used, and why. Facts are read on its author, and on whom it quotes.

    raises   NotFound for a record that is not, or was not yet, held here
    """
    from ownwords.policy import gate
    from ownwords.store import locks

    with locks.reading(then.house.workspace.leases):
        found = then.record(record)
        if not found.height:
            raise NotFound("no record of that id is held here", "record ids read network:native-id")
        author = found["account_id"][0]
        facts = then.facts(about=found)
        decided = gate.decide(found.lazy(), facts, Question(purpose, then.at)).select("allowed", "rule", "clause").collect()
    allowed, rule, clause = decided.row(0)
    said: dict[str, object] = {"record": record, "purpose": purpose, "allowed": allowed, "rule": rule, "clause": clause}
    said |= {"because": gate.explain(rule), "as_of": clock.to_text(then.at)}
    event, paragraph = _rests_on(then, str(clause), author, facts)
    if paragraph is not None:
        said["clause_text"] = paragraph
    return said if event is None else said | _entry(then, event)


def _rests_on(then: Then, clause: str, author: str | None, facts: Facts) -> tuple[Event | None, str | None]:
    """The event behind a clause, and the paragraph of the policy's text if it is one; a rule of the gate's own mostly has neither."""
    kind, _, rest = clause.partition(":")
    if kind == "ledger":
        return _event(then, int(rest), author), None
    if clause == _OF_STATE and facts.states.height:
        return _event(then, int(facts.states["seq"][0]), author), None
    rule = next((one for one in facts.policy.rules if one.cites == clause), None)
    if rule is None:
        return None, None
    paragraph = facts.policy.clauses.get(rule.clause)
    return then.adopted, None if paragraph is None else paragraph.words


def _event(then: Then, seq: int, author: str | None) -> Event | None:
    found = itertools.islice(then.house.ledger.events(after=seq - 1, account=author), 1)
    return next((event for event in found if event.seq == seq), None)


def _entry(then: Then, event: Event) -> dict[str, object]:
    """The event as a reader sees it, and what shows that it is in the log: a signed checkpoint, and the way up from its leaf."""
    ledger = then.house.ledger
    note = ledger.checkpoint()
    size = int(str(note["size"]))
    entry = {"seq": event.seq, "kind": event.kind, "at": clock.to_text(event.at), "who": str((event.body or {}).get("by", "operator"))}
    proof = {"leaf": event.leaf.hex(), "path": ledger.inclusion(event.seq, size), "checkpoint": note}
    return {"entry": entry, "proof": proof}
