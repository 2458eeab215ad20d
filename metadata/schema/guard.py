"""A look at plain data before any schema sees it, so that hostile shapes are refused instead of followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metadata.schema.faults import Fault, shown
from metadata.told import told

DEPTH = 60
NODES = 250_000


def check_shape(data: Any) -> list[tuple[tuple[str, ...], Fault]]:
    """Keys that are no text, nesting deeper than 60 and more than 250,000 values. Cycles are endless nesting."""
    faults: list[tuple[tuple[str, ...], Fault]] = []
    count = 0
    waiting: list[tuple[tuple[str, ...], Any]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        for key, inner in children(value):
            count += 1
            if count > NODES:
                return [((), Fault("size", told("There are more than {most:,} values; split the component.", most=NODES)))]
            if not isinstance(key, str):
                faults.append((path, Fault("key", told("The key {key} is no text; put it in quotes.", key=shown(key)))))
            elif isinstance(inner, Mapping | list | tuple):
                if len(path) >= DEPTH:
                    return [(path[:8], Fault("depth", told("Values are nested more than {most} deep.", most=DEPTH)))]
                waiting.append(((*path, key), inner))
    return faults


def children(value: Any) -> Iterator[tuple[Any, Any]]:
    """The keys and values directly inside a value; items of a list are keyed by their place."""
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield str(index), item
