"""Records to rows of ours and back: conversion, look-ups by natural key, and what could not be mapped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from connectors.converting import KEEP, hashable
from connectors.errors import RecordRejected
from connectors.policies import REJECT, Adjusted
from connectors.port import Key, RowStore
from connectors.protocol import UNCHANGED, Record
from connectors.recordset import RecordSet
from connectors.tablemap import CompiledMap, Inward, Lookup, Outward
from connectors.transforms import shown

CACHED = 200_000
SLICE = 250
"""How many records are converted at once, and looked at one by one where one of them cannot be taken."""
FEW = 8


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that could not be mapped. `key` is its outside key as a text; `missing` the lookup target that it waits for."""

    key: str
    record: Record
    code: str
    reason: str


class Mapped(NamedTuple):
    """A record with its attribute values; lookups are ids. A plain tuple, since there is one for every row of a load."""

    key: str
    record: Record
    values: dict[str, Any]
    adjusted: tuple[Adjusted, ...] = ()


def key_text(table_map: CompiledMap, record: Record) -> str:
    """The outside key of a record as one text."""
    return join_key([record.get(column) for column in table_map.key_columns])


def key_texts(table_map: CompiledMap, records: Sequence[Record]) -> list[str]:
    """The outside keys of records as texts."""
    if not isinstance(records, RecordSet):
        return _joined([[record.get(column) for record in records] for column in table_map.key_columns])
    columns = records.columns()
    return _joined([columns[name] for name in table_map.key_columns])


def _joined(columns: Sequence[Sequence[Any]]) -> list[str]:
    if len(columns) == 1 and set(map(type, columns[0])) == {int}:
        return list(map(str, columns[0]))
    return [join_key(values) for values in zip(*columns, strict=True)]


def join_key(values: Iterable[Any]) -> str:
    """Several key values as one text; the separator and the escape sign are escaped."""
    return "|".join([_key_part(value) for value in values])


def _key_part(value: Any) -> str:
    if type(value) is int:
        return str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else "" if value is None else str(value)
    if not text.isascii():  # half a surrogate pair, as JSON can write it, fits no column of text
        text = text.encode("utf-8", "backslashreplace").decode()
    return text.replace("\\", "\\\\").replace("|", "\\|") if "|" in text or "\\" in text else text


class Lookups:
    """Ids of lookup targets by natural key, asked for in bulk and remembered while they are right.

    Remembered ids are right only for the transaction they were read in and those after it in one run; make a new one for
    each run.
    """

    def __init__(self, port: RowStore | None = None) -> None:
        self._port = port
        self._known: dict[tuple[str, tuple[str, ...]], dict[Key, int]] = {}

    def use(self, port: RowStore) -> None:
        """Go on with another transaction's port."""
        self._port = port

    def load(self, lookup: Lookup, keys: set[Key]) -> None:
        """Ask for the ids of these keys, unless they are known already."""
        open_keys = set(keys)
        for target in lookup.targets:
            known = self._known.setdefault((target, lookup.key), {})
            wanted = {key for key in open_keys if key not in known}
            if wanted and self._port is not None:
                if len(known) > CACHED:
                    known.clear()
                known.update(self._port.resolve(target, lookup.key, wanted))
            open_keys -= known.keys()

    def shared(self, lookup: Lookup, keys: set[Key]) -> set[Key]:
        """Those of keys without a target that several rows have."""
        if not keys or self._port is None:
            return set()
        return {key for target in lookup.targets for key in self._port.shared(target, lookup.key, keys)}

    def find(self, lookup: Lookup, key: Key) -> Any:
        """The value of the lookup attribute, or None where no target has this key."""
        for target in lookup.targets:
            found = self._known.get((target, lookup.key), {}).get(key)
            if found is not None:
                return (target, found) if lookup.polymorphic else found
        return None


def _plan(items: Iterable[Inward]) -> list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]]:
    return [(item.attribute, item.pick, item.convert) for item in items]


