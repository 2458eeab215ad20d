"""The tables of the records room beside the business tables: the audit trail and the counters of auto-numbers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text

from metadata.types import KEY_TYPE, UtcDateTime

TABLES = MetaData()

OF_ROWS = ("create", "write", "delete", "associate", "disassociate")
"""What the trail calls changes of rows; its other lines tell of acts, with facts in the place of values."""

AUDIT = Table(
    "foyer_audit",
    TABLES,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime(), nullable=False),
    Column("contact", KEY_TYPE),
    Column("site", String(120), nullable=False),
    Column("origin", String(20), nullable=False),
    Column("privilege", String(20), nullable=False),
    Column("entity", String(60), nullable=False),
    Column("row", KEY_TYPE, nullable=False),
    Column("changes", Text, nullable=False),
    Column("account", KEY_TYPE),
    Index("ix_foyer_audit_row", "entity", "row"),
    Index("ix_foyer_audit_account", "account", "id"),
    Index("ix_foyer_audit_contact", "contact", "id"),
)

NUMBERS = Table(
    "foyer_number",
    TABLES,
    Column("entity", String(60), primary_key=True),
    Column("attribute", String(60), primary_key=True),
    Column("last", BigInteger, nullable=False),
)
