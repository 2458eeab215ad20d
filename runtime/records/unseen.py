"""Values that somebody may write and not see. That one is stored already must not show in what a write answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from metadata.snapshot import CompiledEntity, Snapshot
from runtime.access import Access, Principal, access_for
from runtime.records.details import fetch_record
from runtime.records.links import Pointer, pointers, reached


def unseen(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    write: Access,
    row: tuple[CompiledEntity, int],
    values: Mapping[str, Any],
) -> frozenset[str]:
    """Of the values of a row (entity and id) by attribute those that the principal does not see: the attribute may not be read
    there, or a lookup leads to a row out of reach, other than the principal's own contact, account and company."""
    if principal.kind == "system" or not values:
        return frozenset()
    entity, _ = row
    hidden = _unread(connection, snapshot, principal, write, row, values)
    found = pointers(entity, {key: value for key, value in values.items() if key not in hidden})
    doubtful = [pointer for pointer in found if not _own(principal, pointer) and not _all_read(snapshot, principal, pointer[1])]
    return hidden | _out_of_reach(connection, snapshot, principal, doubtful)


def _unread(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    write: Access,
    row: tuple[CompiledEntity, int],
    keys: Iterable[str],
) -> frozenset[str]:
    entity, id = row
    read = access_for(snapshot, principal, entity.key, "read")
    unsure = tuple(key for key in keys if not _sees(read, write, key))
    record = fetch_record(connection, snapshot, principal, entity.key, "id", id, unsure) if unsure else None
    seen = {} if record is None else record.values
    return frozenset(key for key in unsure if key not in seen or (seen[key] is None and not read.covers(key)))


def _sees(read: Access, write: Access, key: str) -> bool:
    """Whether whatever row may be written may surely be read with this attribute."""
    covering = read.covering(key)
    names = {grant.permission for grant in covering}
    return any(grant.reach is None for grant in covering) or all(grant.permission in names for grant in write.grants)


def _own(principal: Principal, pointer: Pointer) -> bool:
    _, target, row = pointer
    return (target, row) in (("contact", principal.contact), ("account", principal.account), ("company", principal.company))


def _all_read(snapshot: Snapshot, principal: Principal, entity: str) -> bool:
    return access_for(snapshot, principal, entity, "read").reaches_all


def _out_of_reach(connection: Connection, snapshot: Snapshot, principal: Principal, found: list[Pointer]) -> frozenset[str]:
    if not found:
        return frozenset()
    answers = reached(connection, snapshot, principal, found, "read")
    return frozenset(key for (key, _, _), seen in zip(found, answers, strict=True) if not seen)
