"""Rows that are gone outside, or have left the filter, for maps that delete."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from connectors.history import Counts
from connectors.home import Home, Work
from connectors.lease import Lease, under_lease
from connectors.mapping import Refusal, join_key
from connectors.port import RowsInUse
from connectors.protocol import Source
from connectors.rejects import drop_rejects, keep_rejects
from connectors.seen import forget_seen, gone, known_values
from connectors.tablemap import CompiledMap


def sweep(home: Home, source: Source, table_map: CompiledMap, lease: Lease) -> Counts:
    """Delete our rows whose outside row is gone. A row that others point at stays, as a reject with that reason."""
    if table_map.model.delete != "delete":
        return Counts()
    there = frozenset(join_key(key) for key in source.keys(table_map))
    with home.read() as connection:
        lost = dict(gone(connection, table_map, there))
    if not lost:
        return Counts()
    with under_lease(home, lease) as connection:
        work = Work(connection, home.rows(connection), table_map, home.now())
        drop_rejects(connection, table_map.key, lost)
        return _delete(work, lost)


def remove_gone(work: Work, keys: Sequence[tuple[Any, ...]]) -> Counts:
    """The same for rows that the outside itself tells to be gone, by their outside keys, in the caller's transaction."""
    if not keys or work.table_map.model.delete != "delete":
        return Counts()
    told = {join_key(key) for key in keys}
    lost = dict(known_values(work.connection, work.table_map, told))
    drop_rejects(work.connection, work.table_map.key, told)
    return _delete(work, lost) if lost else Counts()


def _delete(work: Work, lost: dict[str, tuple[object, ...]]) -> Counts:
    entity, key = work.table_map.entity.key, work.table_map.model.integration_key
    ids = work.rows.resolve(entity, key, set(lost.values()))
    deleted, rejected = 0, 0
    for outside, values in lost.items():
        try:
            deleted += work.rows.delete(entity, _only(ids.get(values)))
        except RowsInUse as fault:
            rejected += 1
            refusal = Refusal(outside, dict(zip(work.table_map.key_columns, values, strict=True)), "in_use", str(fault))
            keep_rejects(work.connection, work.table_map.key, [refusal], work.now)
    forget_seen(work.connection, work.table_map, lost)
    return Counts(deleted=deleted, rejected=rejected)


def _only(row: int | None) -> Iterable[int]:
    return () if row is None else (row,)
