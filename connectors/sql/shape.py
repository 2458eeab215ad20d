"""The outside table as it is: reflected once, checked against what the map names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, MetaData, Table, inspect
from sqlalchemy.exc import CompileError, NoSuchTableError
from sqlalchemy.types import TypeEngine

from connectors.errors import Fatal, meant
from connectors.protocol import Columns
from connectors.tablemap import CompiledMap, wanted_columns


@dataclass(frozen=True, slots=True)
class Shape:
    """A reflected table, the columns that order its rows without ties, and whether those are its key."""

    table: Table
    order: tuple[str, ...]


def reflect(connection: Connection, table_map: CompiledMap, schema: str | None) -> Shape:
    """The outside table of a map. Raises Fatal, with what may have been meant, for a table or column that is not there."""
    schema, name = schema_and_name(table_map.model.table, schema)
    try:
        table = Table(name, MetaData(), schema=schema, autoload_with=connection, resolve_fks=False)
    except NoSuchTableError:
        inspector = inspect(connection)
        there = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
        raise Fatal(f"map {table_map.key}: there is no table {name}{meant(name, there)}") from None
    there = table.c.keys()
    missing = [
        f"table {name} has no column {column}{meant(column, there)}"
        for column in wanted_columns(table_map)
        if column not in there
    ]
    if missing:
        raise Fatal(f"map {table_map.key}: {'; '.join(missing)}")
    return Shape(table, _order(table, table_map))


def columns_of(connection: Connection, table_map: CompiledMap, schema: str | None) -> Columns:
    """The columns of a map's table as they are now; none where there is no such table."""
    schema, name = schema_and_name(table_map.model.table, schema)
    try:
        found = inspect(connection).get_columns(name, schema)
    except NoSuchTableError:
        return {}
    return {column["name"]: (_kind(column["type"]), _words(column["type"], connection)) for column in found}


def _kind(type_: TypeEngine[Any]) -> str:
    """What sort of value a column has, whatever its length: String, Integer, Numeric, Date and so on."""
    return (type_._type_affinity or type(type_)).__name__


def _words(type_: TypeEngine[Any], connection: Connection) -> str:
    try:
        return type_.compile(connection.dialect)
    except CompileError:
        return type(type_).__name__


def schema_and_name(named: str, schema: str | None) -> tuple[str | None, str]:
    """The schema and the name of a table as a map names it; `schema` is where tables are that name none."""
    above, _, name = named.rpartition(".")
    return above or schema, name


def _order(table: Table, table_map: CompiledMap) -> tuple[str, ...]:
    key: Any = table.primary_key.columns.keys()
    return tuple(key) or table_map.key_columns
