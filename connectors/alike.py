"""Which of many outside rows are not what is stored here, looked at by columns: the others need no look of their own.

A row that cannot be told to be alike in this way (a value that does not fit, a look-up without its target, one that is not
there) counts as not alike, and is looked at one by one by whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.dated import is_dated
from connectors.mapping import Lookups
from connectors.port import Key, RowStore
from connectors.protocol import Record
from connectors.setwise import Part, parts_of, with_ids
from connectors.tablemap import CompiledMap


def unlike(
    rows: RowStore, table_map: CompiledMap, records: Sequence[Record], lookups: Lookups
) -> tuple[Sequence[Record], list[Key]]:
    """The records that need a look of their own, and the integration keys of the others, whose rows have the same values."""
    key = [item for item in table_map.inward if item.attribute in table_map.model.integration_key]
    if is_dated(table_map) or any(item.lookup is not None and item.lookup.polymorphic for item in key):
        return records, []
    parts = parts_of(table_map, records)
    if len({key for part in parts for key in part.keys}) < len(records):  # of two with one key the last one counts
        return records, []
    ready, others = with_ids(table_map, parts, lookups)
    names = [item.attribute for item in table_map.inward]
    places = [names.index(name) for name in table_map.model.integration_key]
    keys = [_rows_of([part.columns[place] for place in places]) if part.columns else [] for part in ready]
    wanted = {key for some in keys for key in some}
    stored = rows.values(table_map.entity.key, table_map.model.integration_key, wanted, names)
    alike: list[Key] = []
    for part, some in zip(ready, keys, strict=True):
        same, rest = _sorted_out(part, some, [stored.get(key) for key in some])
        alike += same
        others += rest
    return others, alike


def _sorted_out(part: Part, keys: Sequence[Key], ours: Sequence[tuple[Any, ...] | None]) -> tuple[Sequence[Key], list[Record]]:
    """The keys of the records that our rows are alike to, and the other records."""
    columns = part.columns or ()
    if None not in ours and all(_same(mine, theirs) for mine, theirs in zip(zip(*ours, strict=True), columns, strict=True)):
        return keys, []
    same, rest = list[Key](), list[Record]()
    for key, mine, theirs, record in zip(keys, ours, _rows_of(columns), part.records, strict=True):
        if mine == theirs:
            same.append(key)
        else:
            rest.append(record)
    return same, rest


def _same(mine: tuple[Any, ...], theirs: Sequence[Any]) -> bool:
    return mine == tuple(theirs)


def _rows_of(columns: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    return list(zip(*columns, strict=True))
