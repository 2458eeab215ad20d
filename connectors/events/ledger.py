"""Which events a map has taken, and the version of each row: what comes twice or late changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from connectors import tables
from connectors.batched import batched
from connectors.values import digest

KEPT = dt.timedelta(days=14)
"""How long an event is remembered: longer than any broker holds one that was not acknowledged."""
_SWEPT_EACH = 200
_EVENTS, _VERSIONS = tables.event, tables.version


def identity_of(event: str) -> str:
    """The id of an event as it is kept: long ones as their hash."""
    return event if len(event) <= 120 else digest((event,))


def known_events(connection: Connection, table_map: str, identities: Iterable[str]) -> set[str]:
    """Those of the events that were taken before."""
    found: set[str] = set()
    for part in batched(identities):
        chosen = select(_EVENTS.c.event).where(_EVENTS.c.map == table_map, _EVENTS.c.event.in_(part))
        found.update(connection.scalars(chosen))
    return found


def keep_events(connection: Connection, table_map: str, identities: Iterable[str], now: dt.datetime) -> None:
    """Remember events as taken; now and then those are forgotten that nobody can send again."""
    rows = [{"map": table_map, "event": identity, "at": now} for identity in identities]
    if rows:
        connection.execute(insert(_EVENTS), rows)
        if int(now.timestamp()) % _SWEPT_EACH == 0:
            connection.execute(delete(_EVENTS).where(_EVENTS.c.map == table_map, _EVENTS.c.at < now - KEPT))


def known_versions(connection: Connection, table_map: str, keys: Iterable[str]) -> dict[str, str]:
    """The version of each row as it was taken last, by outside key."""
    found: dict[str, str] = {}
    for part in batched(keys):
        chosen = select(_VERSIONS.c.key, _VERSIONS.c.version).where(_VERSIONS.c.map == table_map, _VERSIONS.c.key.in_(part))
        found.update({row.key: row.version for row in connection.execute(chosen)})
    return found


def keep_versions(connection: Connection, table_map: str, versions: Mapping[str, str]) -> None:
    """Remember versions in place of those before. They stay when a row is deleted: what comes late must not revive it."""
    for part in batched(versions):
        connection.execute(delete(_VERSIONS).where(_VERSIONS.c.map == table_map, _VERSIONS.c.key.in_(part)))
    rows = [{"map": table_map, "key": key, "version": version} for key, version in versions.items()]
    if rows:
        connection.execute(insert(_VERSIONS), rows)


def forget(connection: Connection, table_map: str) -> None:
    """Take everything anew."""
    connection.execute(delete(_EVENTS).where(_EVENTS.c.map == table_map))
    connection.execute(delete(_VERSIONS).where(_VERSIONS.c.map == table_map))


def is_older(version: str, known: str) -> bool:
    """Whether a version comes before another one: as numbers or as moments where both are, else as texts."""
    readings: tuple[Callable[[str], Any], ...] = (int, _number, _moment)
    for read in readings:
        try:
            return bool(read(version) < read(known))
        except ValueError:
            continue
    return version < known


def _number(text: str) -> Decimal:
    """Raises ValueError."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("no number") from None
    if not number.is_finite():
        raise ValueError("no number")
    return number


def _moment(text: str) -> dt.datetime:
    """A moment, of UTC where it names no offset: texts of one may have other offsets, or no parts of a second. Raises
    ValueError."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


def version_text(version: Any) -> str:
    """A version as it is kept."""
    return version.isoformat() if hasattr(version, "isoformat") else str(version)
