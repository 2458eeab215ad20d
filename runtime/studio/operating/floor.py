"""What every page of an operator begins with: who may, which map, our side of it, and how times and numbers are said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from flask import request
from sqlalchemy import Connection

from connectors.home import Home, utc_now
from connectors.lease import held_leases
from connectors.station import lease_of
from connectors.tablemap import CompiledMap, compiled_maps
from runtime.errors import AccessDenied, BadRequest, PageNotFound
from runtime.pages.content import words_of
from runtime.render.spans import span
from runtime.studio.desk import Desk, open_desk
from runtime.studio.rights import author_of
from runtime.sync.homes import home_of

SUBJECT = "table_map"
LONGEST = 400


def open_floor() -> Desk:
    """The desk of somebody who operates. Raises SignInNeeded, AccessDenied."""
    desk = open_desk()
    if not desk.reach.operates:
        raise AccessDenied
    return desk


def maps_of(desk: Desk) -> Sequence[CompiledMap]:
    """The active maps of the release."""
    return compiled_maps(desk.context.snapshot)


def map_of(desk: Desk, key: str) -> CompiledMap:
    """An active map. Raises PageNotFound."""
    found = next((item for item in maps_of(desk) if item.key == key), None)
    if found is None:
        raise PageNotFound
    return found


def home(desk: Desk) -> Home:
    """Our side, for functions that open transactions of their own: who asks is proved first."""
    desk.prove()
    return home_of(desk.context.services.engine, desk.context.snapshot)


def reading(desk: Desk) -> Connection:
    """The request's connection to read on."""
    return desk.context.connection


def who(desk: Desk) -> str:
    """How the person is named to other operators."""
    return author_of(desk.context.principal)


def given(name: str) -> str:
    """What a field or parameter holds. Raises BadRequest for what no field of ours sends."""
    value = str(request.values.get(name, "")).strip()
    if len(value) > LONGEST or "\x00" in value:
        raise BadRequest
    return value


def note(desk: Desk, act: str, table_map: str, **facts: object) -> None:
    """Write into the audit trail what was done; never values of rows."""
    desk.note("operate", SUBJECT, 0, did=act, map=table_map, **facts)


def since(desk: Desk, moment: dt.datetime | None) -> str:
    """How long ago a moment is; "" for none."""
    return "" if moment is None else duration(desk, (utc_now() - moment).total_seconds())


def served(desk: Desk) -> frozenset[str]:
    """The connections that a worker looks after now."""
    held = held_leases(reading(desk))
    return frozenset(key for key in desk.context.snapshot.connections if lease_of(key) in held)


def connection_label(desk: Desk, key: str) -> str:
    """What people call a connection."""
    found = desk.context.snapshot.connections.get(key)
    return (words_of(desk.context, found.label) if found else "") or key


def map_label(desk: Desk, key: str) -> str:
    """What people call a table map."""
    found = desk.context.snapshot.table_maps.get(key)
    return (words_of(desk.context, found.label) if found else "") or key


def map_labels(desk: Desk, keys: Iterable[str]) -> str:
    """What people call table maps, with commas between."""
    return ", ".join(map_label(desk, key) for key in keys)


def class_word(desk: Desk, code: str) -> str:
    """What people call a class of reasons; as it is written where it has no word, and a dash for none."""
    key = f"studio.sync_class.{code}"
    return desk.say(key) if key in desk.say else code or "–"


def duration(desk: Desk, seconds: float) -> str:
    """A span of time in words."""
    return span(desk.say, seconds)


def number(desk: Desk, value: int | None) -> str:
    """A whole number as the language writes it; a dash for one that is not known."""
    return "–" if value is None else desk.formats.number(value)
