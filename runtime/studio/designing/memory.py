"""What was last heard from outside systems, for a while: a designer shows it at each step without asking again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

KEPT = 64


class OutsideMemory:
    """Answers by what was asked, each until it is too old. Safe between threads; one process's own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def recall(self, asked: Hashable, ask: Callable[[], Any], seconds: Callable[[Any], float]) -> Any:
        """What is known, or what `ask` says, which is kept for as many seconds as `seconds` gives it."""
        with self._lock:
            known = self._known.get(asked)
        if known is not None and known[0] > self._clock():
            return known[1]
        answer = ask()
        with self._lock:
            self._known[asked] = (self._clock() + seconds(answer), answer)
            self._known.move_to_end(asked)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return answer

    def forget(self, about: Callable[[Hashable], bool]) -> None:
        """Ask anew for what this holds of."""
        with self._lock:
            for asked in [asked for asked in self._known if about(asked)]:
                del self._known[asked]
