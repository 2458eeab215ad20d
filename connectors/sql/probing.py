"""Whether rows could be written, asked of the database by statements that touch no row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, false, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql import Executable

from connectors.errors import first_line
from connectors.tablemap import CompiledMap

Obstacle = tuple[str, str, str]


def obstacles(connection: Connection, table: Table, table_map: CompiledMap) -> Iterator[Obstacle]:
    """Columns that must have a value and get none, and what may not be done. The transaction is rolled back each time."""
    written = _written(table_map)
    lacking = [column.name for column in table.columns if column.name not in written and _needs_value(table, column)]
    for name in lacking:
        what = f"a new row needs {name} outside, and nothing of ours gives it a value."
        yield name, what, "Map an attribute to it, or give it one of the map's constants."
    for word, statement in _statements(table, table_map, set() if lacking else written, written):
        try:
            connection.execute(statement)
        except SQLAlchemyError as fault:
            what = f"rows may not be {word} outside: {first_line(fault)}."
            yield "", what, f"Grant the account of connection {table_map.connection.key} the right, or let nothing go out."
        finally:
            connection.rollback()


def _written(table_map: CompiledMap) -> set[str]:
    through = table_map.model.write_through
    names = {column for item in table_map.outward for column in item.columns} | set(table_map.key_columns)
    names |= {column for column, _ in table_map.model.constants}
    return names | ({through.key_column, through.parent_column} - {""} if through else set())


def _needs_value(table: Table, column: Column[Any]) -> bool:
    numbered = column.computed is not None or column.identity is not None or column is table.autoincrement_column
    return not (column.nullable or column.server_default is not None or numbered)


def _statements(table: Table, table_map: CompiledMap, added: set[str], written: set[str]) -> Iterator[tuple[str, Executable]]:
    """Each thing that would be done, of no row. Some databases refuse even none that lacks a value."""
    columns = [column for column in table.columns if column.name in added]
    sent = {column for item in table_map.outward for column in item.columns} & written
    sent |= {table_map.model.receipt_column} if table_map.additive else set()
    if columns:
        yield "added", insert(table).from_select(columns, select(*columns).where(false()))
    changed = {column: column for column in table.columns if column.name in sent and not column.primary_key}
    if changed:
        yield "changed", update(table).where(false()).values(changed)
    if table_map.model.delete == "delete":
        yield "deleted", delete(table).where(false())
