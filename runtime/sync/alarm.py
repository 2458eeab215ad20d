"""The alarm of a worker: on PostgreSQL its threads wake as soon as a change that is owed, or a wish, has been committed.

Only ever a hint. A worker that hears nothing looks by itself, as it does on SQLite.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.errors import first_line
from connectors.wake import CHANNEL

log = logging.getLogger(__name__)
LISTEN_SECONDS = 0.5
AGAIN_SECONDS = 1.0


@dataclass(slots=True)
class Alarm:
    """One event for each connection, set when one of its maps has something to do. `maps` names each map's connection."""

    engine: Engine
    maps: Mapping[str, str]
    _events: dict[str, threading.Event] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen, where the database can tell."""
        self._events = {connection: threading.Event() for connection in self.maps.values()}
        if self.engine.dialect.name == "postgresql":
            self._thread = threading.Thread(target=self._listen_on, name="sync alarm", daemon=True)
            self._thread.start()

    def wait(self, connection: str, seconds: float) -> None:
        """Rest until there is something to do for a connection, for so long at most."""
        event = self._events[connection]
        event.wait(seconds)
        event.clear()

    def ring(self, connection: str) -> None:
        """Wake the thread of a connection."""
        self._events[connection].set()

    def stop(self) -> None:
        """Wake everybody for the last time."""
        self._over.set()
        self._ring_all()
        if self._thread is not None:
            self._thread.join()

    def _listen_on(self) -> None:
        while not self._over.is_set():
            try:
                self._listen()
            except (SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error) as error:
                log.warning("not listening: %s", first_line(error), extra={"action": "sync_deaf"})
                self._over.wait(AGAIN_SECONDS)

    def _listen(self) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            raw: Any = connection.connection.driver_connection
            connection.detach()  # no other user of the pool gets a connection that listens
            connection.exec_driver_sql(f"LISTEN {CHANNEL}")
            self._ring_all()  # what was told before is not told again
            while not self._over.is_set():
                for note in raw.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                    self._ring(note.payload)

    def _ring(self, table_map: str) -> None:
        if table_map in self.maps:
            self._events[self.maps[table_map]].set()

    def _ring_all(self) -> None:
        for event in self._events.values():
            event.set()
