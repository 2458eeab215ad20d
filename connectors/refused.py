"""A refusal that comes after the record was queued: the record tells it, since nobody waits at a form any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError

from connectors.converting import KEEP
from connectors.errors import RecordRejected
from connectors.home import Work
from connectors.mapping import Lookups, take
from connectors.protocol import Record
from connectors.tablemap import CompiledMap, Inward
from connectors.writethrough import Answer, Letter, no_message


def take_refusal(work: Work, letter: Letter, answer: Answer) -> None:
    """Put the reason and what the outside says of the refused row into our record.

    What the outside leaves empty or what cannot be read stays as it is here; where the values cannot be stored, the
    reason alone is.
    """
    reason = _reason(letter.head.table_map, answer.message)
    values = {**_given(work, letter.head.table_map, answer.row or {}), **reason}
    try:
        with work.connection.begin_nested():
            _store(work, letter, values)
    except (IntegrityError, DataError, ValueError, OverflowError):
        _store(work, letter, reason)


def tell_reason(work: Work, record_id: int, message: str) -> None:
    """Put the reason for which a change was not taken into the record, or clear it, where the map has a place for it."""
    entity = work.table_map.entity.key
    reason = _reason(work.table_map, message)
    if reason and work.rows.read(entity, (record_id,), ()):
        work.rows.upsert(entity, ("id",), [{"id": record_id, **reason}])


def _store(work: Work, letter: Letter, values: Mapping[str, Any]) -> None:
    if values:
        work.rows.upsert(letter.head.table_map.entity.key, ("id",), [{"id": letter.head.record_id, **values}])


def _reason(table_map: CompiledMap, message: str) -> dict[str, Any]:
    """The message, as much of it as its attribute holds."""
    taken = no_message(table_map)
    return {name: message[: table_map.entity.attributes[name].model.max_length or None] or None for name in taken}


def _given(work: Work, table_map: CompiledMap, row: Record) -> dict[str, Any]:
    read = {name: row.get(name) for name in table_map.columns}
    lookups = Lookups(work.rows)
    values = {item.attribute: value_of(item, read, lookups) for item in table_map.inward if _speaks(item, read)}
    return {name: value for name, value in values.items() if value is not None}


def _speaks(item: Inward, row: Record) -> bool:
    return bool(item.columns) and all(row[name] not in (None, "") for name in item.columns)


def value_of(item: Inward, row: Record, lookups: Lookups) -> Any:
    """The attribute's value; None where the outside one cannot be read here."""
    try:
        value, _ = take(item, row)
    except RecordRejected:
        return None
    if value is KEEP or value is None or item.lookup is None:
        return None if value is KEEP else value
    lookups.load(item.lookup, {value})
    return lookups.find(item.lookup, value)
