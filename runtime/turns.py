"""Writers of this process to one SQLite file: they take turns, first come, first served.

SQLite lets one write at a time and makes the others sleep in growing steps, so that with many of them some wait long
after their turn has come. Writers of other processes are still left to SQLite's own waiting.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any
from weakref import WeakValueDictionary

from runtime.meter import METER


class Turns:
    """Who may write. A turn belongs to a connection; the thread it was given to is not made to wait for itself."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False
        self._thread: int | None = None

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._waiting)

    def take(self, seconds: float) -> bool:
        """Wait for a turn. False when it did not come in time, and at once where this very thread has it already."""
        me = threading.get_ident()
        with self._guard:
            if not self._taken:
                self._taken, self._thread = True, me
                return True
            if self._thread == me:
                return False
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        try:
            gate.acquire(timeout=seconds)
        except BaseException:
            if not self._withdrawn(gate):
                self.give()
            raise
        if self._withdrawn(gate):
            return False
        self._thread = me
        return True

    def give(self) -> None:
        """End a turn that was taken: it is the next one's."""
        with self._guard:
            self._thread = None
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _withdrawn(self, gate: threading.Lock) -> bool:
        """Whether it could leave the line; one that is no longer in it has been given the turn."""
        with self._guard:
            if gate not in self._waiting:
                return False
            self._waiting.remove(gate)
            return True


class MeteredCursor(sqlite3.Cursor):
    """A cursor whose statements are counted and timed, the fetching too: SQLite looks for a row when it is fetched."""

    def execute(self, *given: Any) -> MeteredCursor:
        """Execute a statement."""
        begun = perf_counter()
        try:
            super().execute(*given)
        finally:
            METER.seconds += perf_counter() - begun
            METER.statements += 1
        return self

    def executemany(self, *given: Any) -> MeteredCursor:
        """Execute a statement for many values; it counts as one."""
        begun = perf_counter()
        try:
            super().executemany(*given)
        finally:
            METER.seconds += perf_counter() - begun
            METER.statements += 1
        return self

    def fetchone(self) -> Any:
        """The next row; None after the last."""
        begun = perf_counter()
        try:
            return super().fetchone()
        finally:
            METER.seconds += perf_counter() - begun

    def fetchmany(self, *given: Any, **named: Any) -> list[Any]:
        """The next rows."""
        begun = perf_counter()
        try:
            return super().fetchmany(*given, **named)
        finally:
            METER.seconds += perf_counter() - begun

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        begun = perf_counter()
        try:
            return super().fetchall()
        finally:
            METER.seconds += perf_counter() - begun


class QueuedConnection(sqlite3.Connection):
    """A connection to SQLite that keeps a turn from before a write transaction begins until it has ended, in whatever way."""

    turns: Turns | None = None
    has_turn = False

    def cursor(self, factory: Any = MeteredCursor) -> Any:
        """A cursor that counts; the driver's own `execute` of a connection takes it here too."""
        return super().cursor(factory)

    def take_turn(self, milliseconds: int) -> int:
        """Wait for a turn at most so long. Gives back how much of that is left for SQLite's own waiting.

        Without a turn SQLite decides: it is asked at once when the time is over, and waited for where this thread
        writes on another connection already.
        """
        if self.turns is None or self.has_turn:
            return milliseconds
        begun = time.monotonic()
        self.has_turn = self.turns.take(milliseconds / 1000)
        return max(0, milliseconds - round((time.monotonic() - begun) * 1000))

    def end_turn(self) -> None:
        """Let the next one write."""
        if self.has_turn and self.turns is not None:
            self.has_turn = False
            self.turns.give()

    def commit(self) -> None:
        """Commit; a transaction that could not be committed keeps its turn until it is rolled back."""
        open_, begun = self.in_transaction, perf_counter()
        try:
            super().commit()
        finally:
            METER.seconds += perf_counter() - begun
            METER.statements += open_
        self.end_turn()

    def rollback(self) -> None:
        """Roll back."""
        open_, begun = self.in_transaction, perf_counter()
        try:
            super().rollback()
        finally:
            METER.seconds += perf_counter() - begun
            METER.statements += open_
            self.end_turn()

    def close(self) -> None:
        """Close, which rolls back what is open."""
        try:
            super().close()
        finally:
            self.end_turn()


_TURNS: WeakValueDictionary[str, Turns] = WeakValueDictionary()
_GUARD = threading.Lock()


def turns_of(file: str) -> Turns:
    """The turns of a database file, whichever engine of this process writes to it."""
    with _GUARD:
        found = _TURNS.get(file)
        if found is None:
            found = _TURNS[file] = Turns()
        return found


def connection_factory(turns: Turns) -> Callable[..., QueuedConnection]:
    """What the driver is told to make instead of its own connections."""

    def connect(*arguments: Any, **options: Any) -> QueuedConnection:
        made = QueuedConnection(*arguments, **options)
        made.turns = turns
        return made

    return connect
