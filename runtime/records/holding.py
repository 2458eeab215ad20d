"""Holding a row until the caller's transaction ends, so that two who change what hangs on it do so one after the other."""

from __future__ import annotations

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.records.refusals import refuse
from runtime.records.rows import Look, look_at


def hold(connection: Connection, snapshot: Snapshot, principal: Principal, target: tuple[str, int, int]) -> None:
    """Lock a row that may be written: entity, id and the version that it must still be at.

    Raises Missing, Conflict and Denied, as a change of the row would.
    """
    entity, row, version = target
    found = look_at(connection, snapshot, principal, Look(entity, ("write",), lock=True), row)
    if found is None or found["version"] != version:
        refuse(connection, snapshot, principal, target)
