"""The version of the program, for manifests and whoever asks."""

from __future__ import annotations

__version__ = "0.1.0"
