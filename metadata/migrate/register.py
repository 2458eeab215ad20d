"""Which tables and columns are Foyer's own: the register `foyer_table`, written with every change of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, select

from metadata.migrate.shapes import LONGEST_WORD, Shape

tables = MetaData()

register = Table(
    "foyer_table",
    tables,
    Column("table_name", String(120), primary_key=True),
    Column("part", String(20), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("definition", String(LONGEST_WORD), nullable=False),
)

PARTS = ("column", "index", "foreign key", "search")


def create_register(connection: Connection) -> None:
    """Make the register where it is missing."""
    tables.create_all(connection)


def read_register(connection: Connection) -> dict[str, Shape]:
    """The shapes of the tables that Foyer owns, by name."""
    found: dict[str, tuple[dict[str, str], ...]] = {}
    rows = connection.execute(select(register).order_by(register.c.table_name, register.c.part, register.c.name))
    for table, part, name, definition in rows:
        found.setdefault(table, ({}, {}, {}, {}))[PARTS.index(part)][name] = definition
    return {table: Shape(*parts) for table, parts in found.items()}


def write_register(connection: Connection, shapes: Mapping[str, Shape], gone: Iterable[str] = ()) -> None:
    """Note the shapes of changed tables, and forget those that are gone."""
    for chunk in _chunks([*shapes, *gone]):
        connection.execute(delete(register).where(register.c.table_name.in_(chunk)))
    rows = [
        {"table_name": table, "part": part, "name": name, "definition": definition}
        for table, shape in shapes.items()
        for part, things in zip(PARTS, (shape.columns, shape.indexes, shape.foreign_keys, shape.searches), strict=True)
        for name, definition in things.items()
    ]
    if rows:
        connection.execute(insert(register), rows)


def _chunks(names: list[str], size: int = 1000) -> Iterable[list[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))
