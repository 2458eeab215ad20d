"""Leases: one worker at a time for each connection, kept alive by a heartbeat, fenced in every transaction of the rows.

A lease that is not renewed in time may be taken by another worker, which gives it a new token; the holder before it finds
its own token gone and can commit nothing. Times are the database's, so that workers' clocks need not agree.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, cast, func, insert, literal, select, text, update
from sqlalchemy.exc import IntegrityError

from connectors import tables
from connectors.home import Home
from connectors.process import has_ended, this_process

SECONDS = 5.0
"""How long a lease lasts that nobody renews."""
BEAT_SECONDS = 1.0
"""How often it is renewed."""
_EVICTED_WITHIN = "2s"
_TABLE = tables.lease
_HOLDERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
    " AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(:name, 0)"
)


class LeaseLost(Exception):
    """Another worker has taken over; nothing of this transaction may be committed."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on something, for as long as its token stands."""

    name: str
    token: str


def take_lease(connection: Connection, name: str, seconds: float = SECONDS) -> Lease | None:
    """The lease, or None while another worker holds it. Takes effect with the caller's commit.

    It is free once it has run out, and at once where the process that held it has ended.
    """
    now = _clock(connection)
    found = connection.execute(select(_TABLE, (_TABLE.c.expires_at < now).label("over")).where(_TABLE.c.name == name)).first()
    lease = Lease(name, secrets.token_hex(16))
    values: dict[str, Any] = {"token": lease.token, "holder": this_process(), "expires_at": now + seconds}
    if found is None:
        return lease if _inserted(connection, name, values) else None
    if not found.over and not has_ended(found.holder):
        return None
    _evict(connection, name)
    same = update(_TABLE).where(_TABLE.c.name == name, _TABLE.c.token == found.token, _TABLE.c.expires_at == found.expires_at)
    return lease if connection.execute(same.values(values)).rowcount == 1 else None


def held_leases(connection: Connection) -> frozenset[str]:
    """The names of the leases that a process holds which is alive, as far as can be told."""
    alive = connection.execute(select(_TABLE.c.name, _TABLE.c.holder).where(_TABLE.c.expires_at >= _clock(connection)))
    return frozenset(name for name, holder in alive if not has_ended(holder))


def renew_lease(connection: Connection, lease: Lease, seconds: float = SECONDS) -> None:
    """Say that the holder is alive. Raises LeaseLost."""
    mine = update(_TABLE).where(_TABLE.c.name == lease.name, _TABLE.c.token == lease.token)
    if connection.execute(mine.values(expires_at=_clock(connection) + seconds)).rowcount != 1:
        raise LeaseLost(lease.name)


@contextmanager
def under_lease(home: Home, lease: Lease) -> Iterator[Connection]:
    """A transaction that only the lease's holder can commit: nobody takes the lease while it is open. Raises LeaseLost."""
    with home.begin() as connection:
        _hold(connection, lease)
        yield connection
        if connection.dialect.name == "sqlite":
            renew_lease(connection, lease)  # the one writer was this transaction, so that no heartbeat came through


def release_lease(connection: Connection, lease: Lease) -> None:
    """Let others have it at once."""
    mine = update(_TABLE).where(_TABLE.c.name == lease.name, _TABLE.c.token == lease.token)
    connection.execute(mine.values(expires_at=0.0))


def _hold(connection: Connection, lease: Lease) -> None:
    """See that the token stands, and keep it so until the transaction ends; the heartbeat is not held up.

    On SQLite the transaction is the only writer anyhow.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock_shared(func.hashtextextended(lease.name, 0))))
    mine = select(_TABLE.c.name).where(_TABLE.c.name == lease.name, _TABLE.c.token == lease.token)
    if connection.execute(mine).first() is None:
        raise LeaseLost(lease.name)


def _evict(connection: Connection, name: str) -> None:
    """End what the holder before has open: a process that was stopped in a transaction would keep it open for ever."""
    if connection.dialect.name != "postgresql":
        return
    key = func.hashtextextended(name, 0)
    if not connection.execute(select(func.pg_try_advisory_xact_lock(key))).scalar_one():
        connection.execute(_HOLDERS, {"name": name})
        connection.execute(select(func.set_config("lock_timeout", _EVICTED_WITHIN, True)))
        connection.execute(select(func.pg_advisory_xact_lock(key)))


def _inserted(connection: Connection, name: str, values: dict[str, Any]) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(insert(_TABLE).values(name=name, **values))
    except IntegrityError:
        return False
    return True


def _clock(connection: Connection) -> ColumnElement[float]:
    """Seconds by the database's clock; SQLite has that of its one machine."""
    if connection.dialect.name == "postgresql":
        return cast(func.extract("epoch", func.clock_timestamp()), Float(53))
    return literal(time.time())
