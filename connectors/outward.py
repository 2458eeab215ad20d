"""Our values as the outside writes them: through value maps in reverse, lookups as natural keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.mapping import backward
from connectors.port import RowStore
from connectors.tablemap import CompiledMap, Inward, Outward


def outward_values(table_map: CompiledMap, rows: RowStore, values: Mapping[str, Any]) -> dict[str, Any]:
    """The outside columns for those of the values that go out."""
    columns: dict[str, Any] = {}
    for item in table_map.outward:
        if item.attribute in values:
            columns.update(_columns(item, rows, values[item.attribute]))
    return columns


def outside_key(table_map: CompiledMap, rows: RowStore, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The outside key columns of a row of ours; None while it has no complete integration key."""
    by_attribute: dict[str, Inward | Outward] = {item.attribute: item for item in table_map.inward}
    by_attribute |= {item.attribute: item for item in table_map.outward}
    key: dict[str, Any] = {}
    for attribute in table_map.model.integration_key:
        item = by_attribute.get(attribute)
        if item is None or values.get(attribute) is None:
            return None
        as_outward = Outward(attribute, item.columns, _backward_of(table_map, attribute), item.lookup)
        key.update(_columns(as_outward, rows, values[attribute]))
    return key


def _backward_of(table_map: CompiledMap, attribute: str) -> Mapping[Any, Any]:
    model = next(item for item in table_map.model.attributes if item.attribute == attribute)
    return {(isinstance(pair.inside, bool), pair.inside): pair.outside for pair in reversed(model.values)}


def _columns(item: Outward, rows: RowStore, value: Any) -> dict[str, Any]:
    if item.lookup is None or value is None:
        return dict.fromkeys(item.columns, None if value is None else backward(item, value))
    target, record = value if isinstance(value, tuple) else (item.lookup.targets[0], value)
    natural = rows.natural_key(target, record, item.lookup.key) or (None,) * len(item.columns)
    return dict(zip(item.columns, (backward(item, part) for part in natural), strict=True))
