"""The rooms of the studio are loaded when somebody enters it: the first of them with its page, the others right after it.

A process that nobody asks for the studio loads none of them. What one loads took up to half a second at its first page.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from flask import Response

from runtime.loading import Later


class Rooms:
    """The views of all rooms. The first answer has the rest of them loaded beside the requests that follow."""

    def __init__(self, views: Iterable[Later]) -> None:
        self._views = tuple(views)
        self._first = threading.Lock()
        self._loading: threading.Thread | None = None

    def load_the_others(self, response: Response) -> Response:
        """Begin to load them once, after a request that was answered; the response goes on as it is."""
        if response.status_code == 200 and self._first.acquire(blocking=False):
            self._loading = threading.Thread(target=self._load, name="studio rooms", daemon=True)
            self._loading.start()
        return response

    def wait(self) -> bool:
        """Wait until all are loaded. Out: whether somebody has entered at all."""
        if self._loading is not None:
            self._loading.join()
        return self._loading is not None

    def _load(self) -> None:
        for view in self._views:
            _ = view.found
