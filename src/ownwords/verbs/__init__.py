"""The only wiring: seven verbs (and `init`) over sources, rules, steps and products."""

from __future__ import annotations

from ownwords.verbs.build import build
from ownwords.verbs.consent import consent
from ownwords.verbs.forget import forget
from ownwords.verbs.ingest import ingest
from ownwords.verbs.init import init
from ownwords.verbs.permit import permit
from ownwords.verbs.prove import prove
from ownwords.verbs.use import use

__all__ = ["build", "consent", "forget", "ingest", "init", "permit", "prove", "use"]