def convert_records(table_map: CompiledMap, records: Iterable[Record]) -> tuple[list[Mapped], list[Refusal]]:
    """Convert records; lookups are still natural keys. Of records with one key the last one counts."""
    every = records if isinstance(records, RecordSet) else list(records)
    mapped: dict[str, Mapped] = {}
    refused: dict[str, Refusal] = {}
    for at in range(0, len(every), SLICE):
        part = every[at : at + SLICE]
        rows = _converted(table_map, part)
        if rows is None:
            _convert_each(table_map, part, mapped, refused)
            continue
        for row in rows:
            mapped.pop(row.key, None)
            refused.pop(row.key, None)
            mapped[row.key] = row
    return list(mapped.values()), list(refused.values())


def _converted(table_map: CompiledMap, records: Sequence[Record]) -> list[Mapped] | None:
    """Whole records column by column; None where any of them needs a look of its own."""
    columns = columns_of(table_map, records)
    if columns is None:
        return None
    names = [item.attribute for item in table_map.inward]
    return [
        Mapped(key, record, dict(zip(names, values, strict=True)))
        for key, record, values in zip(key_texts(table_map, records), records, zip(*columns, strict=True), strict=True)
    ]


def columns_of(table_map: CompiledMap, records: Sequence[Record]) -> list[Sequence[Any]] | None:
    """The values of records by attribute, in the order of the map; None where any of them needs a look of its own."""
    if len(records) < FEW:
        return None
    picked = _picked(table_map, records)
    if picked is None:
        return None
    try:
        columns = [item.convert_all(values) for item, values in zip(table_map.inward, picked, strict=True)]
    except RecordRejected:
        return None
    if table_map.keeps and any(value is KEEP for column in columns for value in column):
        return None
    return columns


def _picked(table_map: CompiledMap, records: Sequence[Record]) -> list[list[Any]] | None:
    """What each attribute is made of; None where records tell only a part of their rows."""
    if not isinstance(records, RecordSet):
        if any(UNCHANGED in record for record in records):
            return None
        return [list(map(item.pick, records)) for item in table_map.inward]
    columns = records.columns()
    return [_of_columns([columns[name] for name in item.columns], len(records)) for item in table_map.inward]


def _of_columns(columns: Sequence[list[Any]], number: int) -> list[Any]:
    if len(columns) == 1:
        return columns[0]
    return list(zip(*columns, strict=True)) if columns else [None] * number


def _convert_each(
    table_map: CompiledMap, records: Iterable[Record], mapped: dict[str, Mapped], refused: dict[str, Refusal]
) -> None:
    every = _plan(table_map.inward)
    for record in records:
        key = key_text(table_map, record)
        mapped.pop(key, None)
        refused.pop(key, None)
        attribute = ""
        values: dict[str, Any] = {}
        plan = every if UNCHANGED not in record else _plan(_told(table_map, record))
        try:
            for attribute, pick, convert in plan:
                value = convert(pick(record))
                if value is not KEEP:
                    values[attribute] = value
        except RecordRejected as fault:
            found = _mended(table_map, key, record) if table_map.mends else None
            if isinstance(found, Mapped):
                mapped[key] = found
            else:
                refused[key] = found or Refusal(key, record, fault.code, _reason(attribute, fault))
        else:
            mapped[key] = Mapped(key, record, values)


def take(item: Inward, record: Record) -> tuple[Any, Adjusted | None]:
    """The value of one attribute, and how it was mended where it does not fit. Raises RecordRejected."""
    value = item.pick(record)
    try:
        return item.convert(value), None
    except RecordRejected as fault:
        if item.mend is None:
            raise
        found, policy = item.mend(value, fault)
        return found, Adjusted(item.attribute, fault.code, policy, value, None if found is KEEP else found)


def _mended(table_map: CompiledMap, key: str, record: Record) -> Mapped | Refusal:
    """A record with a value that does not fit, as the policies of the map take it."""
    values: dict[str, Any] = {}
    adjusted: list[Adjusted] = []
    for item in _told(table_map, record):
        try:
            value, note = take(item, record)
        except RecordRejected as fault:
            return Refusal(key, record, fault.code, _reason(item.attribute, fault))
        if value is not KEEP:
            values[item.attribute] = value
        if note is not None:
            adjusted.append(note)
    return Mapped(key, record, values, tuple(adjusted))


