"""The tables that a backup has: the metadata's, the engine's, and the business tables that the register calls Foyer's.

Search indexes are made anew, and the register is written by what makes the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, inspect

from metadata.migrate.register import read_register
from metadata.migrate.shapes import type_for
from metadata.store.tables import tables as store_tables
from runtime.backup import BackupRefused
from runtime.tables import KEPT, OWN

Columns = Mapping[str, Mapping[str, str]]
"""Of business tables: the words for the types of their columns."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What is copied, in this order: the metadata comes first, for the tables of the rest are made from it."""

    metadata: tuple[Table, ...]
    engine: tuple[Table, ...]
    business: tuple[Table, ...]

    @property
    def all(self) -> tuple[Table, ...]:
        """All of them."""
        return (*self.metadata, *self.engine, *self.business)


def engine_tables() -> dict[str, Table]:
    """The tables of this version by name, but for the note of their shape."""
    return {table.name: table for kept in KEPT if kept is not OWN for table in kept.sorted_tables}


def tables_there(connection: Connection) -> tuple[Tables, dict[str, dict[str, str]]]:
    """The tables of a database as it is, and the columns of its business tables in words, but for those that are gone."""
    found = {name: {str(c["name"]) for c in each} for (_, name), each in inspect(connection).get_multi_columns().items()}
    owned = {
        name: {column: word for column, word in shape.columns.items() if column in found[name]}
        for name, shape in sorted(read_register(connection).items())
        if name in found
    }
    metadata = tuple(table for table in store_tables.sorted_tables if table.name in found)
    engine = tuple(_those(table, found[name]) for name, table in sorted(engine_tables().items()) if name in found)
    return Tables(metadata, engine, business_tables(owned)), owned


def business_tables(columns: Columns) -> tuple[Table, ...]:
    """Business tables from words: what their rows are read with and written to."""
    tables = MetaData()
    return tuple(
        Table(name, tables, *(Column(c, type_for(word)) for c, word in each.items())) for name, each in columns.items()
    )


def tables_of(head: Mapping[str, Any]) -> Tables:
    """The tables of a backup, of the columns it has. Raises BackupRefused for what this version does not know."""
    known = {**{table.name: table for table in store_tables.sorted_tables}, **engine_tables()}
    named: Mapping[str, list[str]] = head["engine"]
    for name, columns in named.items():
        if name not in known or not {*columns} <= {*known[name].columns.keys()}:
            raise BackupRefused(
                f"The backup has {_strange(name, known.get(name), columns)}, which the Foyer that is installed here "
                f"({version('foyer')}) does not know; it was made by a newer build ({head.get('version')}). "
                "Restore it with that build or a newer one."
            )
    try:
        business = business_tables(head["business"])
    except (KeyError, ValueError) as error:
        raise BackupRefused("The backup has a column of a type that this version does not know.") from error
    some = {name: _those(known[name], {*columns}) for name, columns in named.items()}
    metadata = tuple(some.pop(table.name) for table in store_tables.sorted_tables if table.name in some)
    return Tables(metadata, tuple(some[name] for name in sorted(some)), business)


def _strange(name: str, table: Table | None, columns: list[str]) -> str:
    """What of a table of a backup is not known here: two builds of one version may differ in it."""
    if table is None:
        return f"the table {name}"
    return f"{name}.{', '.join(sorted({*columns} - {*table.columns.keys()}))}"


def _those(table: Table, columns: set[str]) -> Table:
    """A table with some of its columns."""
    return Table(table.name, MetaData(), *(Column(c.name, c.type) for c in table.columns if c.name in columns))
