"""The statements of a pull. Values pass untyped, as the driver gives them: conversion is the map's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, column, false, func, or_, select, table, tuple_
from sqlalchemy.sql.expression import ColumnClause

from connectors.protocol import Record
from connectors.sql.shape import Shape
from connectors.tablemap import SET, CompiledMap, scope_of


class Pulls:
    """Statements for one map on one table: `names` are the columns that they return, in order."""

    def __init__(self, table_map: CompiledMap, shape: Shape) -> None:
        self.names = tuple(dict.fromkeys((*table_map.columns, *shape.order)))
        self.order = shape.order
        self._change = table_map.model.change_column
        names = [item.name for item in shape.table.c]
        self.source = table(shape.table.name, *(column(name) for name in names), schema=shape.table.schema)
        self.filters = tuple(condition(self._column(name), value) for name, value in table_map.model.filter)
        self.scope = scope_of(table_map, shape.order)

    def highest_and_count(self) -> Select[Any]:
        """The largest change value, and how many rows there are."""
        highest = func.max(self._column(self._change)) if self._change else func.max(1)
        return select(highest, func.count()).select_from(self.source).where(*self.filters)

    def by_key(self, after: Sequence[Any] | None, limit: int) -> Select[Any]:
        """The rows after a key, in the order of keys."""
        chosen = self._select().order_by(*(self._column(name) for name in self.order)).limit(limit)
        return chosen if after is None else chosen.where(self._after(self.order, after))

    def changed_after(self, change: Any, after: Sequence[Any], limit: int) -> Select[Any]:
        """The rows after a change value and key, in the order of changes."""
        return self._changed(limit).where(self._after((self._change, *self.order), (change, *after)))

    def changed_from(self, change: Any, limit: int) -> Select[Any]:
        """The rows with this change value or a later one; all rows with one where there is no value yet."""
        if change is None:
            return self._changed(limit).where(self._column(self._change).is_not(None))
        return self._changed(limit).where(self._column(self._change) >= change)

    def past(self, change: Any, most: int) -> Select[Any]:
        """How many rows have a later change value than this one, `most` of them counted."""
        later = select(self._column(self._change)).where(self._column(self._change) > change, *self.filters).limit(most)
        return select(func.count()).select_from(later.subquery())

    def keys(self, key_columns: Sequence[str]) -> Select[Any]:
        """The key columns of all rows."""
        return select(*(self._column(name) for name in key_columns)).where(*self.filters)

    def having(self, name: str, value: Any) -> Select[Any]:
        """The rows whose column has a value, with every column of the table.

        Whatever the filter says, save of a part of the key: rows that another map may have are none of this one's.
        """
        chosen = select(self.source).where(self._column(name) == value, *self.within(self.source))
        return chosen.order_by(*(self._column(part) for part in self.order))

    def having_keys(self, names: Sequence[str], keys: Sequence[tuple[Any, ...]]) -> Select[Any]:
        """The same for several rows, by the values of the columns that name them."""
        columns = [self._column(name) for name in names]
        there = tuple_(*columns).in_(keys) if len(columns) > 1 else columns[0].in_([value for (value,) in keys])
        chosen = select(self.source).where(there, *self.within(self.source))
        return chosen.order_by(*(self._column(part) for part in self.order))

    def within(self, source: FromClause) -> list[ColumnElement[bool]]:
        """That a row of the table is in the part of it that the map is about."""
        return [condition(source.c[name], value) for name, value in self.scope]

    def record(self, row: Sequence[Any]) -> Record:
        """A returned row as a record."""
        return dict(zip(self.names, row, strict=True))

    def position(self, record: Mapping[str, Any]) -> list[Any]:
        """Where a record stands in the order of keys."""
        return [record[name] for name in self.order]

    def _column(self, name: str) -> ColumnClause[Any]:
        return self.source.c[name]

    def _select(self) -> Select[Any]:
        return select(*(self._column(name) for name in self.names)).where(*self.filters)

    def _changed(self, limit: int) -> Select[Any]:
        return self._select().order_by(*(self._column(name) for name in (self._change, *self.order))).limit(limit)

    def _after(self, names: Sequence[str], values: Sequence[Any]) -> ColumnElement[bool]:
        """`(a, b) > (x, y)` in the form that every database knows and finds an index for."""
        first, value = self._column(names[0]), values[0]
        later: ColumnElement[bool] = first > value
        if len(names) == 1:
            return later
        return and_(first >= value, or_(later, self._after(names[1:], values[1:])))


def condition(where: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    """That a column is as a filter wants it."""
    if value == SET:
        return where.is_not(None)
    if isinstance(value, (list, tuple)):
        there = [item for item in value if item is not None]
        empty = where.is_(None) if len(there) < len(value) else false()
        return or_(empty, where.in_(there))
    found: ColumnElement[bool] = where.is_(None) if value is None else where == value
    return found
