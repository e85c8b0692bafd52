"""`python -m ownwords` is the command `ownwords`."""

from __future__ import annotations

import sys

from ownwords.faces.cli import main

if __name__ == "__main__":
    sys.exit(main())
