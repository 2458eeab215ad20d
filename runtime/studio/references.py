"""What plain data name: the keys of other components, each with the path at which it stands."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from metadata.model import KINDS
from runtime.studio.shapes import shapes_of

Reference = tuple[str, str, str]
"""Path, kind and key."""


def references(data: Mapping[str, Any], kind: str) -> tuple[Reference, ...]:
    """The names of other components in plain data: path, kind and key of each."""
    return tuple(_references(KINDS[kind].model, data, ""))


def _references(model: Any, data: Mapping[str, Any], above: str) -> Iterator[Reference]:
    for name, ref, part in _naming(model):
        value = data.get(name)
        if not value:
            continue
        path = f"{above}{name}"
        if isinstance(value, list):
            for place, item in enumerate(value):
                if ref and isinstance(item, str) and item:
                    yield f"{path}.{place}", ref, item
                elif part is not None and isinstance(item, Mapping):
                    yield from _references(part, item, f"{path}.{place}.")
        elif ref and isinstance(value, str):
            yield path, ref, value
        elif part is not None and isinstance(value, Mapping):
            yield from _references(part, value, f"{path}.")


@functools.cache
def _naming(model: Any) -> tuple[tuple[str, str, Any], ...]:
    """The properties of a model in which names stand, by themselves or in parts: name, kind named, model of the parts."""
    found = ((shape.name, str(shape.rules.get("ref", "")), shape.model) for shape in shapes_of(model))
    return tuple((name, ref, part) for name, ref, part in found if ref or (part is not None and _names(part, frozenset())))


def _names(model: Any, above: frozenset[Any]) -> bool:
    """Does a model have a property, or a part of a part, in which a name stands?"""
    return any(
        shape.rules.get("ref") or (shape.model not in (None, model, *above) and _names(shape.model, above | {model}))
        for shape in shapes_of(model)
    )
