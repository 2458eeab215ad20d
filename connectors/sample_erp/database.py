"""Opening the ERP's database, and creating what is missing in it."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from connectors.sample_erp.schema import TABLES, change_counter, number_series

FIRST_NUMBERS = {"SO": 100_000, "SH": 500_000, "INV": 700_000}
"""The number before the first one of each series."""


def open_database(url: str) -> Engine:
    """An engine for the URL; a SQLite file and its folder are created when they are not there."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(dbapi: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    """Readers beside one writer, a patient wait for the lock, and transactions that we begin ourselves."""
    dbapi.isolation_level = None
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        dbapi.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: Connection) -> None:
    """Take the write lock at once, since a read that turns into a write later can't wait for it."""
    reading = conn.get_execution_options().get("reading", False)
    conn.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def reader(engine: Engine) -> Engine:
    """The same database for reading only, without the write lock."""
    return engine.execution_options(reading=True)


def create_tables(conn: Connection) -> bool:
    """Create missing tables and counters; True when the database was empty before."""
    TABLES.create_all(conn)
    if conn.execute(select(change_counter.c.id)).first() is not None:
        return False
    conn.execute(insert(change_counter), {"id": 1, "value": 0})
    series = [{"prefix": prefix, "last": last} for prefix, last in FIRST_NUMBERS.items()]
    conn.execute(insert(number_series), series)
    return True
