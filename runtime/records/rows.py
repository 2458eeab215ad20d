"""Whole rows of business tables as writes need them: attribute values to columns and back, and the engine's own columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, FromClause, bindparam, select

from metadata.model.base import Privilege
from metadata.snapshot import CompiledEntity, Snapshot
from metadata.types import KEY_TYPE
from runtime.access import Principal, Standing, access_of
from runtime.passing import passing
from runtime.records.prepared import Prepared
from runtime.records.shapes import kept


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


def to_values(entity: CompiledEntity, row: Mapping[str, Any]) -> dict[str, Any]:
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


@passing
class Look:
    """How a row is looked at: within reach of all these privileges, the first of them used for the attributes `given`."""

    entity: str
    privileges: tuple[Privilege, ...] = ()
    given: frozenset[str] = frozenset()
    lock: bool = False

    def conditions(self, snapshot: Snapshot, standing: Standing, rows: FromClause) -> list[ColumnElement[bool]]:
        """What a row must meet."""
        return [
            access_of(snapshot, standing, self.entity, privilege).predicate(rows, () if place else self.given)
            for place, privilege in enumerate(self.privileges)
        ]


def look_at(connection: Connection, snapshot: Snapshot, principal: Principal, look: Look, row: int) -> Mapping[str, Any] | None:
    """The row with this id by column, None where it is not within reach; with `lock` nobody else changes it until the
    transaction ends."""
    dialect, standing = connection.dialect, principal.standing
    prepared = kept(snapshot, ("look", standing, look, dialect.name), lambda: _prepare(snapshot, standing, look, dialect))
    found = prepared.rows(connection, {**principal.binds, "a_row": row})
    return dict(zip(snapshot.entities[look.entity].table.c.keys(), found[0], strict=True)) if found else None


def _prepare(snapshot: Snapshot, standing: Standing, look: Look, dialect: Dialect) -> Prepared:
    table = snapshot.entities[look.entity].table
    statement = select(*table.c).where(
        table.c.id == bindparam("a_row", type_=KEY_TYPE), *look.conditions(snapshot, standing, table)
    )
    locks = look.lock and dialect.name != "sqlite"
    return Prepared(statement.with_for_update(of=table) if locks else statement, dialect)


def stamps(principal: Principal, at: dt.datetime, *, new: bool) -> dict[str, Any]:
    """The columns that tell who changed a row, when and from where; for a new row also who made it."""
    changed = {"changed_at": at, "changed_by": principal.contact, "changed_from": principal.origin[:20]}
    if not new:
        return changed
    made = {"created_at": at, "created_by": principal.contact, "created_from": principal.origin[:20]}
    return {**made, **changed, "version": 1}
