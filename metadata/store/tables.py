"""The tables of the store: revisions and contents, which are only ever added, and the releases that name revisions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

from metadata.types import KEY_TYPE, UtcDateTime

LATEST_RELEASE = "SELECT COALESCE(MAX(id), 0) FROM foyer_release"
"""The number of the newest release, to be embedded as a scalar subquery; 0 before the first one."""

LOCK = 0x666F796572

tables = MetaData()

revision = Table(
    "foyer_revision",
    tables,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("kind", String(40), nullable=False),
    Column("site", String(120), nullable=False),
    Column("key", String(120), nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", String(32), nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("author", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("first_release", BigInteger),
    Index("uq_foyer_revision_number", "kind", "site", "key", "number", unique=True),
)
# Drafts are few among many revisions, and are asked for at every save.
Index(
    "ix_foyer_revision_draft",
    revision.c.id,
    postgresql_where=revision.c.first_release.is_(None),
    sqlite_where=revision.c.first_release.is_(None),
)

release = Table(
    "foyer_release",
    tables,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("manifest", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("based_on", BigInteger),
)

content = Table(
    "foyer_content",
    tables,
    Column("sha256", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("piece", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
)


def lock(connection: Connection) -> None:
    """Wait until no other transaction changes the metadata, and keep it so until this one ends.

    On SQLite the transaction has begun IMMEDIATE, which is the same lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
