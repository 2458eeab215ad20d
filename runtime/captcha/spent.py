"""Answers that have counted, so that none counts twice; kept until they are too old to be taken anyway."""

from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy import Column, Connection, MetaData, String, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from metadata.types import UtcDateTime

METADATA = MetaData()

spent = Table(
    "foyer_spent_captcha",
    METADATA,
    Column("mark", String(64), primary_key=True),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
)


def spend(connection: Connection, mark: str, until: dt.datetime) -> bool:
    """Have an answer count. False where it has counted before; of two at the same time, one counts."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    kept = hashlib.sha256(mark.encode("utf-8", "surrogatepass")).hexdigest()
    once = insert(spent).values(mark=kept, expires_at=until).on_conflict_do_nothing().returning(spent.c.mark)
    return connection.execute(once).first() is not None
