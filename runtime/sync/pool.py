"""Open adapters of one process, by connection, opened when they are first needed."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from connectors.adapters import open_adapter
from connectors.protocol import Adapter
from connectors.settings import read_settings
from metadata.model import Connection


class Adapters:
    """The adapters of a process; safe between threads. A connection that was changed by a release is opened anew, and so is
    one whose variables hold something else by now, such as a secret that was changed in its file."""

    def __init__(self) -> None:
        self._open: dict[Connection, tuple[Mapping[str, str], Adapter]] = {}
        self._replaced: list[Adapter] = []
        self._lock = threading.Lock()

    def of(self, connection: Connection) -> Adapter:
        """The adapter of a connection, with its settings as they are now. Raises Fatal for wrong settings."""
        with self._lock:
            now, held = read_settings(connection), self._open.get(connection)
            if held is not None and held[0] == now:
                return held[1]
            made = open_adapter(connection)
            if held is not None:  # another thread may be at work with it
                self._replaced.append(held[1])
            self._open[connection] = now, made
            return made

    def close(self) -> None:
        """Close all."""
        with self._lock:
            for adapter in (*self._replaced, *(adapter for _, adapter in self._open.values())):
                adapter.close()
            self._replaced.clear()
            self._open.clear()
