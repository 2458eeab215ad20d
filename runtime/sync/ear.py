"""The ear of a worker: a thread for each connection that hears from the outside itself that something may have changed there.

Only ever a hint, as the alarm is. What it does not hear comes with the interval of its map.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from connectors.errors import ConnectorError
from connectors.protocol import Watching
from connectors.station import Station
from runtime.sync.alarm import Alarm

log = logging.getLogger(__name__)
AGAIN_SECONDS = 1.0
LEAVE_SECONDS = 1.0


@dataclass(slots=True)
class Ear:
    """Listens while its worker has the lease of the connection."""

    alarm: Alarm
    connection: str
    _over: threading.Event | None = None
    _thread: threading.Thread | None = None

    def listen(self, station: Station) -> None:
        """Begin where this was not done yet, or stop where another worker has the lease now."""
        if not station.held:
            self.close()
        elif self._over is None and isinstance(station.adapter, Watching):
            self._over = threading.Event()
            self._thread = threading.Thread(
                target=self._hear, args=(station, station.adapter, self._over), name=f"ear {self.connection}", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Listen no more. An outside that does not answer is not waited for."""
        if self._over is not None and self._thread is not None:
            self._over.set()
            self._thread.join(LEAVE_SECONDS)
        self._over = self._thread = None

    def _hear(self, station: Station, source: Watching, over: threading.Event) -> None:
        def wake(table_map: str) -> None:
            station.call(table_map)
            self.alarm.ring(self.connection)

        while not over.is_set():
            try:
                source.watch([item for item in station.maps if item.inward], wake, over)
                return  # it is over, or nothing can be heard of these maps
            except ConnectorError as fault:
                # The pulls tell people what is wrong; here it only means to look by the interval.
                log.debug("%s: %s", self.connection, fault, extra={"action": "sync_not_heard"})
                over.wait(AGAIN_SECONDS)
