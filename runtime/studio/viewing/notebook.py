"""Who has looked as whom, or at what, not long ago, so that a look that lasts is one act in the audit trail."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable

NOTED_EVERY = 600.0
"""Seconds within which the same person looking as the same one is one act."""


class Notebook:
    """Who has looked as whom, or at what, not long ago, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[tuple[int | None, Hashable], float] = {}

    def is_new(self, contact: int | None, seen: Hashable) -> bool:
        """Is this look to be noted: as whom, or at what? It is then taken as noted."""
        now = time.monotonic()
        with self._lock:
            self._noted = {key: at for key, at in self._noted.items() if now - at < NOTED_EVERY}
            if (contact, seen) in self._noted:
                return False
            self._noted[contact, seen] = now
            return True
