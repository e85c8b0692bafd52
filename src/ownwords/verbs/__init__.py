"""The only wiring: seven verbs (and `init`) over sources, rules, steps and products."""

from __future__ import annotations

from ownwords.verbs import build as _build
from ownwords.verbs import consent as _consent
from ownwords.verbs import forget as _forget
from ownwords.verbs import ingest as _ingest
from ownwords.verbs import init as _init
from ownwords.verbs import permit as _permit
from ownwords.verbs import prove as _prove
from ownwords.verbs import use as _use
from ownwords.verbs._asked import asked

__all__ = ["build", "consent", "forget", "ingest", "init", "permit", "prove", "use"]

build = asked(_build.build)
consent = asked(_consent.consent)
forget = asked(_forget.forget)
ingest = asked(_ingest.ingest)
init = asked(_init.init)
permit = asked(_permit.permit)
prove = asked(_prove.prove)
use = asked(_use.use)
