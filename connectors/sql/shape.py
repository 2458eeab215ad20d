"""The outside table as it is: reflected once, checked against what the map names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, MetaData, Table, inspect
from sqlalchemy.exc import NoSuchTableError

from connectors.errors import Fatal
from connectors.tablemap import CompiledMap


@dataclass(frozen=True, slots=True)
class Shape:
    """A reflected table, the columns that order its rows without ties, and whether those are its key."""

    table: Table
    order: tuple[str, ...]


def reflect(connection: Connection, table_map: CompiledMap, schema: str | None) -> Shape:
    """The outside table of a map. Raises Fatal, with what may have been meant, for a table or column that is not there."""
    name = table_map.model.table
    if "." in name:
        schema, _, name = name.rpartition(".")
    try:
        table = Table(name, MetaData(), schema=schema, autoload_with=connection, resolve_fks=False)
    except NoSuchTableError:
        inspector = inspect(connection)
        there = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
        raise Fatal(f"map {table_map.key}: there is no table {name}{_meant(name, there)}") from None
    for column in wanted_columns(table_map):
        if column not in table.c:
            raise Fatal(f"map {table_map.key}: table {name} has no column {column}{_meant(column, table.c.keys())}")
    return Shape(table, _order(table, table_map))


def wanted_columns(table_map: CompiledMap) -> Iterable[str]:
    """Every outside column that a map names."""
    model = table_map.model
    through = model.write_through
    names: list[str] = [*table_map.columns, *(column for column, _ in model.filter)]
    names += [column for item in table_map.outward for column in item.columns]
    if through is not None:
        names += [
            through.key_column,
            through.status_column,
            through.message_column,
            through.field_column,
            through.parent_column,
        ]
    return [name for name in dict.fromkeys(names) if name]


def _order(table: Table, table_map: CompiledMap) -> tuple[str, ...]:
    key: Any = table.primary_key.columns.keys()
    return tuple(key) or table_map.key_columns


def _meant(name: str, there: Iterable[str]) -> str:
    names = list(there)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are {', '.join(sorted(names)[:20])}" if names else ""
