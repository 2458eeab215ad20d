"""A person's values taken out of the contact and out of what the trail says of it: the row stays, for what names it.

The values are not checked as typed ones are: what must be given, or is fixed once it is saved, is a person's all the same.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot
from runtime.access import Principal, access_for
from runtime.records.audit import AUDITED
from runtime.records.errors import Conflict, Missing
from runtime.records.hooks import Change, Listeners
from runtime.records.incoming import permitted
from runtime.records.refusals import guarded, readable, refuse
from runtime.records.rows import Look, look_at, stamps, to_columns, to_values
from runtime.records.tables import AUDIT

CONTACT, ACTIVE = "contact", "active"
ERASED = "erased"
"""The act in the trail; what it says of the person is numbers alone."""
NAMING = ("registration", "merge", "merge_part")
"""The acts whose facts tell a person's e-mail or name on the lines of others."""
ALWAYS = ("email", "phone")
"""Types of values that are a person's wherever they stand, as in the key by which synchronisation knows the row."""
STAYING = ("lookup", "auto_number")


@dataclass(frozen=True, slots=True)
class Blanks:
    """The attributes of contacts that are emptied, and the declared ones that are not."""

    emptied: tuple[str, ...]
    kept: tuple[str, ...]


def blanks_of(snapshot: Snapshot, keys: Collection[str]) -> Blanks:
    """What is emptied of a contact; `keys` are attributes by which synchronisation knows a row again, which it must keep."""
    declared = [one for one in snapshot.entities[CONTACT].attributes.values() if not one.system and not one.calculated]
    kept = tuple(one.key for one in declared if _stays(one, keys))
    return Blanks(tuple(one.key for one in declared if one.key not in kept), kept)


def _stays(attribute: CompiledAttribute, keys: Collection[str]) -> bool:
    return attribute.type.name in STAYING or (attribute.key in keys and attribute.type.name not in ALWAYS)


def erase_values(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    contact: int,
    blanks: Blanks,
    *,
    listeners: Listeners = AUDITED,
) -> None:
    """Empty a contact within the caller's transaction: inactive, and called by its number where it needs a name.

    Takes the right to write each of these attributes. Raises Missing, Denied; the caller then takes the values out of the
    trail with `empty_trail`.
    """
    entity = snapshot.entities[CONTACT]
    values = dict.fromkeys(blanks.emptied) | _stand_ins(entity, contact)
    access = access_for(snapshot, principal, CONTACT, "write")
    permitted(entity, access, values)
    given, at = frozenset(values), dt.datetime.now(dt.UTC)
    with guarded(connection, entity):
        before = look_at(connection, snapshot, principal, Look(CONTACT, ("write",), given, lock=True), contact)
        if before is None or principal.read_only or not access.allowed:
            now = readable(connection, snapshot, principal, CONTACT, contact)
            refuse(connection, snapshot, principal, (CONTACT, contact, now.version if now else 0))
        old, version = to_values(entity, before), before["version"] + 1
        columns = to_columns(entity, values) | stamps(principal, at, new=False) | {"version": version}
        table = entity.table
        changed = update(table).where(table.c.id == contact, table.c.version == before["version"]).values(columns)
        if connection.execute(changed).rowcount != 1:
            found = readable(connection, snapshot, principal, CONTACT, contact)
            raise Conflict(found) if found else Missing(CONTACT)
        listeners.tell(connection, snapshot, Change("write", CONTACT, contact, version, old, old | values, principal, at))


def _stand_ins(entity: CompiledEntity, contact: int) -> dict[str, object]:
    """What stands in the place of the name and of the mark that somebody may sign in."""
    name = entity.primary_name
    called: dict[str, object] = {} if name.system or name.calculated else {name.key: called_by_number(name, contact)}
    return {**called, ACTIVE: False}


def called_by_number(attribute: CompiledAttribute, contact: int) -> str:
    """What an erased person is called: nothing that says who it was, in no language."""
    return f"– {contact}"[-(attribute.model.max_length or 100) :]


def values_of(connection: Connection, snapshot: Snapshot, contact: int) -> dict[str, Any] | None:
    """All declared values of a contact, with the system's rights; None where there is none."""
    row = look_at(connection, snapshot, Principal.system("system"), Look(CONTACT), contact)
    return None if row is None else to_values(snapshot.entities[CONTACT], row)


def emails_of(connection: Connection, snapshot: Snapshot, contact: int) -> frozenset[str]:
    """The e-mails that a contact has, and those that the trail says it has had."""
    entity = snapshot.entities[CONTACT]
    names = [key for key, attribute in entity.attributes.items() if attribute.type.name == "email"]
    values = values_of(connection, snapshot, contact) or {}
    found = {values.get(name) for name in names}
    lines = select(AUDIT.c.changes).where(AUDIT.c.entity == CONTACT, AUDIT.c.row == contact)
    for changes in connection.scalars(lines):
        told = json.loads(changes)
        for name in names:
            if isinstance(told.get(name), list):
                found.update(told[name])
    return frozenset(one for one in found if isinstance(one, str) and one)


def trail_lines(connection: Connection, contact: int, emails: Collection[str]) -> int:
    """How many lines of the trail have values of a person."""
    lines = select(func.count()).select_from(AUDIT).where(_of_person(contact, emails), AUDIT.c.changes != "{}")
    return connection.execute(lines).scalar_one()


def empty_trail(connection: Connection, contact: int, emails: Collection[str]) -> None:
    """Take a person's values out of the trail: who did what, to which row, when, and from where stays."""
    held = _of_person(contact, emails), AUDIT.c.changes != "{}"
    connection.execute(update(AUDIT).where(*held).values(changes="{}"))


def _of_person(contact: int, emails: Collection[str]) -> ColumnElement[bool]:
    own = and_(AUDIT.c.entity == CONTACT, AUDIT.c.row == contact, AUDIT.c.privilege != ERASED)
    told = [AUDIT.c.changes.contains(json.dumps(email)[1:-1], autoescape=True) for email in emails]
    told += [AUDIT.c.changes.contains(json.dumps(email, ensure_ascii=False)[1:-1], autoescape=True) for email in emails]
    return or_(own, *(and_(AUDIT.c.privilege.in_(NAMING), one) for one in told))
