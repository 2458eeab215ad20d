"""Records that could not be taken, with their reason, kept until they are taken or superseded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from connectors import tables, tally
from connectors.batched import batched
from connectors.mapping import Refusal
from connectors.protocol import Record
from connectors.values import dump_json, load_json

_TABLE = tables.reject
LOOKUP, ROW, DATABASE = "lookup", "row", "database"
WAITING_CODES = frozenset({LOOKUP, ROW, "in_flight"})
"""What may solve itself, once another row has come."""
IN_USE = "in_use"
"""The code of a row of ours that is to be deleted while others point at it; it is tried again with the next look for such."""
LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Reject:
    """A refused record. `retry_at` is None where only a change of the record, the map or the entity can help."""

    map: str
    key: str
    code: str
    reason: str
    record: Record
    attempts: int
    first_at: dt.datetime
    last_at: dt.datetime
    retry_at: dt.datetime | None


def keep_rejects(connection: Connection, table_map: str, refusals: Sequence[Refusal], now: dt.datetime) -> None:
    """Store refusals in place of older ones of the same keys; the first time and the attempts are carried on."""
    known = {item.key: item for item in by_keys(connection, table_map, [item.key for item in refusals])}
    drop_rejects(connection, table_map, known)
    rows = [_row(table_map, item, known.get(item.key), now) for item in refusals]
    if rows:
        connection.execute(insert(_TABLE), rows)
        new = (row["code"] for row in rows if _is_news(row, known.get(row["key"])))
        tally.count_errors(connection, table_map, tally.IN, new, now)


def _is_news(row: Mapping[str, Any], before: Reject | None) -> bool:
    """Whether a refusal is another one than before, and not the same row tried once more."""
    return before is None or before.code != row["code"] or dump_json(dict(before.record)) != row["record"]


def _row(table_map: str, item: Refusal, before: Reject | None, now: dt.datetime) -> dict[str, Any]:
    attempts = before.attempts + 1 if before else 1
    wait = dt.timedelta(seconds=min(LONGEST_WAIT, 0.25 * 2 ** min(attempts, 10)))
    return {
        "map": table_map,
        "key": item.key[: tables.KEY_LENGTH],
        "code": item.code,
        "reason": item.reason,
        "record": dump_json(dict(item.record)),
        "attempts": attempts,
        "first_at": before.first_at if before else now,
        "last_at": now,
        "retry_at": now + wait if item.code in WAITING_CODES else None,
    }


def drop_rejects(connection: Connection, table_map: str, keys: Iterable[str]) -> None:
    """Forget the rejects of these keys: they were taken, or a newer change replaces them."""
    for part in batched(keys):
        connection.execute(delete(_TABLE).where(_TABLE.c.map == table_map, _TABLE.c.key.in_(part)))


def has_rejects(connection: Connection, table_map: str) -> bool:
    """Whether the map has any."""
    return connection.execute(select(_TABLE.c.key).where(_TABLE.c.map == table_map).limit(1)).first() is not None


def due_rejects(connection: Connection, table_map: str, now: dt.datetime, limit: int) -> list[Reject]:
    """The rejects that may have solved themselves, those that waited longest first."""
    chosen = select(_TABLE).where(_TABLE.c.map == table_map, _TABLE.c.retry_at <= now).order_by(_TABLE.c.retry_at)
    return _read(connection, chosen.limit(limit))


def refused_since(connection: Connection, table_map: str, since: dt.datetime) -> list[str]:
    """The keys of rows that were refused since a moment, for what the rows that came with them may have solved."""
    codes = (LOOKUP, ROW, DATABASE)
    chosen = select(_TABLE.c.key).where(_TABLE.c.map == table_map, _TABLE.c.code.in_(codes), _TABLE.c.last_at >= since)
    return list(connection.scalars(chosen.order_by(_TABLE.c.key)))


def read_rejects(
    connection: Connection, table_map: str, limit: int | None = None, after: str = "", code: str = ""
) -> list[Reject]:
    """The rejects of a map by key; those of one class where it is given."""
    chosen = select(_TABLE).where(_TABLE.c.map == table_map, _TABLE.c.key > after).order_by(_TABLE.c.key)
    if code:
        chosen = chosen.where(_TABLE.c.code == code)
    return _read(connection, chosen.limit(limit))


def oldest_rejects(connection: Connection) -> dict[str, dt.datetime]:
    """Since when the oldest reject of each map waits."""
    first = select(_TABLE.c.map, func.min(_TABLE.c.first_at)).group_by(_TABLE.c.map)
    return {row[0]: row[1] for row in connection.execute(first)}


def find_reject(connection: Connection, table_map: str, key: str) -> Reject | None:
    """The reject of one outside key."""
    found = by_keys(connection, table_map, [key])
    return found[0] if found else None


def rewrite(connection: Connection, reject: Reject, record: Record) -> None:
    """Keep another record in place of the one that was refused, until it is tried or a newer one comes."""
    mine = update(_TABLE).where(_TABLE.c.map == reject.map, _TABLE.c.key == reject.key)
    connection.execute(mine.values(record=dump_json(dict(record))))


def count_rejects(connection: Connection) -> dict[str, int]:
    """The number of rejects by map."""
    counted = select(_TABLE.c.map, func.count()).group_by(_TABLE.c.map)
    return {name: int(number) for name, number in connection.execute(counted)}


def count_codes(connection: Connection) -> dict[tuple[str, str], int]:
    """The number of rejects by map and by the code of the reason."""
    counted = select(_TABLE.c.map, _TABLE.c.code, func.count()).group_by(_TABLE.c.map, _TABLE.c.code)
    return {(name, code): int(number) for name, code, number in connection.execute(counted)}


def by_keys(connection: Connection, table_map: str, keys: Sequence[str]) -> list[Reject]:
    """The rejects of these outside keys."""
    found: list[Reject] = []
    for part in batched(keys):
        found += _read(connection, select(_TABLE).where(_TABLE.c.map == table_map, _TABLE.c.key.in_(part)))
    return found


def _read(connection: Connection, statement: Any) -> list[Reject]:
    rows = connection.execute(statement).mappings()
    return [Reject(**{**row, "record": load_json(row["record"])}) for row in rows]
