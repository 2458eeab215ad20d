"""Asking the outside before a new record counts: compose, send, await the answer, take it back. The caller commits."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import RecordRejected
from connectors.home import Work
from connectors.links import CHILD
from connectors.mapping import Lookups, convert_records, resolve_lookups
from connectors.outward import outward_values
from connectors.port import RowStore
from connectors.protocol import Change, Record, Target
from connectors.tablemap import CompiledMap
from metadata.model import WriteThrough

POLL_SECONDS = 0.02
ACCEPTED, REFUSED, SILENT = "accepted", "refused", "silent"


@dataclass(frozen=True, slots=True)
class Part:
    """A record of ours that travels: its map, its id, and the outside key that it gets."""

    table_map: CompiledMap
    record_id: int
    key: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A record with its children, ready to be sent."""

    head: Part
    children: tuple[Part, ...]
    change: Change

    @property
    def through(self) -> WriteThrough:
        """How the outside is asked."""
        return _through(self.head.table_map)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the outside says; `reason` is for people of the operation. `line` counts children from 0.

    Of an accepted record there are the outside rows: its own, and those of its children in their order, None for what is
    not there.
    """

    state: str
    message: str = ""
    attribute: str = ""
    line: int | None = None
    reason: str = ""
    row: Record | None = None
    children: tuple[Record | None, ...] = ()


def compose(rows: RowStore, head: Part, children: Sequence[CompiledMap]) -> Letter:
    """The record and the rows of its children's maps that point at it, in the order of their ids, as outside rows."""
    parts: list[Part] = []
    changes: list[Change] = []
    for table_map in children:
        lookup = _lookup_to(table_map, head.table_map.entity.key)
        for record_id in rows.owned(table_map.entity.key, lookup, head.record_id):
            part = Part(table_map, record_id, f"{head.key}{CHILD}{len(parts) + 1}")
            through = _through(table_map)
            link = {through.parent_column: head.key} if through.parent_column else {}
            parts.append(part)
            changes.append(_insert(rows, part, link))
    whole = _insert(rows, head, {})
    return Letter(head, tuple(parts), Change(whole.map, whole.operation, whole.key, whole.values, tuple(changes)))


def send(target: Target, letter: Letter) -> None:
    """Write everything outside, once: what is there under this key already was sent before. Raises as push does."""
    try:
        target.push(letter.change, letter.head.key)
    except RecordRejected:
        if not target.find(letter.head.table_map, letter.through.key_column, letter.head.key):
            raise


def read_answer(target: Target, letter: Letter) -> Answer:
    """The answer as it stands now."""
    through = letter.through
    found = target.find(letter.head.table_map, through.key_column, letter.head.key)
    if not found:
        return Answer(SILENT, reason=f"nothing is there under key {letter.head.key}")
    row = found[0]
    if is_accepted(through, row):
        return Answer(ACCEPTED, row=row, children=_children(target, letter))
    status = row.get(through.status_column)
    word = "" if status is None else str(status)
    if word in through.refused:
        return _refusal(letter, row)
    return Answer(SILENT, reason=f"{through.status_column} is {word!r}, which is neither yes nor no")


def _children(target: Target, letter: Letter) -> tuple[Record | None, ...]:
    found = (target.find(part.table_map, _through(part.table_map).key_column, part.key) for part in letter.children)
    return tuple(rows[0] if rows else None for rows in found)


def is_accepted(through: WriteThrough, row: Record) -> bool:
    """Whether the outside has taken the row; without a column that tells, what is there is taken."""
    return not through.status_column or str(row.get(through.status_column) or "") in through.accepted


def await_answer(target: Target, letter: Letter) -> Answer:
    """The answer, or the last word before the time is over."""
    end = time.monotonic() + letter.through.timeout
    while True:
        answer = read_answer(target, letter)
        if answer.state != SILENT or time.monotonic() >= end:
            return answer
        time.sleep(POLL_SECONDS)


def take_back(work: Work, letter: Letter, answer: Answer) -> None:
    """Put what the outside has made of the record and its children into ours. Raises RecordRejected for nonsense."""
    outside = [(letter.head, answer.row or {})]
    children = zip(letter.children, answer.children, strict=False)
    outside += [(part, record) for part, record in children if record is not None]
    for part, record in reversed(outside):
        _remove_twin(work.rows, part, record)
    for part, record in outside:
        _take(work, part, record)


