"""Rows that point at themselves or at each other in a circle: none can come first with all that it has. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from connectors.mapping import Lookups, Mapped
from connectors.tablemap import CompiledMap, Inward, Lookup

Key = tuple[Any, ...]


def find_circles(table_map: CompiledMap, rows: Sequence[Mapped], lookups: Lookups) -> list[Mapped]:
    """Of rows whose look-ups are natural keys still, those that lack nothing but each other; without the look-ups that lack.

    `lookups` has been asked for all of them.
    """
    entity, key = table_map.entity.key, table_map.model.integration_key
    pointing = [(item, item.lookup) for item in table_map.inward if item.lookup is not None]
    lacks: dict[str, list[tuple[Inward, Lookup, Key]]] = {}
    left: dict[str, Mapped] = {}
    for row in rows:
        lacking = [(item, lookup, row.values.get(item.attribute)) for item, lookup in pointing]
        open_ones = [(item, lookup, value) for item, lookup, value in lacking if value and lookups.find(lookup, value) is None]
        if all(entity in lookup.targets and item.attribute not in key for item, lookup, _ in open_ones):
            left[row.key], lacks[row.key] = row, open_ones
    while left:
        there = {names: _named(left.values(), names) for names in {lookup.key for _, lookup in pointing}}
        alone = [name for name in left if any(value not in there[lookup.key] for _, lookup, value in lacks[name])]
        if not alone:
            break
        for name in alone:
            del left[name]
    return [_without(row, {item.attribute for item, _, _ in lacks[name]}) for name, row in left.items()]


def _named(rows: Collection[Mapped], names: tuple[str, ...]) -> set[Key]:
    """What rows are called by these attributes; a path over look-ups names none of them."""
    return {tuple(row.values[name] for name in names) for row in rows if all(name in row.values for name in names)}


def _without(row: Mapped, attributes: set[str]) -> Mapped:
    return row._replace(values={name: value for name, value in row.values.items() if name not in attributes})
