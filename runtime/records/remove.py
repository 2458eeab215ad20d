"""Deleting a row together with what hangs on it, as each lookup's `on_delete` says."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import Connection, select
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_of

from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot
from runtime.access import Principal, access_for
from runtime.access.scopes import points_at
from runtime.records.audit import AUDITED
from runtime.records.errors import Denied, Invalid
from runtime.records.hooks import Change, Listeners
from runtime.records.refusals import guarded, refuse
from runtime.records.rows import Look, look_at, stamps, to_values


def delete(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    id: int,
    version: int,
    *,
    listeners: Listeners = AUDITED,
) -> None:
    """Delete a row that is still at `version`. What hangs on it by a cascading lookup goes with it, without further rights.

    Raises Missing, Conflict, Denied, and Invalid (code `referenced`) where a restricting lookup points at the row.
    """
    access = access_for(snapshot, principal, entity, "delete")
    if principal.read_only or not access.allowed:
        raise Denied(entity)
    compiled = snapshot.entities[entity]
    with guarded(connection, compiled):
        before = look_at(connection, snapshot, principal, Look(entity, ("delete",), lock=True), id)
        if before is None or before["version"] != version:
            refuse(connection, snapshot, principal, (entity, id, version))
        Removal(connection, snapshot, principal, listeners).remove(compiled, id)


@dataclass(slots=True)
class Removal:
    """One deletion on its way through the rows that hang on each other. Rights have been checked where it starts."""

    connection: Connection
    snapshot: Snapshot
    principal: Principal
    listeners: Listeners
    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    seen: set[tuple[str, int]] = field(default_factory=set)

    def remove(self, entity: CompiledEntity, row: int) -> None:
        """Remove a row and what hangs on it. Raises Invalid where something forbids it."""
        if (entity.key, row) in self.seen:
            return
        self.seen.add((entity.key, row))
        before = look_at(self.connection, self.snapshot, self.principal, Look(entity.key), row)
        if before is None:
            return
        for holder, lookup in dependants(self.snapshot, entity.key):
            self._release(holder, lookup, entity.key, row)
        for relationship in entity.relationships.values():
            if relationship.link is not None:
                link = relationship.link
                self.connection.execute(delete_from(link).where(link.c[relationship.near] == row))
        table = entity.table
        gone = delete_from(table).where(table.c.id == row, table.c.version == before["version"])
        self.connection.execute(gone)
        self._tell(Change("delete", entity.key, row, before["version"], to_values(entity, before), {}, self.principal, self.at))

    def _release(self, holder: CompiledEntity, lookup: CompiledAttribute, target: str, row: int) -> None:
        table = holder.table
        pointing = points_at(table, lookup, target, row)  # type: ignore[arg-type]
        found = list(self.connection.scalars(select(table.c.id).where(pointing).order_by(table.c.id)))
        waiting = [item for item in found if (holder.key, item) not in self.seen]
        if waiting and lookup.model.on_delete == "restrict":
            raise Invalid({"": "referenced"})
        for item in found:
            if lookup.model.on_delete == "cascade" and item in waiting:
                self.remove(holder, item)
            else:
                self._clear(holder, lookup, item)

    def _clear(self, holder: CompiledEntity, lookup: CompiledAttribute, row: int) -> None:
        before = look_at(self.connection, self.snapshot, self.principal, Look(holder.key), row)
        if before is None:
            return
        columns = {lookup.column.name: None} | stamps(self.principal, self.at, new=False)
        if lookup.target_column is not None:
            columns[lookup.target_column.name] = None
        version = before["version"] + 1
        table = holder.table
        self.connection.execute(update_of(table).where(table.c.id == row).values(**columns, version=version))
        old = to_values(holder, before)
        change = Change("write", holder.key, row, version, old, {**old, lookup.key: None}, self.principal, self.at)
        if (holder.key, row) not in self.seen:
            self._tell(change)

    def _tell(self, change: Change) -> None:
        self.listeners.tell(self.connection, self.snapshot, change)


def dependants(snapshot: Snapshot, target: str) -> tuple[tuple[CompiledEntity, CompiledAttribute], ...]:
    """The declared lookups that may point at rows of an entity, those that forbid a deletion first."""

    def make() -> tuple[tuple[CompiledEntity, CompiledAttribute], ...]:
        found = [
            (entity, attribute)
            for entity in snapshot.entities.values()
            for attribute in entity.attributes.values()
            if target in attribute.targets and not attribute.system
        ]
        return tuple(sorted(found, key=lambda pair: pair[1].model.on_delete != "restrict"))

    return snapshot.derive(("dependants", target), make)
