"""Events to rows: what was taken before is left out, and of each row its last state remains. In the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.events import ledger
from connectors.events.envelope import HEADERS, MESSAGE, PLACE, envelope_of, read_message, source_of
from connectors.events.message import Message
from connectors.home import Work
from connectors.mapping import Lookups, Refusal, convert_records, key_text, resolve_lookups
from connectors.protocol import UNCHANGED, Event, Record
from connectors.rejects import drop_rejects, find_reject
from connectors.tablemap import FULL, CompiledMap, passes
from connectors.values import digest

OPERATION = "@operation"


@dataclass(slots=True)
class News:
    """What a batch of events comes to, by outside key: rows to take, keys of rows that are gone (of which some have only left
    the filter), and what cannot be taken. Rows `in_part` do not tell all that the filter asks."""

    rows: dict[str, Record] = field(default_factory=dict)
    gone: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    in_part: set[str] = field(default_factory=set)

    def settle(self, key: str) -> None:
        """Forget what was known of a row: something later has come."""
        for part in (self.rows, self.gone, self.refused):
            part.pop(key, None)
        self.left.discard(key)
        self.in_part.discard(key)


def in_steps(table_map: CompiledMap, events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """The parts of a batch to be taken one after the other: all of it, of which the last state of each row remains, or, where
    the map wants them all, parts in which no row is twice."""
    part: list[Event] = []
    keys: set[str] = set()
    for event in events:
        key = _key_of(table_map, event) if table_map.model.history == FULL else ""
        if key and key in keys:
            yield part
            part, keys = [], set()
        part.append(event)
        keys.add(key)
    yield part


def take_events(work: Work, events: Sequence[Event]) -> News:
    """The news in a batch of events. Their ids and versions are remembered with the caller's commit."""
    news, table_map = News(), work.table_map
    fresh = _fresh(work, events)
    keyed = [(_key_of(table_map, event), event) for event in fresh]
    known = ledger.known_versions(work.connection, table_map.key, {key for key, event in keyed if _version(table_map, event)})
    newest: dict[str, str] = {}
    for key, event in keyed:
        version = _version(table_map, event)
        if version and key in known and ledger.is_older(version, known[key]):
            continue
        if version:
            known[key] = newest[key] = version
        _take(work, news, key, event)
    ledger.keep_versions(work.connection, table_map.key, newest)
    for key in _strange(work, news):
        news.rows.pop(key)
    return news


def reopen(work: Work, records: Iterable[Record]) -> tuple[list[Record], News]:
    """Records of rejects: those that are rows, and the news of messages that could not be read before."""
    rows = list(records)
    messages = [record for record in rows if PLACE in record]
    if not messages:
        return rows, News()
    settings = dict(work.table_map.connection.settings)
    name = work.table_map.connection.key
    envelope, own = envelope_of(name, settings, work.table_map.connection.connector), source_of(name, settings)
    events = []
    for record in messages:
        place = str(record[PLACE])
        drop_rejects(work.connection, work.table_map.key, [_place_key(place)])
        if MESSAGE in record:
            event = read_message(envelope, Message(str(record[MESSAGE]).encode(), record.get(HEADERS) or {}, place), own)
        else:
            row = {name: value for name, value in record.items() if name != OPERATION}
            event = Event(str(record.get(OPERATION, "create")), row)
        events += [event] if event is not None else []
    return [record for record in rows if PLACE not in record], take_events(work, events)


def _fresh(work: Work, events: Sequence[Event]) -> list[Event]:
    """The events that were never taken."""
    identities = {ledger.identity_of(event.id) for event in events if event.id}
    known = ledger.known_events(work.connection, work.table_map.key, identities) if identities else set()
    fresh: list[Event] = []
    new: dict[str, None] = {}
    for event in events:
        identity = ledger.identity_of(event.id) if event.id else ""
        if identity and (identity in known or identity in new):
            continue
        if identity:
            new[identity] = None
        fresh.append(event)
    ledger.keep_events(work.connection, work.table_map.key, new, work.now)
    return fresh


