"""Our values as the outside writes them: through value maps in reverse, lookups as natural keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.converting import KEEP
from connectors.errors import RecordRejected
from connectors.mapping import backward
from connectors.port import RowStore
from connectors.tablemap import CompiledMap, Outward


def outward_values(
    table_map: CompiledMap, rows: RowStore, values: Mapping[str, Any], refused: list[str] | None = None
) -> dict[str, Any]:
    """The outside columns for those of the values that go out.

    What a value map does not know and is to refuse raises RecordRejected; with `refused` it is told there, and passes as it is
    for somebody to mend.
    """
    columns: dict[str, Any] = {}
    for item in table_map.outward:
        if item.attribute not in values:
            continue
        try:
            columns.update(_columns(item, rows, values[item.attribute]))
        except RecordRejected as fault:
            if refused is None:
                raise
            refused.append(str(fault))
            columns.update(_columns(replace(item, missing="pass"), rows, values[item.attribute]))
    return columns


def outside_key(table_map: CompiledMap, rows: RowStore, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The outside key columns of a row of ours; None while it has no complete integration key."""
    key: dict[str, Any] = {}
    for item in table_map.keys_out:
        if values.get(item.attribute) is None:
            return None
        key.update(_columns(item, rows, values[item.attribute]))
    return key


def _columns(item: Outward, rows: RowStore, value: Any) -> dict[str, Any]:
    if item.lookup is None or value is None:
        written = dict.fromkeys(item.columns, backward(item, value))
    else:
        target, record = value if isinstance(value, tuple) else (item.lookup.targets[0], value)
        natural = rows.natural_key(target, record, item.lookup.key) or (None,) * len(item.columns)
        written = dict(zip(item.columns, (backward(item, part) for part in natural), strict=True))
    return {name: found for name, found in written.items() if found is not KEEP}