def _remove_twin(rows: RowStore, part: Part, record: Record) -> None:
    """A pull may have brought the record before its answer came here; ours is the one that stays."""
    mapped, _ = convert_records(part.table_map, [_read(part, record)])
    key = part.table_map.model.integration_key
    entity = part.table_map.entity.key
    for item in mapped:
        value = tuple(item.values.get(name) for name in key)
        if None not in value and not any(isinstance(piece, tuple) for piece in value):
            found = rows.resolve(entity, key, {value}).values()
            rows.delete(entity, [row for row in found if row != part.record_id])


def _take(work: Work, part: Part, record: Record) -> None:
    mapped, refused = convert_records(part.table_map, [_read(part, record)])
    ready, missing = resolve_lookups(part.table_map, mapped, Lookups(work.rows))
    for refusal in (*refused, *missing):
        raise RecordRejected(f"{part.table_map.model.table}: {refusal.reason}", refusal.code)
    for item in ready:
        row = {"id": part.record_id, **item.values, **no_message(part.table_map)}
        work.rows.upsert(part.table_map.entity.key, ("id",), [row])


def no_message(table_map: CompiledMap) -> dict[str, None]:
    """The attribute that takes the reason of a refusal, if the map has one, emptied."""
    through = table_map.model.write_through
    return {through.message_attribute: None} if through is not None and through.message_attribute else {}


def _read(part: Part, record: Record) -> dict[str, Any]:
    return {name: record.get(name) for name in part.table_map.columns}


def _insert(rows: RowStore, part: Part, link: Mapping[str, Any]) -> Change:
    """A row to insert; what has no value is left to the outside's own default."""
    attributes = [item.attribute for item in part.table_map.outward]
    stored = rows.read(part.table_map.entity.key, (part.record_id,), attributes)
    values = outward_values(part.table_map, rows, stored[0] if stored else {})
    given = {name: value for name, value in values.items() if value is not None}
    return Change(
        part.table_map,
        "insert",
        {_through(part.table_map).key_column: part.key},
        {**dict(part.table_map.model.constants), **given, **link},
    )


def _lookup_to(table_map: CompiledMap, entity: str) -> str:
    """The lookup by which a child points at its parent."""
    for key, attribute in table_map.entity.attributes.items():
        if not attribute.system and entity in attribute.targets:
            return key
    raise RecordRejected(f"map {table_map.key}: {table_map.entity.key} has no lookup to {entity}", "lookup")


def _through(table_map: CompiledMap) -> WriteThrough:
    if table_map.model.write_through is None:
        raise RecordRejected(f"map {table_map.key} has no write_through with a key_column", "key")
    return table_map.model.write_through


def _refusal(letter: Letter, row: Record) -> Answer:
    through = letter.through
    message = str(row.get(through.message_column) or "")
    column = str(row.get(through.field_column) or "")
    attribute = _attribute_of(letter.head.table_map, column)
    if attribute or not column:
        return Answer(REFUSED, message, attribute, row=row)
    for table_map in dict.fromkeys(part.table_map for part in letter.children):
        attribute = _attribute_of(table_map, column)
        if attribute:
            return Answer(REFUSED, message, attribute, _line_at_fault(letter, message), row=row)
    return Answer(REFUSED, message, row=row)


def _attribute_of(table_map: CompiledMap, column: str) -> str:
    return next((item.attribute for item in table_map.model.attributes if item.column == column and column), "")


def _line_at_fault(letter: Letter, message: str) -> int | None:
    """The only child, or the only one that the message quotes a key of."""
    if len(letter.children) == 1:
        return 0
    quoted = [index for index, change in enumerate(letter.change.children) if _quotes_key(message, change)]
    return quoted[0] if len(quoted) == 1 else None


def _quotes_key(message: str, change: Change) -> bool:
    keys = (change.values.get(column) for column in _key_columns(change))
    return any(isinstance(key, str) and key in message for key in keys)


def _key_columns(change: Change) -> tuple[str, ...]:
    return tuple(column for item in change.map.outward if item.lookup for column in item.columns)
