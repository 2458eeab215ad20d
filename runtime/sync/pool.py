"""Open adapters of one process, by connection, opened when they are first needed."""

from __future__ import annotations

import threading

from connectors.adapters import open_adapter
from connectors.protocol import Adapter
from metadata.model import Connection


class Adapters:
    """The adapters of a process; safe between threads. A connection that was changed by a release is opened anew."""

    def __init__(self) -> None:
        self._open: dict[Connection, Adapter] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection) -> Adapter:
        """The adapter of a connection. Raises Fatal for wrong settings."""
        with self._lock:
            if connection not in self._open:
                self._open[connection] = open_adapter(connection)
            return self._open[connection]

    def close(self) -> None:
        """Close all."""
        with self._lock:
            for adapter in self._open.values():
                adapter.close()
            self._open.clear()
