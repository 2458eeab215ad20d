"""A few rows of a table map as they are outside and as they would be here, and the other way round; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, runtime_checkable

from connectors.converting import KEEP
from connectors.errors import RecordRejected
from connectors.mapping import backward, join_key, key_text, take
from connectors.outgoing import goes_out
from connectors.protocol import Adapter, Columns, Record, Shaped
from connectors.tablemap import CompiledMap, Inward, Outward
from metadata.model import Connection, TableMap
from metadata.snapshot import CompiledEntity

PEEKED = 20
"""Rows from which the columns of a table are told that cannot be asked for them."""


@runtime_checkable
class Described(Protocol):
    """An adapter that can tell the columns of a table, without watching them."""

    def describe(self, table_map: CompiledMap) -> Columns:
        """The columns of a map's table. Raises Fatal and Retriable."""
        ...


@dataclass(frozen=True, slots=True)
class Value:
    """One value: as it is, as it would be on the other side, and why it would be refused, "" where it would not."""

    before: Any
    after: Any = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One row: its key as a text, and its values by attribute. `outward` tells rows of ours that would go."""

    key: str
    values: Mapping[str, Value]
    outward: bool = False

    @property
    def faults(self) -> tuple[str, ...]:
        """Why the row would be refused."""
        return tuple(value.fault for value in self.values.values() if value.fault)


def bare_map(connection: Connection, entity: CompiledEntity, model: TableMap) -> CompiledMap:
    """A map without any attributes, to ask about its table before anything is mapped."""
    return CompiledMap(model, connection, entity, (), (), (), (), (), creates=False)


def columns_outside(adapter: Adapter, bare: CompiledMap) -> Columns:
    """The columns of a map's table: asked for, or told from the first rows. Raises Fatal and Retriable."""
    if isinstance(adapter, Shaped):
        return adapter.shape(bare)
    if isinstance(adapter, Described):
        return adapter.describe(bare)
    found: dict[str, tuple[str, str]] = {}
    for record in [] if bare.streams else adapter.pull(bare, None, PEEKED).records:
        for name, value in record.items():
            if name not in found or (value is not None and not found[name][1]):
                kind = "" if value is None else type(value).__name__
                found[name] = (kind, kind)
    return found


def sample_in(table_map: CompiledMap, adapter: Adapter, most: int) -> tuple[SampleRow, ...]:
    """The first rows outside, each attribute as it would come in; a lookup as its natural key. Raises Fatal and Retriable."""
    if table_map.streams or not table_map.inward:
        return ()
    records = list(islice(adapter.pull(table_map, None, most).records, most))
    return tuple(
        SampleRow(key_text(table_map, record), {item.attribute: _came(item, record) for item in table_map.inward})
        for record in records
    )


def sample_out(table_map: CompiledMap, rows: Iterable[Mapping[str, Any]], most: int) -> tuple[SampleRow, ...]:
    """The first of our rows that would go, each attribute that the row has as it would be written outside."""
    found = (row for row in rows if goes_out(table_map.model.outgoing, row))
    return tuple(
        SampleRow(
            join_key([row.get(name) for name in table_map.model.integration_key]),
            {item.attribute: _went(item, row[item.attribute]) for item in table_map.outward if item.attribute in row},
            outward=True,
        )
        for row in islice(found, most)
    )


def _came(item: Inward, record: Record) -> Value:
    outside = [record.get(column) for column in item.columns]
    before = outside[0] if len(outside) == 1 else join_key(outside) if outside else None
    try:
        value, _ = take(item, record)
    except RecordRejected as fault:
        return Value(before, fault=str(fault))
    if value is KEEP:
        return Value(before)
    return Value(before, value if item.lookup is None or value is None else join_key(value))


def _went(item: Outward, value: Any) -> Value:
    if item.lookup is not None:
        return Value(value, value)
    try:
        found = backward(item, value)
    except RecordRejected as fault:
        return Value(value, fault=str(fault))
    return Value(value, None if found is KEEP else found)
