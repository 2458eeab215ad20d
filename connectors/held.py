"""Later versions of rows that were refused: for maps whose keys are blocked by a reject they wait behind it, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, delete, func, insert, select

from connectors import tables
from connectors.batched import batched
from connectors.home import Work
from connectors.mapping import key_text
from connectors.protocol import Record
from connectors.rejects import IN_USE, by_keys, drop_rejects
from connectors.tablemap import CompiledMap
from connectors.values import dump_json, load_json

_TABLE = tables.held


def hold_back(work: Work, records: Sequence[Record]) -> list[Record]:
    """The records whose keys are free; others wait behind their reject. What waits already is not kept twice."""
    if not blocks(work.table_map) or not records:
        return list(records)
    keys = [key_text(work.table_map, record) for record in records]
    found = [item for item in by_keys(work.connection, work.table_map.key, keys) if item.code != IN_USE]
    refused = {item.key: dump_json(dict(item.record)) for item in found}
    last = refused | dict(_last(work.connection, work.table_map.key, list(refused)))
    waiting = []
    for key, record in zip(keys, records, strict=True):
        if key in refused:
            text = dump_json(dict(record))
            if text != last[key]:
                last[key] = text
                waiting.append({"map": work.table_map.key, "key": key, "record": text, "at": work.now})
    if waiting:
        work.connection.execute(insert(_TABLE), waiting)
    return [record for key, record in zip(keys, records, strict=True) if key not in refused]


def next_held(connection: Connection, table_map: CompiledMap, keys: Iterable[str]) -> list[Record]:
    """Of each key the record that waited longest, which waits no more."""
    if not blocks(table_map):
        return []
    records = []
    for part in batched(keys):
        mine = (_TABLE.c.map == table_map.key, _TABLE.c.key.in_(part))
        first = connection.scalars(select(func.min(_TABLE.c.id)).where(*mine).group_by(_TABLE.c.key)).all()
        found = connection.execute(select(_TABLE.c.record).where(_TABLE.c.id.in_(first)).order_by(_TABLE.c.id))
        records += [load_json(row.record) for row in found.all()]
        connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(first)))
    return records


def count_held(connection: Connection, table_map: str) -> dict[str, int]:
    """How many versions wait, by outside key."""
    counted = select(_TABLE.c.key, func.count()).where(_TABLE.c.map == table_map).group_by(_TABLE.c.key)
    return {key: int(number) for key, number in connection.execute(counted)}


def forget_refused(connection: Connection, table_map: str, keys: Iterable[str]) -> None:
    """Forget rejects and what waits behind them: their rows are gone outside."""
    over = list(keys)
    drop_rejects(connection, table_map, over)
    for part in batched(over):
        connection.execute(delete(_TABLE).where(_TABLE.c.map == table_map, _TABLE.c.key.in_(part)))


def blocks(table_map: CompiledMap) -> bool:
    """Whether a reject blocks its key."""
    return table_map.model.after_reject == "wait"


def _last(connection: Connection, table_map: str, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    for part in batched(keys):
        mine = (_TABLE.c.map == table_map, _TABLE.c.key.in_(part))
        last = select(func.max(_TABLE.c.id)).where(*mine).group_by(_TABLE.c.key)
        for row in connection.execute(select(_TABLE.c.key, _TABLE.c.record).where(_TABLE.c.id.in_(last))).all():
            yield row.key, row.record
