"""Messages of webhooks between the answer to who sent them and the worker that takes them: stored first, then promised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from connectors import tables
from connectors.batched import batched
from connectors.errors import Fatal
from connectors.events.adapter import EventAdapter
from connectors.events.ledger import identity_of
from connectors.events.message import Message, Reading
from connectors.handed import Readers
from connectors.home import Home
from connectors.values import dump_json, load_json

_TABLE = tables.inbox


def open_webhook(name: str, settings: Mapping[str, str]) -> EventAdapter:
    """The adapter of a connection. Raises Fatal."""
    return EventAdapter(name, settings, "webhook", InboxBroker(name))


def keep_message(connection: Connection, table_map: str, identity: str, message: Message, now: dt.datetime) -> bool:
    """Store a message for a map, in the caller's transaction; whether it was not there already."""
    values = {"map": table_map, "event": identity_of(identity), "body": message.body.decode(), "received_at": now}
    try:
        with connection.begin_nested():
            connection.execute(insert(_TABLE).values(**values, headers=dump_json(dict(message.headers))))
    except IntegrityError:
        return False
    return True


class InboxBroker:
    """The inbox of one connection, in our own database. It is read once `come_home` has said where that is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._home: Home | None = None
        self._readers = Readers()

    def come_home(self, home: Home) -> None:
        """Our side."""
        self._home = home

    def read(self, reader: str, name: str, at: Any, limit: int) -> Reading:
        """Messages of a map that were not handed over yet, the oldest first."""
        state = self._readers.at(reader, at)
        known = state.known()
        chosen = select(_TABLE).where(_TABLE.c.map == reader).order_by(_TABLE.c.id).limit(limit + len(known))
        with self._at_home().read() as connection:
            rows = [row for row in connection.execute(chosen) if row.id not in known][:limit]
        place = state.give(row.id for row in rows)
        messages = [Message(row.body.encode(), load_json(row.headers), row.event) for row in rows]
        return Reading(messages, place, len(rows) == limit)

    def settle(self, reader: str, name: str, at: Any) -> None:
        """Forget the messages that were taken."""
        done = self._readers.settled(reader, at)
        if done:
            with self._at_home().begin() as connection:
                for part in batched(done):
                    connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(part)))

    def waiting(self, reader: str, name: str, at: Any) -> int | None:
        """Messages that were stored and not taken."""
        with self._at_home().read() as connection:
            counted = select(func.count()).select_from(_TABLE).where(_TABLE.c.map == reader)
            return int(connection.execute(counted).scalar_one())

    def publish(self, name: str, message: Message, identity: str) -> bool:
        """Webhooks only come in. Raises Fatal."""
        raise Fatal(f"{self._name}: webhooks only come in")

    def close(self) -> None:
        """Nothing is open."""

    def _at_home(self) -> Home:
        if self._home is None:
            raise Fatal(f"{self._name} is read by the worker alone")
        return self._home
