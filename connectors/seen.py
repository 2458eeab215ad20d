"""Which outside rows a map has taken, and their hashes: for maps without a change column, and for those that look for rows
that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Insert,
    Text,
    any_,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from connectors import tables
from connectors.batched import batched
from connectors.mapping import key_text
from connectors.protocol import Record
from connectors.tablemap import CompiledMap
from connectors.values import digests, dump_json, load_json

CHUNK = 500
ARRAY_CHUNK = 5000
_TABLE = tables.seen
_ASIDE = tables.aside


def keeps_seen(table_map: CompiledMap) -> bool:
    """Whether the map needs to know the rows that it took."""
    return table_map.compares or table_map.watches


def record_hash(table_map: CompiledMap, record: Record) -> str:
    """The hash of what the map reads of a record, and of how it reads it: a changed map takes every row anew, and so does the
    second pass of a load with what the first has taken in part."""
    return table_map.hash_of(record.get(column) for column in table_map.columns)


def changed_records(connection: Connection, table_map: CompiledMap, records: Sequence[Record]) -> list[Record]:
    """The records that are new or differ from what came last, whether that was taken or refused."""
    by_key = {key_text(table_map, record): record for record in records}
    known: dict[str, str] = {}
    for among in _among(connection, by_key):
        chosen = select(_TABLE.c.key, _TABLE.c.hash).where(_TABLE.c.map == table_map.key, among)
        known.update({row.key: row.hash for row in connection.execute(chosen)})
    known |= _refused(connection, table_map, by_key)
    return [record for key, record in by_key.items() if known.get(key) != record_hash(table_map, record)]


def keep_refused(connection: Connection, table_map: CompiledMap, refused: Mapping[str, Record], taken: Iterable[str]) -> None:
    """Remember records as refused, by outside key, and forget that of keys that were taken.

    Where every pull goes over all rows, what somebody mends or gives up would else be refused again by the next one.
    """
    if not table_map.compares:
        return
    mine = _ASIDE.c.map == table_map.key
    if connection.execute(select(_ASIDE.c.key).where(mine).limit(1)).first() is not None:
        for part in batched([*refused, *taken]):
            connection.execute(delete(_ASIDE).where(mine, _ASIDE.c.key.in_(part)))
    whole = digests(repr(table_map.model.attributes))  # also where this is the first pass of two
    hashes = {key: whole(record.get(column) for column in table_map.columns) for key, record in refused.items()}
    rows = [{"map": table_map.key, "key": key, "hash": found} for key, found in hashes.items()]
    if rows:
        connection.execute(insert(_ASIDE), rows)


def _refused(connection: Connection, table_map: CompiledMap, keys: Iterable[str]) -> dict[str, str]:
    """The hashes of records that were refused when they came last, by outside key."""
    mine = _ASIDE.c.map == table_map.key
    if connection.execute(select(_ASIDE.c.key).where(mine).limit(1)).first() is None:
        return {}
    found: dict[str, str] = {}
    for part in batched(keys):
        chosen = select(_ASIDE.c.key, _ASIDE.c.hash).where(mine, _ASIDE.c.key.in_(part))
        found |= {row.key: row.hash for row in connection.execute(chosen)}
    return found


def keep_seen(connection: Connection, table_map: CompiledMap, taken: Mapping[str, tuple[Record, Sequence[object]]]) -> None:
    """Remember records as taken: the record and our integration key's values, by outside key."""
    if not taken:
        return
    hashes = [record_hash(table_map, record) for record, _ in taken.values()]
    values = [dump_json(list(values)) if table_map.watches else None for _, values in taken.values()]
    if connection.dialect.name == "sqlite":
        names = ("map", "key", "hash", "values")
        rows = zip(repeat(table_map.key), taken, hashes, values)
        connection.execute(_kept(sqlite_insert(_TABLE)), [dict(zip(names, row, strict=True)) for row in rows])
        return
    given = func.unnest(_array(taken), _array(hashes), _array(values)).table_valued("key", "hash", "values")
    every = select(literal(table_map.key), *given.render_derived("given").c)
    connection.execute(_kept(postgresql_insert(_TABLE).from_select(["map", "key", "hash", "values"], every)))


def _kept(adding: Any) -> Insert:
    """An insert that takes the place of what was remembered of the same rows."""
    newer: Insert = adding.on_conflict_do_update(
        index_elements=list(_TABLE.primary_key), set_={name: adding.excluded[name] for name in ("hash", "values")}
    )
    return newer


def forget_seen(connection: Connection, table_map: CompiledMap, keys: Iterable[str]) -> None:
    """Forget rows, so that they are taken anew when they come again."""
    for among in _among(connection, keys):
        connection.execute(delete(_TABLE).where(_TABLE.c.map == table_map.key, among))


def doubt_all_seen(connection: Connection, table_map: str) -> None:
    """Take every row of a map anew when it comes; which rows were taken is still known, so that those that go are noticed."""
    connection.execute(update(_TABLE).where(_TABLE.c.map == table_map).values(hash=""))
    connection.execute(delete(_ASIDE).where(_ASIDE.c.map == table_map))


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
    for among in _among(connection, keys):
        chosen = select(_TABLE.c.key, _TABLE.c["values"]).where(_TABLE.c.map == table_map.key, among)
        for key, values in connection.execute(chosen).all():
            yield key, tuple(load_json(values)) if values else ()


def _among(connection: Connection, keys: Iterable[str]) -> Iterator[ColumnElement[bool]]:
    """Conditions that a row has one of the keys, for some of them at a time; PostgreSQL takes many as one value."""
    every = list(keys)
    size = CHUNK if connection.dialect.name == "sqlite" else ARRAY_CHUNK
    for at in range(0, len(every), size):
        part = every[at : at + size]
        yield _TABLE.c.key.in_(part) if connection.dialect.name == "sqlite" else _TABLE.c.key == any_(_array(part))


def _array(values: Iterable[str | None]) -> BindParameter[Any]:
    return literal(list(values), ARRAY(Text))
