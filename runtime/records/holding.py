"""Holding a row until the caller's transaction ends, so that two who change what hangs on it do so one after the other."""

from __future__ import annotations

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal, access_for
from runtime.records.refusals import refuse
from runtime.records.rows import read_row


def hold(connection: Connection, snapshot: Snapshot, principal: Principal, target: tuple[str, int, int]) -> None:
    """Lock a row that may be written: entity, id and the version that it must still be at.

    Raises Missing, Conflict and Denied, as a change of the row would.
    """
    entity, row, version = target
    access = access_for(snapshot, principal, entity, "write")
    reach = [access.predicate(snapshot.entities[entity].table)]
    found = read_row(connection, snapshot.entities[entity], row, reach, principal, lock=True)
    if found is None or found["version"] != version:
        refuse(connection, snapshot, principal, target)
