"""Our rows whose outside rows are not there any more: kept, marked as inactive, or deleted; and brought back with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from connectors import tables
from connectors.batched import batched
from connectors.held import forget_refused
from connectors.history import Counts
from connectors.home import Work
from connectors.identities import follow, forget_identities, has_identities, moves
from connectors.mapping import Mapped, Refusal
from connectors.port import RowsInUse
from connectors.rejects import IN_USE, keep_rejects
from connectors.seen import forget_seen
from connectors.tablemap import DEACTIVATED, DELETED, FOLLOWED
from connectors.values import dump_json, load_json

Lost = Mapping[str, tuple[Any, ...]]
"""Rows by their outside key: the values of our integration key."""
_TABLE = tables.inactive


def leave(work: Work, lost: Lost, policy: str) -> Counts:
    """Do with our rows what the policy says, and remember the outside ones no more. Rejects of theirs go too.

    A row that others point at cannot be deleted: it stays as a reject, and is tried again the next time.
    """
    if not lost:
        return Counts()
    forget_refused(work.connection, work.table_map.key, lost)
    ids = work.rows.resolve(work.table_map.entity.key, work.table_map.model.integration_key, set(lost.values()))
    ours = {key: ids[values] for key, values in lost.items() if values in ids}
    counts, stuck = Counts(), dict[str, str]()
    if policy == DELETED:
        stuck = _delete(work, ours)
        counts = Counts(deleted=len(ours) - len(stuck), rejected=len(stuck))
    elif policy == DEACTIVATED:
        counts = Counts(updated=_deactivate(work, ours))
    refusals = [Refusal(key, _named(work, lost[key]), IN_USE, reason) for key, reason in stuck.items()]
    keep_rejects(work.connection, work.table_map.key, refusals, work.now)
    over = [key for key in lost if key not in stuck]
    forget_seen(work.connection, work.table_map, over)
    forget_identities(work.connection, work.table_map, over)
    return counts


def bring_back(work: Work, rows: Sequence[Mapped]) -> None:
    """Rows that were marked as inactive and have come again are as they were before; what the map brings is newer."""
    if not work.table_map.inactive or not rows:
        return
    taken = {row.key: row for row in rows}
    entity = work.table_map.entity.key
    for key, record_id, was in list(_marked(work.connection, work.table_map.key, list(taken))):
        names = [name for name in was if name not in taken[key].values]
        stored = work.rows.read(entity, (record_id,), names)
        mine = {name: was[name] for name in names if stored and stored[0][name] == work.table_map.inactive.get(name)}
        if mine:
            work.rows.upsert(entity, ("id",), [{"id": record_id, **mine}])
        _unmark(work.connection, work.table_map.key, key)


def settle_moves(work: Work, rows: Sequence[Mapped]) -> Counts:
    """Rows whose key has changed outside, before they are stored: ours follows, or what has the old key leaves."""
    if not has_identities(work.table_map):
        return Counts()
    found = moves(work, rows)
    if not found:
        return Counts()
    policy, left = work.table_map.moved, found
    if policy == FOLLOWED:
        policy, left = work.table_map.model.delete, follow(work, found)
    taken = {row.key for row in rows}
    over = {move.key for move in found} - taken
    forget_refused(work.connection, work.table_map.key, over)
    forget_seen(work.connection, work.table_map, over)
    return leave(work, {move.key: move.values for move in left if move.key in over}, policy)


def inactive_records(connection: Connection, table_map: str) -> frozenset[int]:
    """Our rows that are marked as inactive."""
    return frozenset(connection.scalars(select(_TABLE.c.record_id).where(_TABLE.c.map == table_map)))


def _delete(work: Work, ours: Mapping[str, int]) -> dict[str, str]:
    """Delete rows; why some could not be, by outside key."""
    stuck = {}
    for key, record_id in ours.items():
        try:
            work.rows.delete(work.table_map.entity.key, (record_id,))
        except RowsInUse as fault:
            stuck[key] = str(fault)
    return stuck


def _deactivate(work: Work, ours: Mapping[str, int]) -> int:
    entity, marks = work.table_map.entity.key, work.table_map.inactive
    marked = {key for key, _, _ in _marked(work.connection, work.table_map.key, list(ours))}
    fresh = {key: record_id for key, record_id in ours.items() if key not in marked}
    stored = {row["id"]: row for row in work.rows.read(entity, fresh.values(), list(marks))}
    if not fresh:
        return 0
    work.connection.execute(
        insert(_TABLE),
        [
            {
                "map": work.table_map.key,
                "key": key,
                "record_id": record_id,
                "was": dump_json({name: stored[record_id][name] for name in marks}),
            }
            for key, record_id in fresh.items()
        ],
    )
    return work.rows.upsert(entity, ("id",), [{"id": record_id, **marks} for record_id in fresh.values()]).updated


def _marked(connection: Connection, table_map: str, keys: Sequence[str]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    if connection.execute(select(_TABLE.c.key).where(_TABLE.c.map == table_map).limit(1)).first() is None:
        return
    for part in batched(keys):
        chosen = select(_TABLE).where(_TABLE.c.map == table_map, _TABLE.c.key.in_(part))
        for row in connection.execute(chosen).all():
            yield row.key, row.record_id, load_json(row.was)


def _unmark(connection: Connection, table_map: str, key: str) -> None:
    connection.execute(delete(_TABLE).where(_TABLE.c.map == table_map, _TABLE.c.key == key))


def _named(work: Work, values: Sequence[Any]) -> dict[str, Any]:
    """The key of a row as a record, for people to read."""
    return dict(zip(work.table_map.model.integration_key, values, strict=True))
