"""What is in the database now: the tables that are asked for, by reflection of all at once, and which are Foyer's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnClause, Connection, func, inspect, select
from sqlalchemy import table as sql_table
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint
from sqlalchemy.sql import column as sql_column

from metadata.migrate.register import read_register, register
from metadata.migrate.search_steps import search_indexes_there
from metadata.migrate.shapes import Shape, way_of


@dataclass(frozen=True, slots=True)
class Existing:
    """The tables of the register and those asked for, of those the database has. `tables`: names of columns; `indexes`: names
    by table.

    `foreign_keys`: by table, from where to where; SQLite does not tell their names. `searches`: names of search indexes.
    `owned`: the register's shapes. `sequences`: names, where the database has any.
    """

    tables: Mapping[str, frozenset[str]]
    indexes: Mapping[str, frozenset[str]]
    foreign_keys: Mapping[str, frozenset[str]]
    searches: frozenset[str]
    owned: Mapping[str, Shape]
    sequences: frozenset[str]

    def shape(self, table: str) -> Shape:
        """A table as it is: what the register says and the database still has."""
        owned = self.owned[table]
        return Shape(
            _still_there(owned.columns, self.tables[table]),
            _still_there(owned.indexes, self.indexes.get(table, frozenset())),
            {
                name: word
                for name, word in owned.foreign_keys.items()
                if way_of(word) in self.foreign_keys.get(table, frozenset())
            },
            _still_there(owned.searches, self.searches),
        )


def read_existing(connection: Connection, wanted: Collection[str]) -> Existing:
    """Reflect the tables of the register and those of the names `wanted`: a few statements for each on SQLite, elsewhere six
    whatever their number. Other tables of the database, the engine's own among them, are not looked at.
    """
    inspector = inspect(connection)
    owned = read_register(connection)
    names = sorted({*owned, *wanted}) or [register.name]
    columns, indexes = inspector.get_multi_columns(filter_names=names), inspector.get_multi_indexes(filter_names=names)
    keys = inspector.get_multi_foreign_keys(filter_names=names)
    return Existing(
        tables={name: frozenset(item["name"] for item in found) for (_, name), found in columns.items()},
        indexes={name: frozenset(str(item["name"]) for item in found) for (_, name), found in indexes.items()},
        foreign_keys={name: frozenset(map(_way, found)) for (_, name), found in keys.items()},
        searches=search_indexes_there(connection),
        owned=owned,
        sequences=frozenset(inspector.get_sequence_names() if connection.dialect.supports_sequences else ()),
    )


def count_values(connection: Connection, table: str, column: str) -> int:
    """How many rows have a value in a column."""
    return _count(connection, select(func.count(sql_column(column))).select_from(sql_table(table)))


def count_rows(connection: Connection, table: str) -> int:
    """How many rows a table has."""
    return _count(connection, select(func.count()).select_from(sql_table(table)))


def count_longer(connection: Connection, table: str, column: str, length: int) -> int:
    """How many values of a text column have more characters than `length`."""
    longer = func.length(sql_column(column)) > length
    return _count(connection, select(func.count()).select_from(sql_table(table)).where(longer))


def count_repeated(connection: Connection, table: str, columns: tuple[str, ...]) -> int:
    """How many rows share all their values of some columns with an earlier row; empty values are never equal."""
    names: list[ColumnClause[Any]] = [sql_column(name) for name in columns]
    groups = (
        select(func.count().label("rows_"))
        .select_from(sql_table(table))
        .where(*(name.is_not(None) for name in names))
        .group_by(*names)
        .having(func.count() > 1)
        .subquery()
    )
    return _count(connection, select(func.coalesce(func.sum(groups.c.rows_ - 1), 0)))


def _way(key: ReflectedForeignKeyConstraint) -> str:
    return f"{key['constrained_columns'][0]} -> {key['referred_table']}.{key['referred_columns'][0]}"


def _count(connection: Connection, statement: object) -> int:
    return int(connection.execute(statement).scalar_one())  # type: ignore[call-overload]


def _still_there(words: Mapping[str, str], there: Collection[str]) -> Mapping[str, str]:
    return {name: word for name, word in words.items() if name in there}
