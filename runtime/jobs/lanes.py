"""Lanes: what jobs are done with. Jobs of one lane are done one after the other, those of several beside one another, so that
a receiver that is slow or does not answer holds up its own messages alone."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

HANDS = 4
"""Jobs that a process does at once."""
SLOW_SECONDS = 2.0
"""From so long on a job is slow, and so is its lane until a job of it takes less."""
REST = dt.timedelta(seconds=30)
"""How long a lane rests after a job of it was slow and failed: its receiver hardly answers the next one."""


class Lanes:
    """Which lanes of a process are at work, slow, or at rest. Safe between threads."""

    def __init__(self, hands: int = HANDS, slow_seconds: float = SLOW_SECONDS) -> None:
        self.choosing = threading.Lock()
        self._hands, self._slow_seconds = hands, slow_seconds
        self._busy: dict[str, float] = {}
        self._slow: set[str] = set()
        self._resting: dict[str, dt.datetime] = {}

    def closed(self, now: dt.datetime) -> frozenset[str]:
        """The lanes of which no job is to be begun. One hand is always left for lanes that are not slow."""
        self._resting = {lane: until for lane, until in self._resting.items() if until > now}
        at_it = time.monotonic()
        slow = self._slow | {lane for lane, since in self._busy.items() if at_it - since > self._slow_seconds}
        full = len(slow & self._busy.keys()) >= self._hands - 1
        return frozenset({*self._busy, *self._resting, *(slow if full else ())})

    def take(self, lane: str) -> None:
        """A job of a lane is begun, by whoever holds `choosing`."""
        self._busy[lane] = time.monotonic()

    @contextmanager
    def doing(self, lane: str, now: dt.datetime) -> Iterator[Failing]:
        """The doing of a job that was taken; what comes out is told when it failed."""
        failing, since = Failing(), time.monotonic()
        try:
            yield failing
        finally:
            with self.choosing:
                took = time.monotonic() - since
                self._busy.pop(lane, None)  # one that was owed by a version before has no lane that keeps it from its like
                if took > self._slow_seconds:
                    self._slow.add(lane)
                    if failing.failed:
                        self._resting[lane] = now + dt.timedelta(seconds=took) + REST
                else:
                    self._slow.discard(lane)


class Failing:
    """Whether a job failed."""

    def __init__(self) -> None:
        self.failed = False
