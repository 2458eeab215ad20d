"""All tables that the engine keeps for itself, made where they are missing and brought in step with this version.

Business tables come with a release. A version adds to the engine's tables and takes nothing away, so that the version before
still works with them. Which shape they have is written into `foyer_engine`, and looked at in one statement with each start.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    delete,
    insert,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateColumn
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from connectors import tables as connectors
from runtime import errands
from runtime.access import sharing
from runtime.api import told as api
from runtime.captcha import spent as captcha
from runtime.database import writing
from runtime.files import register as files
from runtime.forms import drafts
from runtime.identity import tables as identity
from runtime.jobs import queue as jobs
from runtime.records import tables as records

log = logging.getLogger(__name__)
OWN = MetaData()
ENGINE = Table("foyer_engine", OWN, Column("shape", String(64), primary_key=True))
KEPT: tuple[MetaData, ...] = (
    OWN,
    identity.METADATA,
    records.TABLES,
    connectors.TABLES,
    files.METADATA,
    errands.METADATA,
    captcha.METADATA,
    jobs.METADATA,
    drafts.METADATA,
    sharing.METADATA,
    api.METADATA,
)
LOCK = 7_036_874
"""Of processes that start at once on PostgreSQL, one makes the tables and the others wait for it."""


def create_engine_tables(engine: Engine) -> None:
    """Make the tables of identity, records, connectors, files, errands and drafts that are missing, and what of them is.

    Where they are in step nothing is written, so that a start waits for nobody who is writing. The store makes its own.
    """
    wanted = _shape()
    if _noted(engine) == wanted:
        return
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        create_all_on(connection)


def create_all_on(connection: Connection) -> None:
    """The same in the caller's transaction, whatever the note of their shape says."""
    there = set(inspect(connection).get_table_names())
    for kept in KEPT:
        kept.create_all(connection)
    left = [table.name for table in _tables() if table.name in there and not complete(connection, table)]
    if not left:
        connection.execute(delete(ENGINE))
        connection.execute(insert(ENGINE).values(shape=_shape()))


def _tables() -> Iterator[Table]:
    for kept in KEPT:
        yield from kept.sorted_tables


def _shape() -> str:
    """A digest of the names and types of all columns and indexes."""
    words = [
        f"{table.name} {sorted((column.name, repr(column.type)) for column in table.columns)} "
        f"{sorted(str(index.name) for index in table.indexes)}"
        for table in _tables()
    ]
    return hashlib.blake2s("\n".join(sorted(words)).encode()).hexdigest()


def _noted(engine: Engine) -> str:
    """The shape that the tables have; "" where that is not known."""
    try:
        with engine.connect() as connection:
            found: str | None = connection.scalar(select(ENGINE.c.shape))
            return found or ""
    except DBAPIError as error:  # no such table: nobody has been here
        if error.connection_invalidated:
            raise
        return ""


def complete(connection: Connection, table: Table) -> bool:
    """Add the columns and indexes that a table lacks. False where one could not be made, which the log tells."""
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            connection.execute(text(_added(connection, table, column)))
    names = {index["name"] for index in inspect(connection).get_indexes(table.name)}
    whole = True
    for index in table.indexes:
        if index.name not in names:
            try:
                with connection.begin_nested():
                    index.create(connection)
            except IntegrityError:
                named = {"action": "engine_index", "index": str(index.name)}
                log.exception("rows stand in the way of a unique index; mend them and start again", extra=named)
                whole = False
    return whole


def _added(connection: Connection, table: Table, column: Column[Any]) -> str:
    """The statement that adds a column. Rows that are there get its default; what has none is left empty in them."""
    dialect, fresh = connection.dialect, column.default
    own = column.server_default  # a column has one default, and this one counts
    default = fresh.arg if own is None and isinstance(fresh, ScalarElementColumnDefault) else None
    made: Column[Any] = Column(column.name, column.type, server_default=own, nullable=own is None or column.nullable)
    ddl = str(CreateColumn(made).compile(dialect=dialect))
    if default is not None:
        value = literal(default, column.type).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        ddl += f" DEFAULT {value}" + ("" if column.nullable else " NOT NULL")
    return f"ALTER TABLE {table.name} ADD COLUMN {ddl}"
