"""SQL tables of the desk, and who owns their rows."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

METADATA = sa.MetaData()


@dataclass(frozen=True, slots=True)
class Owned:
    """What forgetting does to a table.

    columns   columns that hold an account id; a row is a person's if any of them names the person
    blanks    columns to set null instead of deleting the row; empty = the row is deleted
    texts     columns whose words may name a person; such a row is that person's, too
    """

    columns: tuple[str, ...]
    blanks: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


#: Who may come in. The secret is 256 random bits, so a plain hash keeps it.
TOKENS = sa.Table(
    "tokens",
    METADATA,
    sa.Column("hash", sa.Text, primary_key=True),  # sha256 of the secret, hex
    sa.Column("token_id", sa.Text, nullable=False, unique=True),  # names it without giving it away
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("account", sa.Text),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("revoked_at", sa.Text),
)
#: Long work. A finished job keeps its result or problem but not its arguments: they may hold a handle, and so may what it says of them.
JOBS = sa.Table(
    "jobs",
    METADATA,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("arguments", sa.Text),  # JSON object
    sa.Column("state", sa.Text, nullable=False),  # queued running done failed
    sa.Column("progress", sa.Text),  # JSON object
    sa.Column("result", sa.Text),  # JSON object
    sa.Column("problem", sa.Text),  # JSON object
    sa.Column("asked_by", sa.Text),  # account of whoever asked; null = an operator
    sa.Column("about", sa.Text),  # account that it is about
    sa.Column("pid", sa.Integer),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Text, nullable=False),
    sa.Index("jobs_state", "state", "created_at"),
)
#: Every table has its line here (a test holds it): forgetting walks this and nothing else.
OWNERS: dict[str, Owned] = {
    "tokens": Owned(("account",), texts=("account", "label")),
    "jobs": Owned(
        ("asked_by", "about"),
        blanks=("arguments", "progress", "result", "problem", "asked_by", "about"),
        texts=(
            "arguments",
            "result",
            "problem",
            "asked_by",
            "about",
        ),  # progress of an erasure is its own plan, which goes when it is through
    ),
}
