"""Append-only memory: decisions, states, manifests and forgettings in a Merkle log, with keys."""
