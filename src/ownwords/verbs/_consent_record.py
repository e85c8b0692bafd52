"""A decision as a consent record (ISO/IEC TS 27560, in the terms of W3C DPV), and the signed receipt that a person can keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownwords.core import clock
from ownwords.core.purpose import PURPOSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.verbs._house import House

FORMAT = "ownwords-consent-receipt/1"
#: What each effect is called in DPV 2 (w3id.org/dpv).
STATUS = {
    "give": "dpv:ConsentGiven",
    "renew": "dpv:RenewedConsentGiven",
    "refuse": "dpv:ConsentRefused",
    "withdraw": "dpv:ConsentWithdrawn",
    "expire": "dpv:ConsentExpired",
    "object": "dpv:ObjectingToProcess",
}
_VOICES = {
    "self": "dpv:DataSubject",
    "guardian": "dpv:GuardianOfDataSubject",
    "legacy_contact": "ownwords:LegacyContact",
    "court": "dpv:Authority",
    "import": "dpv:ThirdParty",
}
_CONTEXT = {"dpv": "https://w3id.org/dpv#", "dct": "http://purl.org/dc/terms/", "ownwords": "urn:ownwords:"}


def record(account: str, effect: str, body: Mapping[str, object], seq: int, received_at: str, publisher: str) -> dict[str, object]:
    """The decision of ledger event `seq` as JSON-LD.

    body   as `decision_body` makes it
    """
    purpose = str(body["purpose"])
    status = {
        "@type": STATUS[effect],
        "dpv:isIndicatedBy": _VOICES.get(str(body["by"]), "dpv:ThirdParty"),
        "dpv:isIndicatedAtTime": body["effective_at"],
        "ownwords:receivedAt": received_at,
    }
    if body.get("expires_at"):
        status["dpv:hasExpiryTime"] = body["expires_at"]
    scope = {f"ownwords:{name}": body[name] for name in ("category", "since", "until", "record_id", "evidence") if body.get(name)}
    return {
        "@context": _CONTEXT,
        "@type": "dpv:ConsentRecord",
        "dct:identifier": f"{publisher}/{seq}",
        "dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#record",
        "dct:created": received_at,
        "dct:publisher": publisher,
        "dpv:hasDataSubject": account,
        "dpv:hasLegalBasis": "dpv:Consent",
        "dpv:hasProcess": {
            "@type": "dpv:Process",
            "dpv:hasPurpose": [f"ownwords:{purpose}", PURPOSES[purpose].dpv],
            "dpv:hasPersonalData": f"ownwords:{body.get('category') or 'everything-written'}",
            **scope,
        },
        "dpv:hasConsentStatus": status,
        "ownwords:lifetimeDirective": bool(body.get("is_lifetime")),
    }


def receipt(house: House, account: str, effect: str, body: Mapping[str, object], seq: int) -> dict[str, object]:
    """The record of event `seq`, signed, with its place in the log; the workspace keeps no copy."""
    from ownwords.verbs._receipts import signed

    event = next(iter(house.ledger.events(after=seq - 1)))
    publisher = f"ownwords/{house.keys.key_id}"
    told = record(account, effect, body, seq, clock.to_text(event.at), publisher)
    return signed(house, FORMAT, seq, {"record": told})


def decisions_of(house: House, account: str) -> list[dict[str, object]]:
    """Every decision on an account, oldest first: event, action, its DPV status, purpose, scope, who, when."""
    return [
        {
            "event": event.seq,
            "action": event.kind.partition(".")[2],
            "status": STATUS[event.kind.partition(".")[2]],
            **{name: value for name, value in (event.body or {}).items() if value},
            "received_at": clock.to_text(event.at),
        }
        for event in house.ledger.events("consent.*", account=account)
    ]


def renewable(house: House, account: str, body: Mapping[str, object]) -> bool:
    """Whether the same voice once granted that purpose and scope, from no later day on, and has denied nothing since."""
    said = [event for event in house.ledger.events("consent.*", account=account) if _about(event.body or {}) == _about(body)]
    grants = [event for event in said if event.kind in {"consent.give", "consent.renew"}]
    begun = [event for event in grants if str((event.body or {})["effective_at"]) <= str(body["effective_at"])]
    return bool(begun) and said[-1].kind in {"consent.give", "consent.renew", "consent.expire"}


def same(house: House, account: str, effect: str, body: Mapping[str, object]) -> int | None:
    """The event that says exactly this already: the same decision sent twice is one."""
    events = house.ledger.events(f"consent.{effect}", account=account)
    return next((event.seq for event in events if dict(event.body or {}) == dict(body)), None)


def _about(body: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(body.get(name) for name in ("purpose", "category", "since", "until", "record_id", "by", "source", "is_lifetime"))
