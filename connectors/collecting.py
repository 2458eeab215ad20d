"""How often Python looks for cycles while the rows of a load pass: seldom, since rows hold none and it looks at all of them."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 200_000
"""After how many new objects that are still there it looks, of a usual 700. One batch of a load leaves fewer."""
_LOCK = threading.Lock()
_usual: list[tuple[int, int, int]] = []
"""What was set before the loads that are under way in this process, once for each of them."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector of cycles rest longer in this block; as before when the last of several at once has ended."""
    with _LOCK:
        usual = _usual[0] if _usual else gc.get_threshold()
        _usual.append(usual)
        gc.set_threshold(max(SELDOM, usual[0]), *usual[1:])
    try:
        yield
    finally:
        with _LOCK:
            _usual.pop()
            if not _usual:
                gc.set_threshold(*usual)
