"""Tables as they are made: their indexes in one order, and copies of them that may be changed."""

from __future__ import annotations

from sqlalchemy import Index, MetaData, Table


def indexes_of(table: Table) -> tuple[Index, ...]:
    """The indexes of a table by name."""
    return tuple(sorted(table.indexes, key=lambda index: str(index.name)))


def copy_of(table: Table) -> Table:
    """A copy of a table among copies of the tables that its foreign keys lead to; the snapshot's own stay as they are."""
    copies = MetaData()
    copy = table.to_metadata(copies)
    for name in {key.referred_table.name for key in table.foreign_key_constraints} - {table.name}:
        table.metadata.tables[name].to_metadata(copies)
    return copy
