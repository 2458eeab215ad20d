"""Values that a column holds and cannot: SQLite takes a word where a number or a day belongs, and so may another program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, select, type_coerce
from sqlalchemy.types import NullType, TypeDecorator

UNREAD = (ValueError, TypeError, ArithmeticError, AttributeError)
"""What reading such a value raises, by its type."""
MANY, SHOWN = 20, 60
"""So many are told of, and of each so many characters."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One value: where it stands, by the id of its row or the first of its columns, and what it is."""

    table: str
    column: str
    row: str
    value: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.table}, {self.row}: {self.column} holds {self.value}, which is no {self.wanted}"


def unreadable(connection: Connection, table: Table) -> list[Unreadable]:
    """The first values of a table that cannot be read, as they lie in the database; none where all can."""
    found = _found(connection, table)
    return [one for one, _ in zip(found, range(MANY), strict=False)]


def _found(connection: Connection, table: Table) -> Iterator[Unreadable]:
    keys = [column for column in table.columns if column.name == "id"] or list(table.columns)[:2]
    for column in table.columns:
        read: Any = column.type.dialect_impl(connection.dialect).result_processor(connection.dialect, None)
        if read is None:
            continue
        raw = [type_coerce(one, NullType()).label(f"c{place}") for place, one in enumerate((*keys, column))]
        for *key, value in connection.execute(select(*raw).where(column.is_not(None))):
            try:
                read(value)
            except UNREAD:
                named = ", ".join(f"{one.name} {_short(part)}" for one, part in zip(keys, key, strict=True))
                yield Unreadable(str(table.name), str(column.name), named, _short(value), _wanted(column))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _wanted(column: Column[Any]) -> str:
    """What belongs there, in a word."""
    try:
        kept = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
        kind = kept.python_type.__name__
    except NotImplementedError:
        return "value of its type"
    return {"Decimal": "number", "float": "number", "date": "day", "datetime": "moment", "UUID": "unique id"}.get(kind, kind)