def _told(table_map: CompiledMap, record: Record) -> Sequence[Inward]:
    """The attributes that a record tells something of: all, or those whose columns a partial one does not leave as they are."""
    left = record.get(UNCHANGED)
    if left is None:
        return table_map.inward
    return [item for item in table_map.inward if item.columns and not set(item.columns) & set(left)]


def _reason(attribute: str, fault: RecordRejected) -> str:
    text = str(fault)
    return text if text.startswith(attribute) else f"{attribute}: {text}"


def resolve_lookups(table_map: CompiledMap, mapped: Sequence[Mapped], lookups: Lookups) -> tuple[list[Mapped], list[Refusal]]:
    """Put ids in place of natural keys; a record whose target is not there (yet) is refused with code `lookup`."""
    refused: list[Refusal] = []
    _load(table_map, mapped, lookups)
    for item in table_map.inward:
        if item.lookup is None:
            continue
        mapped = _with_ids(item, item.lookup, mapped, lookups, refused)
    return list(mapped), refused


def _load(table_map: CompiledMap, mapped: Sequence[Mapped], lookups: Lookups) -> None:
    """Ask for the targets of all look-ups; those of several attributes with the same targets and key at once."""
    wanted: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Lookup, set[Key]]] = {}
    for item in table_map.inward:
        if item.lookup is not None:
            _, keys = wanted.setdefault((item.lookup.targets, item.lookup.key), (item.lookup, set()))
            keys.update(key for row in mapped if (key := row.values.get(item.attribute)) is not None)
    for lookup, keys in wanted.values():
        lookups.load(lookup, keys)


def _with_ids(item: Inward, lookup: Lookup, mapped: Sequence[Mapped], lookups: Lookups, refused: list[Refusal]) -> list[Mapped]:
    kept, missing = list[Mapped](), list[tuple[Mapped, Key]]()
    attribute, ids = item.attribute, dict[Any, Any]()
    for row in mapped:
        key = row.values.get(attribute)
        if key is not None:
            found = ids.get(key)
            if found is None:
                found = ids[key] = lookups.find(lookup, key)
            if found is None:
                missing.append((row, key))
                continue
            row.values[attribute] = found
        kept.append(row)
    shared = lookups.shared(lookup, {key for _, key in missing})
    for row, key in missing:
        refused.append(Refusal(row.key, row.record, "lookup", f"{attribute}: {_unfound(lookup, key, shared=key in shared)}"))
    return kept


def _unfound(lookup: Lookup, key: Key, *, shared: bool) -> str:
    target = " or ".join(lookup.targets)
    if shared:  # as customers of several companies may have one number
        return f"several rows of {target} have {', '.join(lookup.key)} {join_key(key)}; lookup_key is to tell them apart"
    return f"there is no {target} {join_key(key)}"


def backward(item: Outward, value: Any) -> Any:
    """An attribute's value as the outside writes it: through the value map in reverse, else in its format, else as it is.

    KEEP stands for: nothing is written. Raises RecordRejected where the value map does not know the value and its policy is
    to refuse.
    """
    if item.backward:
        key = hashable(value)
        if key in item.backward:
            return item.backward[key]
        if value is not None and item.missing in (REJECT, "empty", "keep"):
            if item.missing == REJECT:
                raise RecordRejected(f"{item.attribute}: {shown(value)} is not in the value map", "value_map")
            return None if item.missing == "empty" else KEEP
    return as_written(item, value)


def as_written(item: Outward, value: Any) -> Any:
    """A value that no value map changes, as the outside writes it."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        utc = value.astimezone(dt.UTC)
        value = utc if item.write is not None else utc.replace(tzinfo=None)
    if isinstance(value, tuple):
        return ";".join(value)
    return value if item.write is None else item.write(value)
