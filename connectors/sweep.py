"""Rows that are gone outside, or have left the filter: they are looked for, and leave as the map says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from connectors import tally
from connectors.dated import forget_versions
from connectors.failpoints import reached
from connectors.held import forget_refused
from connectors.history import Account, Counts
from connectors.home import Home, Work
from connectors.identities import has_identities, identities_of
from connectors.journal import keep_batch, recorded
from connectors.lease import Lease, under_lease
from connectors.leaving import Lost, leave
from connectors.mapping import join_key
from connectors.outward import outside_key
from connectors.protocol import Adapter
from connectors.rejects import IN_USE, read_rejects
from connectors.seen import gone, known_values
from connectors.tablemap import FOLLOWED, CompiledMap, passes

OutsideKey = tuple[Any, ...]


def sweep(home: Home, adapter: Adapter, table_map: CompiledMap, lease: Lease, account: Account) -> None:
    """Find our rows whose outside row is gone, or has left the filter, and do as the map says; it is part of a run."""
    if not table_map.watches or table_map.streams:
        return
    there = frozenset(join_key(key) for key in adapter.keys(table_map))
    with home.read() as connection:
        missing = dict(gone(connection, table_map, there))
        refused = read_rejects(connection, table_map.key)
    lost = _without_followed(home, adapter, table_map, missing)
    stale = [reject.key for reject in refused if reject.code != IN_USE and reject.key not in there and reject.key not in lost]
    if not lost and not stale:
        return
    left = _left(home, adapter, table_map, lost)
    with under_lease(home, lease) as connection:
        work = recorded(home, connection, table_map)
        forget_refused(connection, table_map.key, stale)
        counts = _leave(work, lost, left)
        tally.count_rows(connection, table_map.key, counts, work.now)
        keep_batch(work, home, "changes", counts)
        run = account.grown(counts, home.now())
        number = account.keep(connection, run)
        reached("commit")
    account.settled(run, number)
    reached("committed")


def departed(adapter: Adapter, table_map: CompiledMap, keys: Sequence[OutsideKey]) -> frozenset[str]:
    """Of rows that the outside tells to be gone, by their outside keys: those that have only left the filter."""
    if table_map.left == table_map.model.delete:
        return frozenset()
    named = [dict(zip(table_map.key_columns, key, strict=True)) for key in keys]
    return frozenset(join_key(key.values()) for key in named if _is_there(adapter, table_map, key))


def remove_gone(work: Work, keys: Sequence[OutsideKey], left: frozenset[str]) -> Counts:
    """Do as the map says with rows that the outside itself tells to be gone, in the caller's transaction."""
    if not keys or not work.table_map.watches:
        return Counts()
    told = {join_key(key) for key in keys}
    lost = dict(known_values(work.connection, work.table_map, told))
    forget_refused(work.connection, work.table_map.key, told)
    return _leave(work, lost, left)


def _leave(work: Work, lost: Lost, left: Iterable[str]) -> Counts:
    forget_versions(work, lost)
    out = {key: lost[key] for key in left if key in lost}
    away = {key: values for key, values in lost.items() if key not in out}
    return leave(work, away, work.table_map.model.delete) + leave(work, out, work.table_map.left)


def _left(home: Home, adapter: Adapter, table_map: CompiledMap, lost: Lost) -> frozenset[str]:
    """Of the rows that are not found any more, those that are there and have left the filter; asked where it matters."""
    if table_map.left == table_map.model.delete or not table_map.model.filter:
        return frozenset()
    with home.read() as connection:
        rows, key = home.rows(connection), table_map.model.integration_key
        known = identities_of(connection, table_map, list(lost)) if has_identities(table_map) else {}
        named = {name: outside_key(table_map, rows, dict(zip(key, values, strict=True))) for name, values in lost.items()}
    column = table_map.model.identity_column
    columns = {name: {column: known[name]} if name in known else named[name] for name in lost}
    return frozenset(name for name, wanted in columns.items() if wanted and _is_there(adapter, table_map, wanted))


def _without_followed(home: Home, adapter: Adapter, table_map: CompiledMap, lost: Lost) -> Lost:
    """The rows without those that are there under another key: they come with the next pull, and ours follows."""
    if table_map.moved != FOLLOWED or not has_identities(table_map) or not lost:
        return lost
    with home.read() as connection:
        known = identities_of(connection, table_map, list(lost))
    column = table_map.model.identity_column
    found = {key: adapter.find(table_map, column, identity) for key, identity in known.items()}
    away = {key for key, rows in found.items() if any(passes(row, table_map.model.filter) for row in rows)}
    return {key: values for key, values in lost.items() if key not in away}


def _is_there(adapter: Adapter, table_map: CompiledMap, columns: dict[str, Any]) -> bool:
    column, value = next(iter(columns.items()))
    found = adapter.find(table_map, column, value)
    return any(all(str(row.get(name)) == str(wanted) for name, wanted in columns.items()) for row in found)
