"""Whole rows of business tables as writes need them: attribute values to columns and back, and the engine's own columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from metadata.snapshot import CompiledEntity
from runtime.access import Principal


def to_columns(entity: CompiledEntity, values: Mapping[str, Any]) -> dict[str, Any]:
    """Attribute values as column values; a polymorphic lookup's pair becomes two."""
    columns: dict[str, Any] = {}
    for key, value in values.items():
        attribute = entity.attributes[key]
        if attribute.target_column is None:
            columns[attribute.column.name] = value
        else:
            columns[attribute.target_column.name], columns[attribute.column.name] = value or (None, None)
    return columns


def to_values(entity: CompiledEntity, row: RowMapping) -> dict[str, Any]:
    """A row of the table as values of the declared attributes."""
    values: dict[str, Any] = {}
    for key, attribute in entity.attributes.items():
        if attribute.system:
            continue
        value = row[attribute.column.name]
        if attribute.target_column is not None:
            value = None if value is None else (row[attribute.target_column.name], value)
        values[key] = value
    return values


def read_row(
    connection: Connection,
    entity: CompiledEntity,
    row: int,
    where: Iterable[ColumnElement[bool]],
    principal: Principal,
    *,
    lock: bool = False,
) -> RowMapping | None:
    """The row with this id that meets the conditions for the principal, locked until the transaction ends if asked."""
    statement = select(entity.table).where(entity.table.c.id == row, *where)
    if lock and connection.dialect.name != "sqlite":
        statement = statement.with_for_update(of=entity.table)
    return connection.execute(statement, dict(principal.binds)).mappings().one_or_none()


def stamps(principal: Principal, at: dt.datetime, *, new: bool) -> dict[str, Any]:
    """The columns that tell who changed a row, when and from where; for a new row also who made it."""
    changed = {"changed_at": at, "changed_by": principal.contact, "changed_from": principal.origin[:20]}
    if not new:
        return changed
    made = {"created_at": at, "created_by": principal.contact, "created_from": principal.origin[:20]}
    return {**made, **changed, "version": 1}
