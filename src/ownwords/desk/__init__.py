"""Mutable memory: jobs and API tokens, every table with its owner columns."""
