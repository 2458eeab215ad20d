"""Rows that would go: our values that the outside has no word for, and whether it would take them at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from connectors.outgoing import goes_out
from connectors.port import RowStore
from connectors.preflight.findings import ERROR, WARNING, Finding, named
from connectors.protocol import Adapter
from connectors.tablemap import CompiledMap


@runtime_checkable
class Probing(Protocol):
    """An adapter that can tell without writing whether it could write."""

    def obstacles(self, table_map: CompiledMap) -> list[tuple[str, str, str]]:
        """Why rows of this map could not be written: column or "", what is wrong, and how it is mended."""
        ...


def in_values(table_map: CompiledMap, rows: RowStore, limit: int) -> Iterator[Finding]:
    """Values of ours that are in use and have no counterpart outside. `limit` rows are looked at, all where it is 0."""
    items = [item for item in table_map.outward if item.backward]
    if not items:
        return
    names = [item.attribute for item in items]
    condition = table_map.model.outgoing
    unknown: dict[str, list[object]] = {name: [] for name in names}
    seen, after = 0, 0
    while page := rows.scan(table_map.entity.key, list(table_map.entity.attributes), after, 1000):
        after = page[-1]["id"]
        seen += len(page)
        for row in page if condition is None else [row for row in page if goes_out(condition, row)]:
            for item in items:
                value = row[item.attribute]
                if value not in (None, "") and (isinstance(value, bool), value) not in item.backward:
                    unknown[item.attribute].append(value)
        if limit and seen >= limit:
            break
    for name, values in unknown.items():
        if values:
            what = f"{len(values)} of {seen} rows here have {named(values)}, which has no value outside and goes as it is."
            yield Finding(table_map.key, "value_map", ERROR, name, what, "Add it to values, with what the outside calls it.")


def in_writing(table_map: CompiledMap, adapter: Adapter) -> Iterator[Finding]:
    """Whether the outside would take rows: privileges, and columns that it wants and nothing gives."""
    if not table_map.outward:
        return
    if not isinstance(adapter, Probing):
        what = f"whether {table_map.connection.key} lets rows be written cannot be told without writing one."
        yield Finding(table_map.key, "writing", WARNING, "", what, "Change one row, and look at foyer sync status.")
        return
    for column, what, mend in adapter.obstacles(table_map):
        yield Finding(table_map.key, "writing", ERROR, column, what, mend)
