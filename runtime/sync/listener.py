"""The outbox as a listener of the records room: what goes out is owed in the transaction that changed it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from connectors.outbox import Owing, owe
from connectors.outgoing import goes_out
from connectors.outward import outside_key, outward_values
from connectors.port import RowStore
from connectors.tablemap import CompiledMap, compiled_maps
from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.records.bulk import SqlRowStore
from runtime.records.hooks import Change, of_new_rows
from runtime.sync.homes import ORIGIN


@of_new_rows(lambda snapshot, entity: entity in _sending(snapshot))
def keep_outbox(connection: Connection, snapshot: Snapshot, change: Change) -> None:
    """Owe a change to every map that sends it out. What came from outside does not go back.

    New records of a map with write-through are not owed here: they are submitted.
    """
    if change.principal.origin == ORIGIN or change.kind not in ("create", "write", "delete"):
        return
    maps = _sending(snapshot).get(change.entity, ())
    if not maps:
        return
    rows = SqlRowStore(connection, snapshot, Principal.system(ORIGIN))
    for table_map in maps:
        owing = _owing(table_map, rows, change)
        if owing is not None:
            owe(connection, owing, change.at)


def _sending(snapshot: Snapshot) -> dict[str, tuple[CompiledMap, ...]]:
    def make() -> dict[str, tuple[CompiledMap, ...]]:
        found: dict[str, tuple[CompiledMap, ...]] = {}
        for table_map in compiled_maps(snapshot):
            if table_map.outward:
                found[table_map.entity.key] = (*found.get(table_map.entity.key, ()), table_map)
        return found

    return snapshot.derive("runtime.sync.sending", make)


def _operation(table_map: CompiledMap, change: Change) -> str:
    """What a change means outside: a row that begins to go out is new there, and one that no longer does is gone."""
    condition = table_map.model.outgoing
    was = change.kind != "create" and goes_out(condition, change.before)
    now = change.kind != "delete" and goes_out(condition, change.after)
    if was and now:
        return "update"
    if now:
        return "insert"
    return "delete" if was and table_map.model.delete == "delete" else ""


def _owing(table_map: CompiledMap, rows: RowStore, change: Change) -> Owing | None:
    if change.kind == "create" and table_map.model.write_through is not None:
        return None
    state = change.before if change.kind == "delete" else change.after
    key = outside_key(table_map, rows, state)
    if key is None:
        return None
    operation = _operation(table_map, change)
    if not operation:
        return None
    given = {} if operation == "delete" else dict(change.after)
    if operation == "update":
        given = {name: change.after[name] for name in change.changed}
    refused: list[str] = []
    sent = outward_values(table_map, rows, given, refused)
    values = {column: value for column, value in sent.items() if column not in key}
    if operation == "update" and not values:
        return None
    if operation == "insert":
        values = {**dict(table_map.model.constants), **values}
    payload: dict[str, Any] = {"key": key, "values": values}
    if operation == "update":
        inward = {item.attribute for item in table_map.inward}
        outward = {item.attribute for item in table_map.outward}
        payload["was"] = {name: old for name, (old, _) in change.changed.items() if name in inward & outward}
    return Owing(table_map.key, change.entity, change.id, operation, payload, "; ".join(refused))
