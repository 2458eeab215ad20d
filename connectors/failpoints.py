"""Failpoints: named places where a test ends or stops the process, as a power cut or a frozen machine would.

None is armed unless a test calls `arm`; no setting, variable or request can. Then passing one costs a comparison, and only
once in a batch, a delivery or a submission.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

POINTS = {
    "read": "rows, events or a change that is owed have been read, nothing has been done with them",
    "converted": "values have been converted, nothing has been written",
    "applying": "what is to be written has been written, on the side that gets it, and nothing of the other side's books",
    "commit": "everything is written and about to be committed",
    "committed": "it has been committed, and whoever gave it does not know yet",
}


def end() -> None:
    """End this process as `kill -9` does: nothing is closed, flushed or rolled back by it."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class _Armed:
    point: str
    left: int
    deed: Callable[[], None]


_armed: _Armed | None = None


def arm(point: str, times: int = 1, deed: Callable[[], None] = end) -> None:
    """Do the deed when the point is passed for the `times`-th time from now on. Raises KeyError for an unknown point."""
    global _armed
    POINTS[point]
    _armed = _Armed(point, times, deed)


def disarm() -> None:
    """Pass all points from now on."""
    global _armed
    _armed = None


def reached(point: str) -> None:
    """Say that the process is at a point."""
    if _armed is not None and _armed.point == point:
        _armed.left -= 1
        if _armed.left == 0:
            _armed.deed()