def _take(work: Work, news: News, key: str, event: Event) -> None:
    table_map = work.table_map
    if event.reason:
        news.refused[key] = Refusal(key, event.record, "message", event.reason)
        return
    record = _with_key(table_map, event)
    nameless = [column for column in table_map.key_columns if record.get(column) is None]
    if nameless and not _passes(table_map, record):
        return
    if nameless:
        place = str(record.get(PLACE) or event.id or digest(record.items()))
        kept = {**record, OPERATION: event.operation, PLACE: place}
        news.refused[_place_key(place)] = Refusal(_place_key(place), kept, "key", f"the event lacks {', '.join(nameless)}")
        return
    if key in news.gone and event.operation == "update" and not _tells_all(table_map, record):
        return  # a part of a row that has just left: nothing says that it is back
    if event.operation == "delete" or not _passes(table_map, record):
        news.settle(key)
        news.gone[key] = tuple(record[column] for column in table_map.key_columns)
        news.left |= {key} if event.operation != "delete" else set()
        return
    record = {name: value for name, value in record.items() if name != PLACE}
    record = _whole(work, news, key, event.operation, record)
    in_part = event.operation == "update" and not _tells_all(table_map, record)
    left = [column for column in table_map.columns if column not in record]
    missing = [column for column in left if column not in record.get(UNCHANGED, ())]
    if missing and (event.operation == "create" or len(missing) == len(table_map.columns) - len(table_map.key_columns)):
        if in_part:
            return  # nothing that the map reads, of a row that may be none of its rows
        news.settle(key)
        news.refused[key] = Refusal(key, record, "type", f"the event has no column {', '.join(missing)}")
        return
    news.settle(key)
    news.in_part.update([key] if in_part else [])
    news.rows[key] = {**record, UNCHANGED: left} if left else {k: v for k, v in record.items() if k != UNCHANGED}


def _whole(work: Work, news: News, key: str, operation: str, record: Record) -> Record:
    """A record with what it leaves out, from what came just before and was not taken yet."""
    if all(column in record for column in work.table_map.columns) and _tells_all(work.table_map, record):
        return record
    before: Record = news.rows.get(key, {})
    if not before and operation == "update" and key not in news.gone:
        kept = news.refused.get(key) or find_reject(work.connection, work.table_map.key, key)
        before = kept.record if kept else {}
    return {**before, **record}


def _with_key(table_map: CompiledMap, event: Event) -> Record:
    """The record; an event of a deletion may have its key as the subject alone."""
    (first, *more) = table_map.key_columns
    subject = event.record.get("@subject")
    if event.operation == "delete" and not more and first not in event.record and subject:
        return {**event.record, first: subject}
    return event.record


def _version(table_map: CompiledMap, event: Event) -> str:
    version = event.record.get(table_map.model.change_column) if table_map.model.change_column else event.version
    return "" if version is None or event.reason else ledger.version_text(version)


def _passes(table_map: CompiledMap, record: Record) -> bool:
    """Whether the filter lets a record through; a column that the event does not name decides nothing."""
    return passes(record, tuple(pair for pair in table_map.model.filter if pair[0] in record))


def _strange(work: Work, news: News) -> set[str]:
    """Of the rows in part those that are not here: what came of them before was not let through, or was never told."""
    if not news.in_part:
        return set()
    key = work.table_map.model.integration_key
    items = tuple(item for item in work.table_map.inward if item.attribute in key)
    keyed = replace(work.table_map, inward=items)
    records = [{name: news.rows[at][name] for name in work.table_map.key_columns} for at in news.in_part]
    ready, _ = resolve_lookups(keyed, convert_records(keyed, records)[0], Lookups(work.rows))
    ours = {row.key: tuple(row.values[name] for name in key) for row in ready}
    there = work.rows.resolve(work.table_map.entity.key, key, set(ours.values()))
    return {at for at in news.in_part if ours.get(at) not in there}


def _tells_all(table_map: CompiledMap, record: Record) -> bool:
    """Whether a record has every column that the filter looks at."""
    return all(name in record for name, _ in table_map.model.filter)


def _key_of(table_map: CompiledMap, event: Event) -> str:
    if event.reason:
        return _place_key(str(event.record.get(PLACE, "")))
    return key_text(table_map, _with_key(table_map, event))


def _place_key(place: str) -> str:
    return f"message {place}"
