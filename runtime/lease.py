"""The database connections of a request: one to read on, taken when it is needed, and one for each transaction.

In: the engine of the application. Out: `Doors`, kept by the application, and a `Lease` for each request. What raises is
SQLAlchemy's.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Dialect, Engine, QueuePool, event

from runtime.database import is_quiet, reading, restore_patience, start_writing
from runtime.records.proof import Presumption, Reader

LONGEST_REST = 1800.0
"""Seconds after which a connection is opened anew, as the pool does."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The way into a database: connections to read on, on which transactions are begun too, and those that wait."""

    reading: Engine
    resting: Resting

    @classmethod
    def of(cls, engine: Engine) -> Doors:
        """Reading goes without BEGIN and ROLLBACK."""
        pool = engine.pool
        resting = Resting(pool.size() if isinstance(pool, QueuePool) else 0)
        event.listen(engine, "engine_disposed", lambda disposed: resting.clear())
        return cls(reading(engine), resting)


class Resting:
    """Connections for reading that wait, open, for the next request: to check one out and in costs as much as a statement.

    They count as taken in the engine's pool, which lets as many more be opened. None is kept for longer than `LONGEST_REST`
    after it was opened.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[tuple[Connection, float]] = deque()

    def take(self) -> tuple[Connection, float] | None:
        """One of them, with the moment at which it is to be given back for good."""
        try:
            return self._waiting.pop()
        except IndexError:
            return None

    def keep(self, connection: Connection, until: float) -> None:
        """Let a connection wait, or give it back where enough of them do, or it is old or no longer good."""
        if len(self._waiting) >= self._most or connection.closed or connection.invalidated or time.monotonic() > until:
            connection.close()
            return
        if connection.in_transaction():
            connection.rollback()
        self._waiting.append((connection, until))

    def clear(self) -> None:
        """Close all of them: they no longer work, or the pool is gone to which they would be given back."""
        while (found := self.take()) is not None:
            found[0].invalidate()
            found[0].close()


class Lease:
    """The connection of one request: taken at first use, given back at the end.

    `connection` is for reading. What writes does so in `with transaction() as connection`, which commits at its end and
    rolls back when something is raised; within it `connection` is the same one, so that reads see the writes.

    What the request takes for granted (`presume`) is proved before any of that. Only a statement that proves it on the way
    is read on `reader`.
    """

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._reading: Connection | None = None
        self._until = 0.0
        self._writing: Connection | None = None
        self._after: list[Callable[[], None]] = []
        self._presumption: Presumption | None = None

    @property
    def connection(self) -> Connection:
        """The connection to read on. No other request uses it. Raises what `prove` raises."""
        if self._presumption is not None:
            self.prove()
        return self.bare()

    @property
    def reader(self) -> Reader:
        """What a prepared statement is read on, which may be the first of the request."""
        return self.bare() if self._presumption is None else self

    def bare(self) -> Connection:
        """The connection to read on, whatever was proved: for the statement that proves."""
        if self._writing is not None:
            return self._writing
        if self._reading is None:
            rested = self._doors.resting.take()
            self._reading, self._until = rested or (self._doors.reading.connect(), time.monotonic() + LONGEST_REST)
        return self._reading

    @property
    def writing(self) -> bool:
        """Whether a transaction is open."""
        return self._writing is not None

    @property
    def dialect(self) -> Dialect:
        """The dialect of the connections."""
        return self._doors.reading.dialect

    @property
    def presumption(self) -> Presumption | None:
        """What is taken for granted and not proved yet."""
        return self._presumption

    def presume(self, presumption: Presumption) -> None:
        """Take something for granted until the first statement."""
        self._presumption = presumption

    def hold(self) -> None:
        """The first statement has proved what was taken for granted."""
        self._presumption = None

    def prove(self) -> None:
        """Make sure of what is taken for granted, in a statement of its own. What raises leaves it unproved."""
        presumption, self._presumption = self._presumption, None
        if presumption is None:
            return
        try:
            presumption.make_sure()
        except BaseException:
            self._presumption = presumption
            raise

    @contextmanager
    def transaction(self, patience_ms: int | None = None, *, proving: bool = False) -> Iterator[Connection]:
        """One transaction that writes; inside another one it is part of that.

        With `patience_ms` it raises OperationalError rather than wait longer for another writer on SQLite. One that is
        `proving` leaves it to its statements to prove on `reader` what is taken for granted, and commits nothing before
        that: on SQLite, where a connection cannot have died, so that nothing is to be found out before it begins.
        """
        if self._writing is not None:
            yield self._writing
            return
        connection = self.bare() if proving and self.dialect.name == "sqlite" else self.connection
        if connection.in_transaction():  # one that SQLAlchemy keeps for what was read, and the database knows nothing of
            connection.rollback()
        try:
            with connection.begin():
                start_writing(connection, patience_ms)
                self._writing = connection
                yield connection
                self.prove()
        except BaseException:
            self._after.clear()
            raise
        finally:
            self._writing = None
            if patience_ms is not None:
                restore_patience(connection)
        waiting, self._after = self._after, []
        for action in waiting:
            action()

    def proving(self) -> AbstractContextManager[Connection]:
        """A transaction of which the first statements may prove what is taken for granted."""
        return self.transaction(proving=True)

    def alone(self) -> Reader:
        """What one statement that is a transaction of its own is executed on. Raises RuntimeError within another one.

        It may be the first of the request, but not on a connection of which it is known that the server has ended it: what
        reads is asked again on another one, and what writes must not be.
        """
        if self._writing is not None:
            raise RuntimeError("a transaction is open already")
        return self.reader if is_quiet(self.bare()) else self.connection

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do this once the transaction has been committed, at once outside one; never when it was rolled back."""
        if self._writing is None:
            action()
        else:
            self._after.append(action)

    def release(self) -> None:
        """Give the connection for reading back."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def rest(self) -> None:
        """Leave the connection for reading to the next request."""
        if self._reading is not None:
            self._doors.resting.keep(self._reading, self._until)
            self._reading = None

    def discard(self) -> None:
        """Throw the connection for reading away: it no longer works, nor do those that wait for long."""
        if self._reading is not None:
            self._reading.invalidate()
        self.release()
        self._doors.resting.clear()
