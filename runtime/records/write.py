"""Making, changing and linking rows in the caller's transaction: all of it happens, or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy import delete as delete_from

from metadata.model.base import Privilege
from metadata.snapshot import CompiledAttribute, CompiledEntity, Relationship, Snapshot
from runtime.access import Access, Principal, access_for
from runtime.passing import passing
from runtime.records.audit import AUDITED
from runtime.records.errors import Denied, Invalid, Missing
from runtime.records.hooks import Change, Listeners
from runtime.records.incoming import cleaned, permitted, with_defaults
from runtime.records.links import check_pointers, permit_pointers, pointers
from runtime.records.numbers import counts_within, next_number
from runtime.records.proof import Reader, bare
from runtime.records.refusals import Undo, guarded, readable, refuse
from runtime.records.rows import Look, look_at, stamps, to_columns, to_values
from runtime.records.saving import Save, save
from runtime.records.unseen import unseen


@passing
class Written:
    """A saved row: its id and the version it has now."""

    id: int
    version: int


@passing
class NewRow:
    """A row about to be made: what was given and is well formed, and with its defaults all that it will hold."""

    entity: CompiledEntity
    given: frozenset[str]
    values: dict[str, Any]
    at: dt.datetime

    def save(self, connection: Reader, snapshot: Snapshot, principal: Principal) -> Save:
        """How it is saved, with its numbers as far as the write does not draw them. Raises Denied where a lookup may not be
        set at all."""
        linked = pointers(self.entity, self.values)
        permit_pointers(snapshot, principal, self.entity, linked)
        numbered = _number(connection, snapshot, self.entity, self.values)
        columns = to_columns(self.entity, self.values) | stamps(principal, self.at, new=True)
        return Save(self.entity, "create", self.given, columns, linked, numbered)


def new_row(connection: Reader, snapshot: Snapshot, principal: Principal, entity: str, values: Mapping[str, Any]) -> NewRow:
    """A row to be made of typed values by attribute. Raises Denied and Invalid."""
    compiled, access = _permit(snapshot, principal, entity, "create")
    permitted(compiled, access, values)
    clean = cleaned(snapshot, principal, compiled, values)
    complete = with_defaults(connection, snapshot, principal, compiled, clean)
    return NewRow(compiled, frozenset(clean), complete, dt.datetime.now(dt.UTC))


def create(
    connection: Reader,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    values: Mapping[str, Any],
    *,
    listeners: Listeners = AUDITED,
    undo: Undo = "savepoint",
) -> Written:
    """Save a new row with typed values by attribute; a polymorphic lookup is the pair of entity and id.

    A refusal undoes this write alone or, where the caller gives up after one, all of the transaction (`undo`). Raises Denied
    (also where the new row would lie out of reach) and Invalid.

    What is not proved yet the row's own statement proves, within the transaction that is open.
    """
    new, writing = new_row(connection, snapshot, principal, entity, values), bare(connection)
    with guarded(writing, new.entity, undo):
        wanted = new.save(connection, snapshot, principal)
        row = save(connection, snapshot, principal, wanted)
        if row is None:
            check_pointers(writing, snapshot, principal, new.entity, wanted.linked)
            raise Denied(entity)
        change = Change("create", entity, row["id"], 1, {}, to_values(new.entity, row), principal, new.at)
        listeners.tell(writing, snapshot, change)
    return Written(row["id"], 1)


def update(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    id: int,
    version: int,
    values: Mapping[str, Any],
    *,
    listeners: Listeners = AUDITED,
    undo: Undo = "savepoint",
) -> Written:
    """Change some values of a row that is still at `version`. A row whose values are these already stays as it is, but for
    values that the principal does not see: whether they are stored already is not told by what becomes of them.

    `undo` as in `create`. Raises Missing, Conflict, Denied (also where the row would leave the principal's reach) and Invalid.
    """
    compiled, access = _permit(snapshot, principal, entity, "write")
    permitted(compiled, access, values)
    at = dt.datetime.now(dt.UTC)
    given = frozenset(values)
    with guarded(connection, compiled, undo):
        before = look_at(connection, snapshot, principal, Look(entity, ("write",), given, lock=True), id)
        if before is None or before["version"] != version:
            refuse(connection, snapshot, principal, (entity, id, version))
        old = to_values(compiled, before)
        clean = cleaned(snapshot, principal, compiled, values)
        same = {key: value for key, value in clean.items() if value == old[key]}
        hidden = unseen(connection, snapshot, principal, access, (compiled, id), same)
        changed = _changed(compiled, clean, old, hidden)
        if not changed:
            return Written(id, version)
        linked = pointers(compiled, changed)
        permit_pointers(snapshot, principal, compiled, linked)
        columns = to_columns(compiled, changed) | stamps(principal, at, new=False) | {"version": version + 1}
        row = save(connection, snapshot, principal, Save(compiled, "write", given, columns, linked, row=(id, version)))
        if row is None:
            check_pointers(connection, snapshot, principal, compiled, linked)
            refuse(connection, snapshot, principal, (entity, id, version))
        change = Change("write", entity, id, version + 1, old, to_values(compiled, row), principal, at)
        listeners.tell(connection, snapshot, change)
    return Written(id, version + 1)


def associate(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    id: int,
    relationship: str,
    far_id: int,
    *,
    listeners: Listeners = AUDITED,
) -> None:
    """Link a row with another by an N:N relationship; rows that are linked already stay so.

    Needs append on the near row and append_to on the far one. Raises Missing, Denied and Invalid.
    """
    compiled, found = _link(snapshot, entity, relationship)
    with guarded(connection, compiled):
        _check_ends(connection, snapshot, principal, compiled, id, found, far_id)
        ends = {found.near: id, found.far: far_id}
        table = _link_table(found)
        linked = select(table.c[found.near]).where(*(table.c[name] == value for name, value in ends.items()))
        if connection.execute(linked).first() is not None:
            return
        connection.execute(insert(table).values(ends))
        at = dt.datetime.now(dt.UTC)
        listeners.tell(connection, snapshot, Change("associate", entity, id, 0, {}, {relationship: far_id}, principal, at))


def disassociate(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    id: int,
    relationship: str,
    far_id: int,
    *,
    listeners: Listeners = AUDITED,
) -> None:
    """Undo a link; needs what associate needs. Raises Missing where there is no such link."""
    compiled, found = _link(snapshot, entity, relationship)
    with guarded(connection, compiled):
        _check_ends(connection, snapshot, principal, compiled, id, found, far_id)
        table = _link_table(found)
        gone = delete_from(table).where(table.c[found.near] == id, table.c[found.far] == far_id)
        if connection.execute(gone).rowcount != 1:
            raise Missing(entity)
        at = dt.datetime.now(dt.UTC)
        listeners.tell(connection, snapshot, Change("disassociate", entity, id, 0, {relationship: far_id}, {}, principal, at))


def _permit(snapshot: Snapshot, principal: Principal, entity: str, privilege: Privilege) -> tuple[CompiledEntity, Access]:
    access = access_for(snapshot, principal, entity, privilege)
    if principal.read_only or not access.allowed:
        raise Denied(entity)
    return snapshot.entities[entity], access


def _number(connection: Reader, snapshot: Snapshot, entity: CompiledEntity, values: dict[str, Any]) -> tuple[str, ...]:
    """Number the row: into `values`, except for those auto-numbers, given back, that are drawn as it is saved."""
    waiting = []
    for attribute in auto_numbers(snapshot, entity):
        if values.get(attribute.key) is not None:
            continue
        if counts_within(connection.dialect, attribute):
            values.pop(attribute.key, None)
            waiting.append(attribute.key)
        else:
            values[attribute.key] = next_number(bare(connection), entity, attribute)
    return tuple(waiting)


def auto_numbers(snapshot: Snapshot, entity: CompiledEntity) -> tuple[CompiledAttribute, ...]:
    """The auto-numbers of an entity."""
    return snapshot.derive(
        ("auto-numbers", entity.key),
        lambda: tuple(attribute for attribute in entity.attributes.values() if attribute.type.name == "auto_number"),
    )


def _changed(
    entity: CompiledEntity, clean: Mapping[str, Any], old: Mapping[str, Any], hidden: frozenset[str]
) -> dict[str, Any]:
    """The values that differ from the stored ones, or of which these are hidden. Raises Invalid where one of them is fixed."""
    changed = {key: value for key, value in clean.items() if value != old[key] or key in hidden}
    fixed = {key: "immutable" for key in changed if entity.attributes[key].model.immutable}
    if fixed:
        raise Invalid(fixed)
    return changed


def _link(snapshot: Snapshot, entity: str, relationship: str) -> tuple[CompiledEntity, Relationship]:
    compiled = snapshot.entities[entity]
    found = compiled.relationships.get(relationship)
    if found is None or found.link is None:
        raise Invalid({relationship: "unknown"})
    return compiled, found


def _link_table(found: Relationship) -> Table:
    if found.link is None:
        raise KeyError(found.key)
    return found.link


def _check_ends(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    near: CompiledEntity,
    row: int,
    found: Relationship,
    far_id: int,
) -> None:
    append = access_for(snapshot, principal, near.key, "append")
    if principal.read_only or not append.allowed:
        raise Denied(near.key, attribute=found.key, side="append")
    if look_at(connection, snapshot, principal, Look(near.key, ("append",)), row) is None:
        if readable(connection, snapshot, principal, near.key, row) is None:
            raise Missing(near.key)
        raise Denied(near.key, attribute=found.key, side="append")
    check_pointers(connection, snapshot, principal, near, [(found.key, found.entity, far_id)])
