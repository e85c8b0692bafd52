"""Mutable memory: jobs and API tokens, every table with its owner columns."""

from ownwords.desk.desk import Desk, Job, Token

__all__ = ["Desk", "Job", "Token"]
