"""Which outside keys belong to records of ours that were sent out: so that a pull finds them instead of making new ones."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from connectors import tables
from connectors.batched import batched

_LINK = tables.link
_INTENT = tables.intent
CHILD = ":"
"""Between the key of a record and the number of its child."""


def link_records(connection: Connection, table_map: str, records: dict[str, int]) -> None:
    """Remember the outside keys of records; keys that are known already stay with their records."""
    known = linked_records(connection, table_map, records)
    rows = [
        {"map": table_map, "outside": outside, "record_id": record_id}
        for outside, record_id in records.items()
        if outside not in known
    ]
    if rows:
        connection.execute(insert(_LINK), rows)


def linked_records(connection: Connection, table_map: str, keys: Iterable[str]) -> dict[str, int]:
    """The records of these outside keys."""
    found: dict[str, int] = {}
    for part in batched(keys):
        chosen = select(_LINK.c.outside, _LINK.c.record_id).where(_LINK.c.map == table_map, _LINK.c.outside.in_(part))
        found.update({row.outside: row.record_id for row in connection.execute(chosen)})
    return found


def unlink(connection: Connection, table_map: str, keys: Iterable[str]) -> None:
    """Forget outside keys: their records have their integration key now."""
    for part in batched(keys):
        connection.execute(delete(_LINK).where(_LINK.c.map == table_map, _LINK.c.outside.in_(part)))


def announce(connection: Connection, idempotency: str, seconds: float) -> None:
    """Say that a submission with this key is under way, for this long at most; two may say so at once."""
    connection.execute(delete(_INTENT).where(_INTENT.c.expires_at < time.time(), _INTENT.c.idempotency != idempotency))
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    said = dialect.insert(_INTENT).values(idempotency=idempotency, expires_at=time.time() + seconds)
    longer = said.on_conflict_do_update(index_elements=[_INTENT.c.idempotency], set_={"expires_at": said.excluded.expires_at})
    connection.execute(longer)


def announced_until(connection: Connection, idempotency: str) -> float:
    """When an earlier submission with this key ends at the latest, as a time of this machine; 0.0 where none is under way."""
    chosen = select(_INTENT.c.expires_at).where(_INTENT.c.idempotency == idempotency, _INTENT.c.expires_at > time.time())
    return float(connection.scalar(chosen) or 0.0)


def announce_until(connection: Connection, idempotency: str, end: float) -> None:
    """Say that a submission that was announced ends at this time at the latest."""
    connection.execute(update(_INTENT).where(_INTENT.c.idempotency == idempotency).values(expires_at=end))


def conclude(connection: Connection, idempotency: str) -> None:
    """Say that a submission has ended; takes effect with the caller's commit."""
    connection.execute(delete(_INTENT).where(_INTENT.c.idempotency == idempotency))


def in_flight(connection: Connection, keys: Iterable[str]) -> frozenset[str]:
    """Those of the outside keys whose record, or whose parent, is being submitted right now."""
    parents = {key: key.partition(CHILD)[0] for key in keys}
    flying: set[str] = set()
    for part in batched(set(parents.values())):
        chosen = select(_INTENT.c.idempotency).where(_INTENT.c.idempotency.in_(part), _INTENT.c.expires_at > time.time())
        flying.update(connection.scalars(chosen))
    return frozenset(key for key, parent in parents.items() if parent in flying)
