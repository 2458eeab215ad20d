"""Both sides of a map row by row: what is missing here, what differs, what is here only; and handing it over for repair."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors import outbox
from connectors.alike import unlike
from connectors.dated import holds
from connectors.errors import Fatal
from connectors.home import Home, Work
from connectors.leaving import inactive_records, leave
from connectors.mapping import Lookups, Mapped, Refusal, convert_records, join_key, resolve_lookups
from connectors.outward import outside_key
from connectors.port import RowStore
from connectors.protocol import Adapter, Record
from connectors.rejects import keep_rejects
from connectors.runner import pages
from connectors.tablemap import KEPT, CompiledMap, passes_as_told

MISSING, DIFFERS, EXTRA, REJECTED = "missing", "differs", "extra", "rejected"
SCANNED_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Difference:
    """One row. `values` are the attributes that differ, ours and theirs; `record` is the outside row."""

    kind: str
    key: str
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""
    record: Record | None = None
    ours: int | None = None


def compare(home: Home, adapter: Adapter, table_map: CompiledMap) -> Iterator[Difference]:
    """All differences between the outside rows and ours. What changes meanwhile is looked at once more before it is told.

    An attribute whose value is still owed to the outside is not a difference.
    """
    if table_map.streams:
        raise Fatal(f"map {table_map.key}: a stream of events tells what happens, not what there is; it cannot be compared")
    there: set[int] = set()
    lookups = Lookups()
    for batch in pages(adapter, table_map, None, table_map.model.batch_size):
        for found in _of_records(home, table_map, _doubtful(home, table_map, batch.records, lookups, there), there):
            yield from _again(home, adapter, table_map, found)
        if not batch.more:
            break
    if table_map.creates:
        with home.read() as connection:
            inactive = inactive_records(connection, table_map.key)
        for row, key in _ours(home, table_map):
            if row not in inactive and hash(key) not in there and not _outside(home, adapter, table_map, row):
                yield Difference(EXTRA, join_key(key), ours=row)


def hand_over(home: Home, table_map: CompiledMap, differences: Sequence[Difference]) -> None:
    """Have the worker take the outside rows of what is missing or differs: they wait as rejects that are due."""
    refusals = [
        Refusal(item.key, item.record, "row", f"found by comparison: {item.kind}")
        for item in differences
        if item.kind in (MISSING, DIFFERS) and item.record is not None
    ]
    with home.begin() as connection:
        keep_rejects(connection, table_map.key, refusals, home.now() - dt.timedelta(minutes=2))


def remove_extra(home: Home, table_map: CompiledMap, differences: Sequence[Difference]) -> int:
    """Do with our rows that have no outside row as the map says of rows that are gone; how many left."""
    if table_map.model.delete == KEPT:
        return 0
    key = table_map.model.integration_key
    ours = [item.ours for item in differences if item.kind == EXTRA and item.ours is not None]
    with home.begin() as connection:
        work = Work(connection, home.rows(connection), table_map, home.now())
        stored = work.rows.read(table_map.entity.key, ours, key)
        lost = {_key_text(table_map, work.rows, row): tuple(row[name] for name in key) for row in stored}
        counts = leave(work, lost, table_map.model.delete)
    return counts.deleted + counts.updated


def _key_text(table_map: CompiledMap, rows: RowStore, stored: Mapping[str, Any]) -> str:
    """The outside key of a row of ours, as its outside row would have it."""
    named = outside_key(table_map, rows, stored) or {}
    return join_key([named.get(column) for column in table_map.key_columns])


def _doubtful(
    home: Home, table_map: CompiledMap, records: Sequence[Record], lookups: Lookups, there: set[int]
) -> Sequence[Record]:
    """The records that are to be looked at one by one: most are what is stored here, and that is seen of many at once.

    `lookups` may be some batches old. What it knows was so while the sides were compared, and what differs is looked at anew.
    """
    with home.read() as connection:
        rows = home.rows(connection)
        lookups.use(rows)
        doubtful, alike = unlike(rows, table_map, records, lookups)
    there.update(map(hash, alike))
    return doubtful


def _of_records(home: Home, table_map: CompiledMap, records: Sequence[Record], there: set[int]) -> list[Difference]:
    if not records:
        return []
    with home.read() as connection:
        work = Work(connection, home.rows(connection), table_map, home.now())
        mapped, refused = convert_records(table_map, [record for record in records if holds(table_map, record, work.now)])
        ready, missing = resolve_lookups(table_map, mapped, Lookups(work.rows))
        key = table_map.model.integration_key
        wanted = {row.key: tuple(row.values[name] for name in key) for row in ready}
        there.update(hash(value) for value in wanted.values())
        ids = work.rows.resolve(table_map.entity.key, key, set(wanted.values()))
        stored = _stored(work.rows, table_map, ids.values())
        owed = _owed(work)
        found = [Difference(REJECTED, item.key, reason=item.reason, record=item.record) for item in (*refused, *missing)]
        for row in ready:
            record_id = ids.get(wanted[row.key])
            if record_id is None:
                found += [Difference(MISSING, row.key, record=row.record)] * table_map.creates
                continue
            differing = _differing(row, stored[record_id], owed.get(record_id, frozenset()))
            if differing:
                found.append(Difference(DIFFERS, row.key, differing, record=row.record, ours=record_id))
        return found


def _stored(rows: RowStore, table_map: CompiledMap, ids: Any) -> dict[int, dict[str, Any]]:
    names = [item.attribute for item in table_map.inward]
    return {row["id"]: row for row in rows.read(table_map.entity.key, ids, names)}


def _owed(work: Work) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    if work.table_map.outward:
        for item in outbox.pending(work.connection, work.table_map.key):
            found[item.record_id] = found.get(item.record_id, frozenset()) | item.payload.get("was", {}).keys()
    return found


def _differing(row: Mapped, stored: Mapping[str, Any], owed: frozenset[str]) -> dict[str, tuple[Any, Any]]:
    return {name: (stored[name], value) for name, value in row.values.items() if name not in owed and stored.get(name) != value}


def _again(home: Home, adapter: Adapter, table_map: CompiledMap, difference: Difference) -> list[Difference]:
    """The difference as both sides are now: what was only under way is none."""
    if difference.record is None or difference.kind == REJECTED:
        return [difference]
    column = table_map.key_columns[0]
    found = adapter.find(table_map, column, difference.record[column])
    mine = [row for row in found if passes_as_told(row, table_map.model.filter)]
    same = [row for row in mine if all(row[name] == difference.record[name] for name in table_map.key_columns)]
    return _of_records(home, table_map, [{name: row[name] for name in table_map.columns} for row in same], set())


def _ours(home: Home, table_map: CompiledMap) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Our rows with a complete integration key, in pages, none of which keeps a transaction open."""
    key, after = table_map.model.integration_key, 0
    while True:
        with home.read() as connection:
            rows = home.rows(connection).scan(table_map.entity.key, key, after, SCANNED_AT_ONCE)
        for row in rows:
            value = tuple(row[name] for name in key)
            if None not in value:
                yield row["id"], value
        if len(rows) < SCANNED_AT_ONCE:
            return
        after = rows[-1]["id"]


def _outside(home: Home, adapter: Adapter, table_map: CompiledMap, record_id: int) -> bool:
    """Whether the outside has the row of a record after all, or it is owed to it."""
    with home.read() as connection:
        rows = home.rows(connection)
        if outbox.pending(connection, table_map.key, (record_id,)):
            return True
        stored = rows.read(table_map.entity.key, (record_id,), table_map.model.integration_key)
        key = outside_key(table_map, rows, stored[0]) if stored else None
    if not key:
        return True
    column, value = next(iter(key.items()))
    found = adapter.find(table_map, column, value)
    return any(all(str(row.get(name)) == str(wanted) for name, wanted in key.items()) for row in found)
