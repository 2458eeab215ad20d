"""Two rows of one entity made one: every lookup and link that names the one is made to name the other, then it is deleted.

Each change passes the one door with the rights of who asks; what may not be changed refuses the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from metadata.snapshot import CompiledAttribute, CompiledEntity, Relationship, Snapshot
from runtime.access import Principal
from runtime.access.scopes import points_at
from runtime.records.audit import AUDITED
from runtime.records.errors import Missing
from runtime.records.hooks import Listeners
from runtime.records.remove import delete, dependants
from runtime.records.write import associate, disassociate, update

MOST_ROWS = 2000
"""Rows that are moved at once, in one transaction; of more, so many at a time."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What names a row: a lookup of an entity, or an N:N relationship of the row's own; and how many rows do."""

    entity: str
    name: str
    count: int


class TooManyRows(Exception):
    """More rows name the one that would go than are moved at once."""


def references(connection: Connection, snapshot: Snapshot, entity: str, row: int) -> tuple[Reference, ...]:
    """Everything that names a row, whoever may read it: one statement for each lookup and relationship."""
    found = []
    for holder, lookup in dependants(snapshot, entity):
        table = holder.table
        named = select(func.count()).select_from(table).where(points_at(table, lookup, entity, row))  # type: ignore[arg-type]
        found.append(Reference(holder.key, lookup.key, connection.execute(named).scalar_one()))
    for relationship in _links(snapshot.entities[entity]):
        link = relationship.link
        if link is not None:
            linked = select(func.count()).select_from(link).where(link.c[relationship.near] == row)
            found.append(Reference(relationship.entity, relationship.key, connection.execute(linked).scalar_one()))
    return tuple(reference for reference in found if reference.count)


def move_references(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    keep: int,
    other: int,
    *,
    most: int = MOST_ROWS,
    listeners: Listeners = AUDITED,
) -> int:
    """Let at most so many of what names `other` name `keep`, within the caller's transaction; gives back how many did.

    Raises Denied, Missing, Conflict and Invalid as single changes do; the caller rolls back.
    """
    moved = 0
    for holder, lookup in dependants(snapshot, entity):
        value = keep if lookup.target_column is None else (entity, keep)
        for row, version in _named(connection, holder, lookup, entity, other, most - moved):
            update(connection, snapshot, principal, holder.key, row, version, {lookup.key: value}, listeners=listeners)
            moved += 1
    for relationship in _links(snapshot.entities[entity]):
        for far in _linked(connection, relationship, other, most - moved):
            associate(connection, snapshot, principal, entity, keep, relationship.key, far, listeners=listeners)
            disassociate(connection, snapshot, principal, entity, other, relationship.key, far, listeners=listeners)
            moved += 1
    return moved


def join_rows(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    keep: int,
    other: int,
    *,
    listeners: Listeners = AUDITED,
) -> None:
    """Let everything that names `other` name `keep`, and delete `other`, within the caller's transaction.

    Raises what `move_references` raises, TooManyRows beyond MOST_ROWS; the caller rolls back.
    """
    if sum(reference.count for reference in references(connection, snapshot, entity, other)) > MOST_ROWS:
        raise TooManyRows
    move_references(connection, snapshot, principal, entity, keep, other, listeners=listeners)
    table = snapshot.entities[entity].table
    last = connection.execute(select(table.c.version).where(table.c.id == other)).scalar()
    if last is None:
        raise Missing(entity)
    delete(connection, snapshot, principal, entity, other, last, listeners=listeners)


def _named(
    connection: Connection, holder: CompiledEntity, lookup: CompiledAttribute, entity: str, row: int, most: int
) -> list[tuple[int, int]]:
    table = holder.table
    pointing = points_at(table, lookup, entity, row)  # type: ignore[arg-type]
    found = connection.execute(select(table.c.id, table.c.version).where(pointing).order_by(table.c.id).limit(most))
    return [(item.id, item.version) for item in found]


def _links(entity: CompiledEntity) -> tuple[Relationship, ...]:
    return tuple(found for found in entity.relationships.values() if found.link is not None)


def _linked(connection: Connection, relationship: Relationship, row: int, most: int) -> list[int]:
    link = relationship.link
    if link is None:
        return []
    far = link.c[relationship.far]
    return list(connection.scalars(select(far).where(link.c[relationship.near] == row).order_by(far).limit(most)))
