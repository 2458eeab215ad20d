"""What was changed of a row, out of the audit trail: for those who may read it and hold the privilege `history` on it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Select, and_, bindparam, false, func, null, select

from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot
from metadata.types import KEY_TYPE
from runtime.access import Access, Principal, access_for
from runtime.records.classed import note_record
from runtime.records.tables import AUDIT, OF_ROWS
from runtime.records.values import read_value

PERSON = "contact"
OWN_KINDS = ("create", "write")
WIDTH = 7
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """An attribute's value before and after a change: typed, of a file its name, of a polymorphic lookup entity and id."""

    attribute: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `who` is the name of the contact, None where there is none or it may not be read."""

    number: int
    at: dt.datetime
    who: str | None
    own: bool
    origin: str
    kind: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """Changes, the newest first; `older` is the number before which there are more, 0 where there are none."""

    events: tuple[Event, ...]
    older: int = 0


@dataclass(frozen=True, slots=True)
class _Rights:
    """Which attributes may be read: on every row that is within reach, or where a flag of the statement says so."""

    always: frozenset[str]
    sometimes: tuple[str, ...]

    def of(self, flags: Iterable[Any]) -> frozenset[str]:
        return self.always.union(key for key, flag in zip(self.sometimes, flags, strict=True) if flag)


def fetch_trail(
    connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, id: int, *, limit: int, before: int = 0
) -> Trail:
    """The newest `limit` changes of a row, with `before` of those that are older than the event of that number.

    Only values of attributes that may be read are in them; a change of nothing but others is left out. Nothing where the row
    may not be read or its history may not.
    """
    compiled, read = snapshot.entities[entity], access_for(snapshot, principal, entity, "read")
    history = access_for(snapshot, principal, entity, "history")
    if not (read.allowed and history.allowed):
        return Trail(())
    rights = _rights(compiled, read)
    values = {**principal.binds, "a_entity": entity, "a_row": id, "a_before": before, "a_limit": limit + 1}
    found = connection.execute(_statement(snapshot, principal, (read, history), rights, older=before > 0), values).all()
    events = (_event(compiled, rights.of(row[WIDTH:]), principal, row) for row in found[:limit])
    shown = tuple(event for event in events if event.differences or event.kind != "write")
    note_record(snapshot, entity, {item.attribute for event in shown for item in event.differences}, id)
    return Trail(shown, found[limit - 1].id if len(found) > limit else 0)


def changed_since(
    connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, id: int, number: int
) -> tuple[Difference, ...] | None:
    """What later changes made of the values that the row had after the event `number`: `old` is the value then, `new` the one
    now. None where the row has no such event that the person may see.

    Of attributes that the person may read; files are left out, because a file that was taken off is gone.
    """
    attributes = snapshot.entities[entity].attributes
    found: dict[str, Difference] = {}
    before, more = 0, True
    while more:
        trail = fetch_trail(connection, snapshot, principal, entity, id, limit=AT_ONCE, before=before)
        for event in trail.events:
            if event.number <= number:
                known = event.number == number and event.kind in OWN_KINDS
                return tuple(item for item in found.values() if item.old != item.new) if known else None
            for item in event.differences if event.kind == "write" else ():
                if item.attribute in attributes and not attributes[item.attribute].type.is_file:
                    newest = found.get(item.attribute, item).new
                    found[item.attribute] = Difference(item.attribute, item.old, newest)
        before, more = trail.older, trail.older > 0
    return None


def names_of(
    connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, ids: Iterable[int]
) -> dict[int, str]:
    """What rows are called by their ids, as far as the person may read their names: one statement."""
    wanted = sorted(set(ids))
    read = access_for(snapshot, principal, entity, "read")
    if not wanted or not read.allowed:
        return {}
    name = snapshot.entities[entity].primary_name
    if name.key not in read.attributes:
        return {}
    rows = snapshot.entities[entity].table
    statement = select(rows.c.id, read.column(rows, name.key, name.column.name)).where(
        rows.c.id.in_(bindparam("a_ids", type_=KEY_TYPE, expanding=True)), read.predicate(rows)
    )
    found = connection.execute(statement, {**principal.binds, "a_ids": wanted})
    return {row[0]: str(row[1]) for row in found if row[1] is not None}


def _rights(entity: CompiledEntity, read: Access) -> _Rights:
    declared = [key for key, attribute in entity.attributes.items() if not attribute.system and key in read.attributes]
    links = frozenset(key for key, found in entity.relationships.items() if found.link is not None)
    always = frozenset(key for key in declared if read.covers(key))
    return _Rights(always | links, tuple(key for key in declared if key not in always))


def _statement(
    snapshot: Snapshot, principal: Principal, accesses: tuple[Access, Access], rights: _Rights, *, older: bool
) -> Select[Any]:
    read, history = accesses
    rows = snapshot.entities[read.entity].table
    of_row = and_(AUDIT.c.entity == bindparam("a_entity"), AUDIT.c.row == bindparam("a_row", type_=KEY_TYPE))
    # An id may have been another row's before that one was deleted.
    gone = select(func.coalesce(func.max(AUDIT.c.id), 0)).where(of_row, AUDIT.c.privilege == "delete").scalar_subquery()
    people = snapshot.entities[PERSON].table.alias("people")
    name, known = _name(snapshot, principal, people)
    flags = [read.predicate(rows, (key,)).label(f"f{place}") for place, key in enumerate(rights.sometimes)]
    joined = AUDIT.join(rows, rows.c.id == AUDIT.c.row).outerjoin(people, and_(people.c.id == AUDIT.c.contact, known))
    columns = (AUDIT.c.id, AUDIT.c.at, AUDIT.c.contact, AUDIT.c.origin, AUDIT.c.privilege, AUDIT.c.changes, name.label("who"))
    found = select(*columns, *flags).select_from(joined)
    found = found.where(
        of_row, AUDIT.c.privilege.in_(OF_ROWS), AUDIT.c.id > gone, read.predicate(rows), history.predicate(rows)
    )
    if older:
        found = found.where(AUDIT.c.id < bindparam("a_before", type_=KEY_TYPE))
    return found.order_by(AUDIT.c.id.desc()).limit(bindparam("a_limit", type_=KEY_TYPE))


def _name(snapshot: Snapshot, principal: Principal, people: FromClause) -> tuple[Any, Any]:
    """The name of who made a change, and whether that row may be read."""
    read = access_for(snapshot, principal, PERSON, "read")
    attribute = snapshot.entities[PERSON].primary_name
    if not read.allowed or attribute.key not in read.attributes:
        return null(), false()
    return read.column(people, attribute.key, attribute.column.name), read.predicate(people)


def _event(entity: CompiledEntity, readable: frozenset[str], principal: Principal, row: Any) -> Event:
    number, at, contact, origin, kind, changes, who = row[:WIDTH]
    own = contact is not None and contact == principal.contact
    return Event(number, at, who, own, origin, kind, tuple(_differences(entity, readable, json.loads(changes))))


def _differences(entity: CompiledEntity, readable: frozenset[str], changes: Mapping[str, Any]) -> Iterable[Difference]:
    for key, (old, new) in changes.items():
        if key in readable:
            attribute = entity.attributes.get(key)
            yield Difference(key, _typed(attribute, old), _typed(attribute, new))


def _typed(attribute: CompiledAttribute | None, stored: Any) -> Any:
    """A value as the trail has it, which is JSON, as the attribute's type; as it stands where it is none of that type now."""
    if stored is None or attribute is None:
        return stored
    if isinstance(stored, dict):
        return str(stored.get("name", ""))
    if isinstance(stored, list):
        return tuple(stored)
    try:
        return read_value(attribute.type.name, stored)
    except ValueError:
        return str(stored)
