"""Tables and columns that a draft has and the database has not: for one connection they are there, and empty.

In: a connection within a transaction, and a snapshot. Out: temporary tables and views that stand before the real ones
until the transaction is rolled back. No table of the database is changed or locked by that.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Connection, MetaData, Table, inspect
from sqlalchemy.schema import CreateTable

from metadata.snapshot import Snapshot


def shadows_of(connection: Connection, snapshot: Snapshot, served: Snapshot) -> tuple[str, ...]:
    """The statements that make what is missing seem to be there, beside what is served, whose tables the database has.

    They stay with the tables for as long as the release is the same: drafts that change no entity share them, and the database,
    which takes long to look at, changes with a release.
    """
    if snapshot.tables is served.tables:
        return ()
    key, kept = ("shadows", connection.dialect.name, snapshot.release), snapshot.tables.info
    if key not in kept:
        there = served.tables.tables if served.release == snapshot.release else {}
        new = [table for name, table in snapshot.tables.tables.items() if not _alike(table, there.get(name))]
        kept[key] = tuple(_missing(connection, new))
    found: tuple[str, ...] = kept[key]
    return found


def _alike(table: Table, other: Table | None) -> bool:
    return table is other or (other is not None and _names(table) == _names(other))


def _names(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.columns)


def _missing(connection: Connection, tables: list[Table]) -> Iterator[str]:
    if not tables:
        return
    inspector = inspect(connection)
    schema = inspector.default_schema_name or "main"
    asked = [table.name for table in tables]
    there = {
        name: frozenset(column["name"] for column in columns)
        for (_, name), columns in inspector.get_multi_columns(filter_names=asked).items()
    }
    for table in tables:
        known = there.get(table.name)
        if known is None:
            yield _table(connection, table)
        elif not known.issuperset(column.name for column in table.columns):
            yield _view(connection, table, known, schema)


def _table(connection: Connection, table: Table) -> str:
    bare = Table(table.name, MetaData(), *(Column(c.name, c.type) for c in table.columns), prefixes=["TEMPORARY"])
    return str(CreateTable(bare).compile(dialect=connection.dialect))


def _view(connection: Connection, table: Table, known: frozenset[str], schema: str) -> str:
    quote = connection.dialect.identifier_preparer.quote
    types = connection.dialect.type_compiler_instance
    name = quote(table.name)
    columns = (
        f"real.{quote(c.name)}" if c.name in known else f"CAST(NULL AS {types.process(c.type)}) AS {quote(c.name)}"
        for c in table.columns
    )
    return f"CREATE TEMPORARY VIEW {name} AS SELECT {', '.join(columns)} FROM {quote(schema)}.{name} AS real"  # noqa: S608
