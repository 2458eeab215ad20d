"""Which outside rows a map has taken, and their hashes: for maps without a change column, and for those that look for rows
that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from connectors import tables
from connectors.mapping import key_text
from connectors.protocol import Record
from connectors.tablemap import CompiledMap
from connectors.values import digest, dump_json, load_json

CHUNK = 500
_TABLE = tables.seen


def keeps_seen(table_map: CompiledMap) -> bool:
    """Whether the map needs to know the rows that it took."""
    return table_map.compares or table_map.watches


def record_hash(table_map: CompiledMap, record: Record) -> str:
    """The hash of what the map reads of a record, and of how it reads it: a changed map takes every row anew."""
    return digest((repr(table_map.model.attributes), *(record.get(column) for column in table_map.columns)))


def changed_records(connection: Connection, table_map: CompiledMap, records: Sequence[Record]) -> list[Record]:
    """The records that are new or differ from what was taken last."""
    by_key = {key_text(table_map, record): record for record in records}
    known: dict[str, str] = {}
    for part in _parts(by_key):
        chosen = select(_TABLE.c.key, _TABLE.c.hash).where(_TABLE.c.map == table_map.key, _TABLE.c.key.in_(part))
        known.update({row.key: row.hash for row in connection.execute(chosen)})
    return [record for key, record in by_key.items() if known.get(key) != record_hash(table_map, record)]


def keep_seen(connection: Connection, table_map: CompiledMap, taken: Mapping[str, tuple[Record, Sequence[object]]]) -> None:
    """Remember records as taken: the record and our integration key's values, by outside key."""
    forget_seen(connection, table_map, taken)
    rows = [
        {
            "map": table_map.key,
            "key": key,
            "hash": record_hash(table_map, record),
            "values": dump_json(list(values)) if table_map.watches else None,
        }
        for key, (record, values) in taken.items()
    ]
    if rows:
        connection.execute(insert(_TABLE), rows)


def forget_seen(connection: Connection, table_map: CompiledMap, keys: Iterable[str]) -> None:
    """Forget rows, so that they are taken anew when they come again."""
    for part in _parts(keys):
        connection.execute(delete(_TABLE).where(_TABLE.c.map == table_map.key, _TABLE.c.key.in_(part)))


def doubt_all_seen(connection: Connection, table_map: str) -> None:
    """Take every row of a map anew when it comes; which rows were taken is still known, so that those that go are noticed."""
    connection.execute(update(_TABLE).where(_TABLE.c.map == table_map).values(hash=""))


def gone(connection: Connection, table_map: CompiledMap, there: frozenset[str]) -> Iterator[tuple[str, tuple[object, ...]]]:
    """The taken rows that are no longer there: outside key and our integration key's values."""
    chosen = select(_TABLE.c.key, _TABLE.c["values"]).where(_TABLE.c.map == table_map.key)
    for key, values in connection.execute(chosen).all():
        if key not in there:
            yield key, tuple(load_json(values)) if values else ()


def known_values(
    connection: Connection, table_map: CompiledMap, keys: Iterable[str]
) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Those of the rows with these outside keys that were taken: outside key and our integration key's values."""
    for part in _parts(keys):
        chosen = select(_TABLE.c.key, _TABLE.c["values"]).where(_TABLE.c.map == table_map.key, _TABLE.c.key.in_(part))
        for key, values in connection.execute(chosen).all():
            yield key, tuple(load_json(values)) if values else ()


def _parts(keys: Iterable[str]) -> Iterator[list[str]]:
    every = list(keys)
    return (every[at : at + CHUNK] for at in range(0, len(every), CHUNK))
