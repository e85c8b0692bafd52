"""Rows at rest: tables, numbers, erasure, locks."""
