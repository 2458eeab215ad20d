"""The audit trail across records: who did what, when, on which record or component. For those who may read all of it.

Which attributes changed is told; their values only where the reader may read that attribute on every row of its entity.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, or_, select

from metadata.snapshot import Snapshot
from runtime.access import Principal, access_for
from runtime.records.classed import PROTECTED, class_of, classes_of
from runtime.records.tables import AUDIT, OF_ROWS

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; what is empty does not count. `before` is the number of an entry: only older ones are given.

    `classed` is a class of attributes: changes of such as they are classed now, and acts that were written down with it.
    """

    site: str
    contact: int | None = None
    entity: str = ""
    row: int | None = None
    kind: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    before: int = 0
    classed: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail. `facts` are what changed, each with a text: the values, or "" where they may not be read.

    `classes` are those of the attributes that it is about.
    """

    number: int
    at: dt.datetime
    contact: int | None
    origin: str
    kind: str
    entity: str
    row: int
    facts: tuple[tuple[str, str], ...]
    classes: tuple[str, ...] = ()


def read_log(connection: Connection, snapshot: Snapshot, principal: Principal, asked: Asked, limit: int) -> tuple[Entry, ...]:
    """The newest entries that are looked for, of the site and of the installation."""
    rows = connection.execute(_statement(snapshot, asked).limit(limit))
    return tuple(_entry(snapshot, principal, row) for row in rows)


def follow_log(connection: Connection, snapshot: Snapshot, principal: Principal, asked: Asked) -> Iterator[tuple[Entry, ...]]:
    """All of them, a page at a time."""
    before = asked.before
    while True:
        statement = _statement(snapshot, asked) if not before else _statement(snapshot, asked).where(AUDIT.c.id < before)
        page = tuple(_entry(snapshot, principal, row) for row in connection.execute(statement.limit(AT_ONCE)))
        if not page:
            return
        yield page
        before = page[-1].number


def kinds_of_log(connection: Connection) -> tuple[str, ...]:
    """The kinds of deeds among the newest entries, for choosing from."""
    newest = select(AUDIT.c.privilege).order_by(AUDIT.c.id.desc()).limit(10_000).subquery()
    return tuple(sorted(connection.scalars(select(newest.c.privilege).distinct())))


def _statement(snapshot: Snapshot, asked: Asked) -> Select[Any]:
    columns = AUDIT.c
    found = select(AUDIT).where(columns.site.in_(("", asked.site))).order_by(columns.id.desc())
    equal = {"contact": asked.contact, "entity": asked.entity, "row": asked.row, "privilege": asked.kind}
    found = found.where(*(columns[name] == value for name, value in equal.items() if value not in (None, "")))
    if asked.since is not None:
        found = found.where(columns.at >= asked.since)
    if asked.until is not None:
        found = found.where(columns.at < asked.until)
    if asked.classed:
        found = found.where(_of_class(snapshot, asked.classed))
    return found.where(columns.id < asked.before) if asked.before else found


def _of_class(snapshot: Snapshot, classed: str) -> ColumnElement[bool]:
    """Whether a line is about attributes of a class. What changed is JSON, in which a name with its quotes is never a value."""
    columns = AUDIT.c
    of_rows = columns.privilege.in_(OF_ROWS)
    named = {key: [name.partition(".")[2] for name in classes_of(snapshot, key).get(classed, ())] for key in snapshot.entities}
    changes = (
        and_(columns.entity == key, or_(false(), *(_has(name) for name in names))) for key, names in named.items() if names
    )
    return or_(and_(of_rows, or_(false(), *changes)), and_(~of_rows, _has(classed)))


def _has(name: str) -> ColumnElement[bool]:
    return AUDIT.c.changes.contains(f'"{name}":', autoescape=True)


def _entry(snapshot: Snapshot, principal: Principal, row: Any) -> Entry:
    changes = json.loads(row.changes)
    told = _values(snapshot, principal, row.entity, changes) if row.privilege in OF_ROWS else _facts(changes)
    about = {class_of(snapshot, row.entity, key) for key in changes} if row.privilege in OF_ROWS else set(changes)
    classes = tuple(name for name in PROTECTED if name in about)
    return Entry(row.id, row.at, row.contact, row.origin, row.privilege, row.entity, row.row, tuple(told), classes)


def _values(snapshot: Snapshot, principal: Principal, entity: str, changes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    read = access_for(snapshot, principal, entity, "read")
    for key, change in changes.items():
        open_to_all = key in read.attributes and any(grant.reach is None for grant in read.covering(key))
        yield key, " → ".join(map(_text, change)) if open_to_all and isinstance(change, list) else ""


def _facts(changes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in changes.items():
        yield key, ", ".join(map(_text, value)) if isinstance(value, list) else _text(value)


def _text(value: Any) -> str:
    if value is None or value == "":
        return "–"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
