"""The shape by which a bare word in running text is taken for somebody's handle."""

from __future__ import annotations

import re

#: `bob_99`, `rina88`: five characters or more, a letter first, with an underscore or two digits at the end. It is nearly always
#: somebody's name, so the store takes the forgotten's out even where no @ stands before them, and for law 2 the steps take
#: every word of this shape out for everyone; the price is `covid19` and `sha256`.
BARE = r"[A-Za-z](?:_\w{3,}|\w_\w{2,}|\w\w_\w+|\w{3,}_\w*|\w{2,}[0-9]{2})"
_WHOLE = re.compile(BARE, re.ASCII)


def is_distinctive(handle: str) -> bool:
    """Whether a handle is taken out wherever it stands, and not only after @, u/ or in a link."""
    return _WHOLE.fullmatch(handle) is not None
