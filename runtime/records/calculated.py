"""Calculated attributes as SQL: an expression over a row, over rows that its lookups lead to, over rows related to it.

A formula works with the values of its own row as they are: who may read the calculated attribute may know its outcome.
Of other rows it sees what the person may read and nothing else, so that a sum is the sum of the rows that the person could
have opened one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, select

from metadata.expressions.columns import Related
from metadata.expressions.entities import KINDS, expression
from metadata.expressions.sql import Calculation
from metadata.snapshot import CompiledAttribute, CompiledEntity, Relationship, Snapshot
from metadata.types import ExactDecimal
from runtime.access import Access, Standing, access_of
from runtime.records.words import operand


def calculated(
    snapshot: Snapshot, standing: Standing, entity: CompiledEntity, attribute: CompiledAttribute, rows: FromClause
) -> ColumnElement[Any]:
    """The value of a calculated attribute for each of `rows`."""
    node = expression(snapshot, entity.key, attribute.model.formula, KINDS[attribute.type.name])
    kind = attribute.column.type
    scale = kind.scale if isinstance(kind, ExactDecimal) else 0
    return Calculation(node, RowColumns(snapshot, standing, entity, rows), kind, scale)


@dataclass(frozen=True, slots=True)
class RowColumns:
    """The columns of the rows that an expression is about. `masked` where the person's own permission on each counts."""

    snapshot: Snapshot
    standing: Standing
    entity: CompiledEntity
    rows: FromClause
    masked: bool = False

    def column(self, path: str) -> ColumnElement[Any] | None:
        """The column of a name; None for what may not be read."""
        if path.startswith("@"):
            return operand(self.snapshot, path, path == "@now").value
        first, _, rest = path.partition(".")
        attribute = self.entity.attributes[first]
        return self._beyond(attribute, rest) if rest else self._own(attribute)

    def related(self, relationship: str) -> Related | None:
        """The rows of a relationship; None where none may be read."""
        found = self.entity.relationships[relationship]
        access = access_of(self.snapshot, self.standing, found.entity, "read")
        rows = self.snapshot.entities[found.entity].table.alias()
        return RelatedRows(self, found, access, rows) if access.allowed else None

    def _own(self, attribute: CompiledAttribute) -> ColumnElement[Any] | None:
        access = access_of(self.snapshot, self.standing, self.entity.key, "read")
        if self.masked and attribute.key not in access.attributes:
            return None
        if attribute.calculated:
            found = calculated(self.snapshot, self.standing, self.entity, attribute, self.rows)
        else:
            found = self.rows.c[attribute.column.name]
        return access.masked(self.rows, attribute.key, found) if self.masked else found

    def _beyond(self, lookup: CompiledAttribute, path: str) -> ColumnElement[Any] | None:
        """The value at the end of a path over a lookup, as one value per row."""
        pointer = self._own(lookup)
        target = self.snapshot.entities[lookup.targets[0]]
        access = access_of(self.snapshot, self.standing, target.key, "read")
        if pointer is None or not access.allowed:
            return None
        far = target.table.alias()
        value = RowColumns(self.snapshot, self.standing, target, far, masked=True).column(path)
        if value is None:
            return None
        found = select(value).select_from(far).where(far.c.id == pointer)
        reached = found if access.unrestricted else found.where(access.predicate(far))
        return reached.correlate(self.rows).scalar_subquery()


@dataclass(frozen=True, slots=True)
class RelatedRows:
    """The rows of a relationship that the person may read."""

    near: RowColumns
    relationship: Relationship
    access: Access
    rows: FromClause

    @property
    def columns(self) -> RowColumns:
        """Where their values stand."""
        entity = self.near.snapshot.entities[self.relationship.entity]
        return RowColumns(self.near.snapshot, self.near.standing, entity, self.rows, masked=True)

    def one(self, value: ColumnElement[Any], condition: ColumnElement[bool] | None) -> ColumnElement[Any]:
        """A value over those for which the condition holds."""
        held = [self._tie(), *(() if self.access.unrestricted else (self.access.predicate(self.rows),))]
        if condition is not None:
            held.append(condition)
        found = select(value).select_from(self.rows).where(and_(*held))
        return found.correlate(self.near.rows).scalar_subquery()

    def _tie(self) -> ColumnElement[bool]:
        near, far, relationship = self.near.rows, self.rows, self.relationship
        if relationship.link is not None:
            link = relationship.link.alias()
            tied = and_(link.c[relationship.near] == near.c.id, link.c[relationship.far] == far.c.id)
            return exists().select_from(link).where(tied).correlate(near, far)
        lookup = self.near.snapshot.entities[relationship.entity].attributes[relationship.attribute]
        tie = far.c[lookup.column.name] == near.c.id
        if lookup.target_column is not None:
            tie = and_(tie, far.c[lookup.target_column.name] == self.near.entity.key)
        return tie
