"""Rows with dates: each version of an outside row holds from one moment to another, and is switched on when its time comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from connectors import tables
from connectors.batched import batched
from connectors.errors import RecordRejected
from connectors.home import Work
from connectors.mapping import Refusal, key_text
from connectors.protocol import Record
from connectors.tablemap import CompiledMap
from connectors.transforms import converter
from connectors.values import dump_json, load_json
from metadata.model import Attribute

ALWAYS = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
WAITING, CURRENT, CHANGED, OVER = "waiting", "current", "changed", "over"
"""A version that is to come, is in effect here, is so and has changed since, and whose time is over."""
_TABLE = tables.dated
_moment = converter(Attribute(key="moment", type="datetime"))


@dataclass(frozen=True, slots=True)
class Switched:
    """What the moment makes of versions: records to take now, keys with nothing in effect any more, and what is refused."""

    records: list[Record]
    ended: list[str]
    refused: list[Refusal]


def is_dated(table_map: CompiledMap) -> bool:
    """Whether rows of the map have dates."""
    return bool(table_map.model.effective_from)


def holds(table_map: CompiledMap, record: Record, now: dt.datetime) -> bool:
    """Whether a row is in effect; one whose dates cannot be read is left to be refused."""
    if not is_dated(table_map):
        return True
    try:
        starts, ends = _span(table_map, record)
    except RecordRejected:
        return True
    return starts <= now and (ends is None or ends > now)


def switch(work: Work, records: Sequence[Record]) -> Switched:
    """Keep the versions that have come, and tell what is in effect now of the rows that they belong to."""
    if work.table_map.skips:
        return Switched([record for record in records if holds(work.table_map, record, work.now)], [], [])
    spans, refused = dict[tuple[str, dt.datetime], tuple[dt.datetime | None, str]](), list[Refusal]()
    for record in records:
        key = key_text(work.table_map, record)
        try:
            starts, ends = _span(work.table_map, record)
        except RecordRejected as fault:
            refused.append(Refusal(key, record, fault.code, str(fault)))
        else:
            spans[key, starts] = ends, dump_json(dict(record))
    touched = list(dict.fromkeys(key for key, _ in spans))
    known = {(row["key"], row["starts"]): row for row in _versions(work, touched)}
    fresh = {at: span for at, span in spans.items() if at not in known or known[at]["record"] != span[1]}
    for key, starts in fresh.keys() & known.keys():
        mine = (_TABLE.c.map == work.table_map.key, _TABLE.c.key == key, _TABLE.c.starts == starts)
        work.connection.execute(delete(_TABLE).where(*mine))
    rows = [
        {
            "map": work.table_map.key,
            "key": key,
            "starts": starts,
            "ends": ends,
            "record": text,
            "state": CHANGED if (key, starts) in known and known[key, starts]["state"] in (CURRENT, CHANGED) else WAITING,
        }
        for (key, starts), (ends, text) in fresh.items()
    ]
    if rows:
        work.connection.execute(insert(_TABLE), rows)
    found = _settled(work, list(dict.fromkeys(key for key, _ in fresh)))
    return Switched(found.records, found.ended, refused)


def switch_due(work: Work) -> Switched:
    """What has come into effect or run out since, without anything having come."""
    if not is_dated(work.table_map):
        return Switched([], [], [])
    return _settled(work, list(due_keys(work.connection, work.table_map, work.now)))


def due_keys(connection: Connection, table_map: CompiledMap, now: dt.datetime) -> tuple[str, ...]:
    """The outside keys of which a version begins or ends to hold."""
    if not is_dated(table_map):
        return ()
    begins = and_(_TABLE.c.state == WAITING, _TABLE.c.starts <= now)
    ends = and_(_TABLE.c.state.in_((CURRENT, CHANGED)), _TABLE.c.ends <= now)
    chosen = select(_TABLE.c.key).where(_TABLE.c.map == table_map.key, or_(begins, ends)).distinct().order_by(_TABLE.c.key)
    return tuple(connection.scalars(chosen))


def forget_versions(work: Work, keys: Iterable[str]) -> None:
    """Forget all versions of rows that are gone outside."""
    if is_dated(work.table_map):
        for part in batched(keys):
            work.connection.execute(delete(_TABLE).where(_TABLE.c.map == work.table_map.key, _TABLE.c.key.in_(part)))


def _settled(work: Work, keys: Sequence[str]) -> Switched:
    records, ended = list[Record](), list[str]()
    by_key: dict[str, list[Any]] = {key: [] for key in keys}
    for row in _versions(work, keys):
        by_key[row["key"]].append(row)
    for key, versions in by_key.items():
        begun = [row for row in versions if row["starts"] <= work.now]
        in_effect = [row for row in begun if row["ends"] is None or row["ends"] > work.now]
        chosen = max(in_effect, key=lambda row: row["starts"], default=None)
        if chosen is not None and chosen["state"] != CURRENT:
            records.append(load_json(chosen["record"]))
        if chosen is None and any(row["state"] in (CURRENT, CHANGED) for row in versions):
            ended.append(key)
        for row in begun:
            _mark(work, row, CURRENT if row is chosen else OVER)
    return Switched(records, ended, [])


def _mark(work: Work, row: Any, state: str) -> None:
    if row["state"] != state:
        mine = (_TABLE.c.map == work.table_map.key, _TABLE.c.key == row["key"], _TABLE.c.starts == row["starts"])
        work.connection.execute(update(_TABLE).where(*mine).values(state=state))


def _span(table_map: CompiledMap, record: Record) -> tuple[dt.datetime, dt.datetime | None]:
    """From when to when a row holds; dates without a time begin at midnight UTC. Raises RecordRejected."""
    starts, ends = record.get(table_map.model.effective_from), record.get(table_map.model.effective_to)
    return (
        ALWAYS if starts in (None, "") else max(ALWAYS, _moment(starts)),
        None if ends in (None, "") else _moment(ends),
    )


def _versions(work: Work, keys: Iterable[str]) -> Iterator[Any]:
    for part in batched(keys):
        yield from (
            work.connection.execute(select(_TABLE).where(_TABLE.c.map == work.table_map.key, _TABLE.c.key.in_(part)))
            .mappings()
            .all()
        )
