"""Waking a worker: what is owed or asked for is told by the database when it commits, where the database can tell."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

CHANNEL = "foyer_sync"


def wake(connection: Connection, table_map: str) -> None:
    """Tell whoever listens that there is something to do for a map, with the caller's commit. SQLite's workers look often."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(CHANNEL, table_map)))
