"""Leases: one worker at a time for each map, with a token that is checked in every transaction of the rows.

Times are seconds of the caller's clock; workers' clocks must agree to within a lease.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from dataclasses import dataclass

from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import IntegrityError

from connectors import tables

SECONDS = 30.0
_TABLE = tables.lease


class LeaseLost(Exception):
    """Another worker has taken over; nothing of this transaction may be committed."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on something, until it is renewed or runs out."""

    name: str
    token: str


def take_lease(connection: Connection, name: str, seconds: float = SECONDS) -> Lease | None:
    """The lease, or None while another worker holds it. Takes effect with the caller's commit."""
    now = time.time()
    token = secrets.token_hex(16)
    values = {"token": token, "holder": f"{socket.gethostname()}:{os.getpid()}", "expires_at": now + seconds}
    free = update(_TABLE).where(_TABLE.c.name == name, _TABLE.c.expires_at < now).values(**values)
    if connection.execute(free).rowcount == 1:
        return Lease(name, token)
    try:
        with connection.begin_nested():
            connection.execute(insert(_TABLE).values(name=name, **values))
    except IntegrityError:
        return None
    return Lease(name, token)


def hold_lease(connection: Connection, lease: Lease, seconds: float = SECONDS) -> None:
    """Renew the lease and lock it until the transaction ends. Raises LeaseLost."""
    mine = update(_TABLE).where(_TABLE.c.name == lease.name, _TABLE.c.token == lease.token)
    if connection.execute(mine.values(expires_at=time.time() + seconds)).rowcount != 1:
        raise LeaseLost(lease.name)


def release_lease(connection: Connection, lease: Lease) -> None:
    """Let others have it at once."""
    mine = update(_TABLE).where(_TABLE.c.name == lease.name, _TABLE.c.token == lease.token)
    connection.execute(mine.values(expires_at=0.0))
