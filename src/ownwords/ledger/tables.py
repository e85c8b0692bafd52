"""SQL tables of the ledger: events, tree nodes, head, checkpoints, personal keys, tombstones."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
#: Text that is compared byte by byte everywhere; elsewhere than in SQLite the order would be that of some language.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: `account` and `body` are null once the person is forgotten; `buried` is then a MAC over seq and leaf, so that blanking shows who did it.
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),  # 1, 2, 3 ... no gaps
    sa.Column("at", _TEXT, nullable=False),  # RFC 3339, UTC, microseconds
    sa.Column("kind", _TEXT, nullable=False),
    sa.Column("account", _TEXT),  # network:native-id; null = about nobody
    sa.Column("body", sa.Text),  # canonical JSON object
    sa.Column("leaf", sa.LargeBinary, nullable=False),  # 32 bytes
    sa.Column("buried", sa.LargeBinary),
    sa.Index("events_kind", "kind", "seq"),
    sa.Index("events_account", "account", "kind", "seq"),
)
for _name in ("account", "body"):  # statistics are copies of values that no erasure reaches
    _stop = sa.DDL(f"ALTER TABLE events ALTER COLUMN {_name} SET STATISTICS 0")  # type: ignore[no-untyped-call]
    sa.event.listen(EVENTS, "after_create", _stop.execute_if(dialect="postgresql"))
#: Complete subtrees above the leaves; level 0 is sha256(0x00 || leaf) and is not stored.
NODES = sa.Table(
    "nodes",
    METADATA,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("idx", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
#: One row: writers lock it, readers learn size and root from it, and its MAC shows a log that was cut by hand.
HEAD = sa.Table(
    "head",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
)
#: Signed notes that were given out.
CHECKPOINTS = sa.Table(
    "checkpoints",
    METADATA,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("note", sa.Text, nullable=False),  # JSON
)
#: What each person's leaf key is derived from, beside keys/master; its deletion is what forgets.
PERSON_KEYS = sa.Table(
    "person_keys",
    METADATA,
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("salt", sa.LargeBinary, nullable=False),  # 32 random bytes
    sqlite_with_rowid=False,
)
#: Whom or what to keep out: keyed hashes, no identifiers.
TOMBSTONES = sa.Table("tombstones", METADATA, sa.Column("tag", sa.Text, primary_key=True), sqlite_with_rowid=False)
#: Where forgetting deletes.
PERSONAL = (EVENTS.name, PERSON_KEYS.name)
