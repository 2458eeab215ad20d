"""Statements that PostgreSQL is sent again and again, by libpq's own call for them.

psycopg looks at each execution anew: it rewrites the text, asks which dumper a value and which loader a column takes, and
waits in steps. A statement of the hot path is the same each time, so that all that can be kept with the connection: of 46
microseconds for three values and five columns 24 are left.

In: a statement with $1, $2 in it, and its values. Out: rows as psycopg makes them. What this cannot send the driver executes
as ever: values of another type than those below, and what is said for the first time within a transaction, which a statement
that cannot be prepared would end. So would one that the server has forgotten meanwhile: after a rollback psycopg has it forget
all statements, ours too, so that each is proved outside of transactions before it is sent within one again.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from time import perf_counter
from typing import Any, cast

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.postgres import types

from runtime.meter import METER

MOST = 200
"""Statements that a connection keeps; the one not used for longest makes room."""
STALE = ("26000", "0A000")
"""SQLSTATEs of a statement that the server no longer has, or whose columns have changed: it is said anew."""
FORGETS = ("ROLLBACK", "DROP", "ALTER", "DISCARD", "DEALLOCATE")
"""What psycopg answers by having the server forget all statements, a return to a savepoint too."""
Row = tuple[Any, ...]
Encode = Callable[[Any], bytes | None]


class _Odd(ValueError):
    """A value that is left to the driver."""


def _text(value: str) -> bytes:
    if "\0" in value:
        raise _Odd
    return value.encode()


def _moment(value: dt.datetime) -> bytes:
    if value.tzinfo is None:
        raise _Odd
    return value.isoformat().encode()


def _oid(name: str) -> int:
    return types[name].oid


ENCODED: dict[type, tuple[int, Encode]] = {
    type(None): (0, lambda value: None),
    str: (0, _text),
    bool: (_oid("bool"), lambda value: b"t" if value else b"f"),
    int: (_oid("int8"), lambda value: b"%d" % value),
    Decimal: (_oid("numeric"), lambda value: str(value).encode()),
    dt.date: (_oid("date"), lambda value: value.isoformat().encode()),
    dt.datetime: (_oid("timestamptz"), _moment),
}
"""How values are written, and as what; of a text PostgreSQL finds the type out, as it does with psycopg."""


class _Kept:
    """A statement that the server keeps, with what writes its values and reads its columns."""

    __slots__ = ("encoders", "loaders", "name", "proved", "ready")

    def __init__(self, name: bytes, encoders: tuple[Encode, ...], loaders: Any, forgotten: int) -> None:
        self.name, self.encoders, self.loaders = name, encoders, loaders
        self.ready = False
        self.proved = forgotten

    def rows(self, result: Any) -> list[Row]:
        """The rows of an answer."""
        self.loaders.set_pgresult(result, set_loaders=not self.ready)
        self.ready = True
        found: list[Row] = self.loaders.load_rows(0, result.ntuples, tuple)
        self.loaders.set_pgresult(None, set_loaders=False)
        return found


class SendingConnection(psycopg.Connection[Any]):
    """A connection that counts how often the server may have forgotten its statements."""

    forgotten = 0

    def commit(self) -> None:
        """Commit the transaction, if there is one."""
        open_, begun = self.pgconn.transaction_status != pq.TransactionStatus.IDLE, perf_counter()
        try:
            super().commit()
        finally:
            METER.seconds += perf_counter() - begun
            METER.statements += open_

    def rollback(self) -> None:
        """Undo the transaction."""
        self.forgotten += 1
        open_, begun = self.pgconn.transaction_status != pq.TransactionStatus.IDLE, perf_counter()
        try:
            super().rollback()
        finally:
            METER.seconds += perf_counter() - begun
            METER.statements += open_


class SendingCursor(psycopg.Cursor[Any]):
    """A cursor of psycopg's that also sends again what was sent before. Its connection is a SendingConnection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._kept: dict[tuple[str, tuple[type, ...]], _Kept | None] = {}
        self._named = 0
        self._token = secrets.token_hex(4).encode()  # behind a pooler names of several clients may meet
        self._own = cast(SendingConnection, self.connection)

    def execute(self, *given: Any, **named: Any) -> SendingCursor:
        """Execute a statement as psycopg does."""
        begun = perf_counter()
        try:
            super().execute(*given, **named)
        finally:
            METER.seconds += perf_counter() - begun
            METER.statements += 1
        if (self.statusmessage or "").startswith(FORGETS):
            self._own.forgotten += 1
        return self

    def executemany(self, *given: Any, **named: Any) -> None:
        """Execute a statement for many values as psycopg does; it counts as one."""
        begun = perf_counter()
        try:
            super().executemany(*given, **named)
        finally:
            METER.seconds += perf_counter() - begun
            METER.statements += 1

    @contextmanager
    def copy(self, *given: Any, **named: Any) -> Iterator[psycopg.Copy]:
        """Copy rows as psycopg does; what is made of them meanwhile counts as time of the statement."""
        begun = perf_counter()
        try:
            with super().copy(*given, **named) as copying:
                yield copying
        finally:
            METER.seconds += perf_counter() - begun
            METER.statements += 1

    def again(self, statement: str, values: Sequence[Any]) -> list[Row] | None:
        """The rows that a statement gives; None, and nothing done, where it is to be executed as any other.

        Raises what psycopg raises.
        """
        pgconn = self.connection.pgconn
        key = statement, tuple(map(type, values))
        if key not in self._kept and not self._keep(key):
            return None
        kept = self._kept[key] = self._kept.pop(key)  # now the one used last
        if kept is None:
            return None
        forgotten = self._own.forgotten
        if kept.proved != forgotten and pgconn.transaction_status != pq.TransactionStatus.IDLE:
            return None
        try:
            encoded: Any = [encode(value) for encode, value in zip(kept.encoders, values, strict=True)]
        except _Odd:
            return None
        begun = perf_counter()
        result = pgconn.exec_prepared(kept.name, encoded)
        METER.seconds += perf_counter() - begun
        METER.statements += 1
        if result.status == pq.ExecStatus.TUPLES_OK:
            kept.proved = forgotten
            return kept.rows(result)
        if result.status == pq.ExecStatus.COMMAND_OK:
            kept.proved = forgotten
            return []
        self._failed(key, result)
        return None

    def _keep(self, key: tuple[str, tuple[type, ...]]) -> bool:
        """Have the server keep a statement, or note that it does not; False where it cannot be told now."""
        connection, pgconn = self.connection, self.connection.pgconn
        ready = connection.autocommit and connection.info.encoding == "utf-8"
        if not ready or pgconn.transaction_status != pq.TransactionStatus.IDLE:
            return False
        if len(self._kept) >= MOST:
            self._forget(next(iter(self._kept)))
        self._kept[key] = None
        if any(kind not in ENCODED for kind in key[1]):
            return True
        self._named += 1
        name, found = b"foyer_%b_%d" % (self._token, self._named), [ENCODED[kind] for kind in key[1]]
        begun = perf_counter()
        result = pgconn.prepare(name, key[0].encode(), [oid for oid, _ in found])
        METER.seconds += perf_counter() - begun
        if result.status == pq.ExecStatus.COMMAND_OK:
            encoders = tuple(encode for _, encode in found)
            self._kept[key] = _Kept(name, encoders, Transformer(connection), self._own.forgotten)
        return True

    def _failed(self, key: tuple[str, tuple[type, ...]], result: Any) -> None:
        """Raise what went wrong, unless it is that the statement has to be said anew."""
        pgconn = self.connection.pgconn
        if pgconn.status != pq.ConnStatus.OK:
            raise psycopg.OperationalError(pgconn.get_error_message())
        error = error_from_result(result)
        if error.sqlstate not in STALE or pgconn.transaction_status != pq.TransactionStatus.IDLE:
            raise error
        self._forget(key)

    def _forget(self, key: tuple[str, tuple[type, ...]]) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.connection.pgconn.exec_(b"DEALLOCATE " + kept.name)
