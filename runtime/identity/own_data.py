"""What is kept of a person, as a JSON document that goes out while it is read: the contact, and the rows that it made.

All of it passes the records layer with the person's own rights, so that nothing is in it that a page would not show.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from metadata.snapshot import CompiledEntity, Snapshot
from runtime.access import Principal, access_for
from runtime.identity.events import consents_of, events_of
from runtime.lease import Doors
from runtime.records.ask import ListAsk
from runtime.records.classed import Classes, classes_among, merged
from runtime.records.details import fetch_record
from runtime.records.errors import Denied
from runtime.records.following import follow
from runtime.records.plan import ListOptions, ListPlan, plan_entity

SIZE = 500
MADE_BY = "created_by"


def own_data(doors: Doors, snapshot: Snapshot, principal: Principal) -> Iterator[bytes]:
    """The document in pieces, on a connection of its own. Files are named by nothing but their rows; they are left out."""
    with doors.reading.connect() as connection:
        yield b'{"contact": ' + _text(_contact(connection, snapshot, principal))
        yield b', "sign_in": ' + _text(_sign_in(connection, principal))
        yield b', "made": {'
        first = True
        for key in sorted(snapshot.entities):
            for piece in _made(connection, snapshot, principal, key):
                yield piece if first or not piece.startswith(b'"') else b", " + piece
                first = False
        yield b"}}\n"


def own_classes(snapshot: Snapshot, principal: Principal) -> Classes:
    """What may be in the document and needs protection, under its class."""
    return merged(classes_among(snapshot, key, _readable(snapshot, principal, key)) for key in snapshot.entities)


def _contact(connection: Connection, snapshot: Snapshot, principal: Principal) -> dict[str, Any]:
    paths = _readable(snapshot, principal, "contact")
    found = fetch_record(connection, snapshot, principal, "contact", "id", principal.contact, paths) if paths else None
    return {} if found is None else {path: found.values.get(path) for path in paths}


def _sign_in(connection: Connection, principal: Principal) -> dict[str, Any]:
    contact = principal.contact or 0
    events = [dataclasses.asdict(one) for one in events_of(connection, principal.site, contact)]
    accepted = [{"version": one.version, "at": one.at} for one in consents_of(connection, principal.site, contact)]
    return {"events": events, "terms": accepted}


def _made(connection: Connection, snapshot: Snapshot, principal: Principal, key: str) -> Iterator[bytes]:
    """The member of an entity: its key, and the rows that the person made and may read. Nothing where they may read none."""
    paths = _readable(snapshot, principal, key)
    try:
        plan = plan_entity(snapshot, principal, key, ListOptions(extra=paths, key="id", mine=MADE_BY))
    except Denied:
        return
    yield json.dumps(key).encode() + b": ["
    before = b""
    for page in follow(connection, plan, principal, ListAsk("", page_size=SIZE, scope="mine", counted=False), SIZE):
        for row in page:
            yield before + _text(_row(plan, paths, row))
            before = b", "
    yield b"]"


def _readable(snapshot: Snapshot, principal: Principal, key: str) -> tuple[str, ...]:
    """The attributes of an entity that the person may read of some row."""
    entity: CompiledEntity = snapshot.entities[key]
    read = access_for(snapshot, principal, key, "read")
    wanted = [one.key for one in entity.attributes.values() if not one.type.is_file and one.key in read.attributes]
    return tuple(name for name in wanted if name != "id")


def _row(plan: ListPlan, paths: tuple[str, ...], row: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"id": row[0]}
    for path in paths:
        column = plan.column(path)
        if column is not None:
            values[path] = row[column.index]
            if column.label_index is not None:
                values[f"{path}.name"] = row[column.label_index]
    return values


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> str:
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else repr(value)
