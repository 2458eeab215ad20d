"""How many rows may point at one row: counted while that row is held, so that two who write at once do not exceed it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot
from runtime.records.errors import Invalid
from runtime.records.hooks import Change, of_new_rows

TOO_MANY = "too_many"


def counted_lookups(snapshot: Snapshot, entity: str) -> tuple[CompiledAttribute, ...]:
    """The lookups of an entity that say how many of its rows may point at one row."""
    return snapshot.derive(
        ("counted lookups", entity),
        lambda: tuple(item for item in snapshot.entities[entity].attributes.values() if item.model.max_count is not None),
    )


@of_new_rows(lambda snapshot, entity: bool(counted_lookups(snapshot, entity)))
def keep_counts(connection: Connection, snapshot: Snapshot, change: Change) -> None:
    """Refuse a row that is one too many for the row that it points at, as a listener of `after_write`.

    Raises Invalid with the code `too_many` at the lookup. Rows that are out of the writer's sight count like all others.
    """
    if change.kind not in ("create", "write"):
        return
    changed = change.changed
    for attribute in counted_lookups(snapshot, change.entity):
        pointer = changed[attribute.key][1] if attribute.key in changed else None
        if pointer is None or attribute.model.max_count is None:
            continue
        target, row = pointer if isinstance(pointer, tuple) else (attribute.targets[0], pointer)
        _hold(connection, snapshot.entities[target], row)
        if rows_at(connection, snapshot, change.entity, attribute, (target, row)) > attribute.model.max_count:
            raise Invalid({attribute.key: TOO_MANY})


def rows_at(
    connection: Connection, snapshot: Snapshot, entity: str, attribute: CompiledAttribute, target: tuple[str, int]
) -> int:
    """How many rows of an entity point by a lookup at a row, given by its entity and id, whoever may read them."""
    condition: ColumnElement[bool] = attribute.column == target[1]
    if attribute.target_column is not None:
        condition &= attribute.target_column == target[0]
    statement = select(func.count()).select_from(snapshot.entities[entity].table).where(condition)
    found: Any = connection.execute(statement).scalar_one()
    return int(found)


def _hold(connection: Connection, target: CompiledEntity, row: int) -> None:
    """Hold a row until the transaction ends. On SQLite whoever writes holds the whole database.

    Two transactions that have written a row which points at it share the lock of the foreign key already: a lock that
    refuses that one would have them wait for each other.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(select(target.table.c.id).where(target.table.c.id == row).with_for_update(key_share=True))
