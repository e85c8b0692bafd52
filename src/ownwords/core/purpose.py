"""What words may be used for: a closed tree of purposes, with the terms other standards have for them."""

from __future__ import annotations

from dataclasses import dataclass

from ownwords.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Purpose:
    """One use of people's words.

    elevated   permission for the parent never grants it; it must be given by name
    dpv        W3C Data Privacy Vocabulary 2.1 term
    fideslang  fideslang 3 data use
    aipref     IETF AIPREF vocabulary label, empty where it has none
    rsl        Really Simple Licensing 1.0 usage, empty where it has none
    bluesky    AT Protocol user-intent name, empty where it has none
    """

    name: str
    says: str
    elevated: bool
    dpv: str
    fideslang: str
    aipref: str = ""
    rsl: str = ""
    bluesky: str = ""

    @property
    def parent(self) -> str | None:
        """The purpose this one is part of."""
        return self.name.rpartition(".")[0] or None


_ALL = (
    Purpose(
        "train_ai", "train AI models", False, "dpv:TrainAIModels", "analytics.ai", "train-ai", "ai-train", "syntheticContentGeneration"
    ),
    Purpose("train_ai.affiliate", "training by affiliates", True, "dpv:TrainAIModels", "analytics.ai", "train-ai", "ai-train"),
    Purpose(
        "train_ai.third_party",
        "training by others, for a licence",
        True,
        "dpv:TrainAIModels",
        "third_party_sharing",
        "train-ai",
        "ai-train",
    ),
    Purpose("simulate_person", "write as the person would", True, "dpv:GenerateContent", "personalize.content", "train-ai", "ai-train"),
    Purpose("simulate_person.voice", "speak with the person's voice", True, "dpv:GenerateContent", "personalize.content"),
    Purpose("simulate_person.likeness", "show the person's face", True, "dpv:GenerateContent", "personalize.content"),
    Purpose(
        "license.analysis",
        "licensed analysis by others",
        True,
        "dpv:SellDataToThirdParties",
        "third_party_sharing",
        "",
        "all",
        "bulkDataset",
    ),
    Purpose("analyse_brand", "count what is said about a brand", False, "dpv:MarketResearch", "analytics.reporting"),
    Purpose("match_talent", "match people to work", True, "dpv:RecruitmentManagement", "personalize"),
    Purpose("advertise.contextual", "advertising beside a topic", False, "dpv:Advertising", "marketing.advertising.contextual"),
    Purpose("advertise.profiled", "advertising by profile", True, "dpv:PersonalisedAdvertising", "marketing.advertising.profiling"),
    Purpose("manage_accounts", "run the person's own accounts", False, "dpv:AccountManagement", "essential.service"),
    Purpose(
        "verify_identity", "check that a person is who they say", False, "dpv:IdentityVerification", "essential.service.authentication"
    ),
    Purpose("self_access", "show people what is held on them", False, "dpv:FulfilmentOfObligation", "essential.legal_obligation"),
)
PURPOSES = {purpose.name: purpose for purpose in _ALL}


def find(name: str) -> Purpose:
    """The purpose called `name`.

    raises   NotFound with the nearest name
    """
    if name not in PURPOSES:
        raise NotFound.among("purpose", name, PURPOSES)
    return PURPOSES[name]


def ancestors(name: str) -> tuple[str, ...]:
    """`name` and every purpose above it that is one: a denial of any of them denies `name`."""
    parts = name.split(".")
    return tuple(".".join(parts[:k]) for k in range(len(parts), 0, -1))


def granted_by(name: str) -> tuple[str, ...]:
    """The purposes whose permission permits `name`: itself, and its parents up to the first elevated step."""
    names = [name]
    current = PURPOSES.get(name)
    while current is not None and not current.elevated and current.parent in PURPOSES:
        names.append(current.parent)
        current = PURPOSES[current.parent]
    return tuple(names)
