"""Outside rows by what stays the same when their key changes: who has taken another key is told, and followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import DataError, IntegrityError

from connectors import tables
from connectors.batched import batched
from connectors.home import Work
from connectors.mapping import Mapped
from connectors.protocol import Record
from connectors.tablemap import CompiledMap
from connectors.values import dump_json, load_json

_TABLE = tables.identity


class Move(NamedTuple):
    """A row that has taken another key: as it is now, its outside key before, and our integration key's values then."""

    row: Mapped
    key: str
    values: tuple[Any, ...]


def has_identities(table_map: CompiledMap) -> bool:
    """Whether the map can tell that a key has changed."""
    return bool(table_map.model.identity_column) and not table_map.skips


def moves(work: Work, rows: Sequence[Mapped]) -> list[Move]:
    """Those of the rows whose key has changed since they were taken, unless another outside row had taken the old one since."""
    now = {_identity(work.table_map, row.record): row for row in rows}
    found = [
        (identity, Move(now[identity], key, tuple(values)))
        for identity, key, values in _known(work.connection, work.table_map.key, _TABLE.c.identity, list(now))
        if now[identity].key != key
    ]
    going = {identity for identity, _ in found}
    old = [move.key for _, move in found]
    held = {key for identity, key, _ in _known(work.connection, work.table_map.key, _TABLE.c.key, old) if identity not in going}
    return [move for _, move in found if move.key not in held]


def follow(work: Work, found: Sequence[Move]) -> list[Move]:
    """Give our rows the new keys of their outside rows; the moves of which another row of ours stands in the way.

    Who stands where somebody else wants to go moves first. In a circle nobody can: then the values change places, not the
    rows.
    """
    entity, key = work.table_map.entity.key, work.table_map.model.integration_key
    wanted = {move.row.key: tuple(move.row.values[name] for name in key) for move in found}
    ids = work.rows.resolve(entity, key, {*wanted.values(), *(move.values for move in found)})
    waiting, stuck = [move for move in found if move.values in ids], list[Move]()
    while free := [move for move in waiting if wanted[move.row.key] not in ids]:
        for move in free:
            waiting.remove(move)
            new = wanted[move.row.key]
            if new in ids or not _rename(work, {"id": ids[move.values], **dict(zip(key, new, strict=True))}):
                stuck.append(move)
                continue
            ids[new] = ids.pop(move.values)
    return [*waiting, *stuck]


def keep_identities(connection: Connection, table_map: CompiledMap, taken: Mapping[str, tuple[Record, Sequence[Any]]]) -> None:
    """Remember whose keys these are: the record and our integration key's values, by outside key."""
    rows = {_identity(table_map, record): (key, values) for key, (record, values) in taken.items()}
    for part in batched(rows):
        connection.execute(delete(_TABLE).where(_TABLE.c.map == table_map.key, _TABLE.c.identity.in_(part)))
    if rows:
        connection.execute(
            insert(_TABLE),
            [
                {"map": table_map.key, "identity": identity, "key": key, "values": dump_json(list(values))}
                for identity, (key, values) in rows.items()
            ],
        )


def forget_identities(connection: Connection, table_map: CompiledMap, keys: Iterable[str]) -> None:
    """Forget rows by their outside keys."""
    if has_identities(table_map):
        for part in batched(keys):
            connection.execute(delete(_TABLE).where(_TABLE.c.map == table_map.key, _TABLE.c.key.in_(part)))


def identities_of(connection: Connection, table_map: CompiledMap, keys: Sequence[str]) -> dict[str, Any]:
    """The values of the identity column by outside key, of rows that were taken."""
    return {key: load_json(identity) for identity, key, _ in _known(connection, table_map.key, _TABLE.c.key, keys)}


def _identity(table_map: CompiledMap, record: Record) -> str:
    return dump_json(record.get(table_map.model.identity_column))[: tables.KEY_LENGTH]


def _rename(work: Work, row: Mapping[str, Any]) -> bool:
    try:
        with work.connection.begin_nested():
            work.rows.upsert(work.table_map.entity.key, ("id",), [row])
    except (IntegrityError, DataError):
        return False
    return True


def _known(connection: Connection, table_map: str, column: Any, wanted: Sequence[str]) -> Iterator[tuple[str, str, list[Any]]]:
    for part in batched(wanted):
        for row in connection.execute(select(_TABLE).where(_TABLE.c.map == table_map, column.in_(part))).mappings():
            yield row["identity"], row["key"], load_json(row["values"])
