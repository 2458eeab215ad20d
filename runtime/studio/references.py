"""What plain data name: the keys of other components, each with the path at which it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metadata.model import KINDS
from runtime.studio.shapes import shapes_of

Reference = tuple[str, str, str]
"""Path, kind and key."""


def references(data: Mapping[str, Any], kind: str) -> Iterator[Reference]:
    """The names of other components in plain data: path, kind and key of each."""
    yield from _references(KINDS[kind].model, data, "")


def _references(model: Any, data: Mapping[str, Any], above: str) -> Iterator[Reference]:
    for shape in shapes_of(model):
        value, path, ref = data.get(shape.name), f"{above}{shape.name}", shape.rules.get("ref")
        items = value if isinstance(value, list) else ()
        if ref and isinstance(value, str) and value:
            yield path, ref, value
        elif isinstance(value, Mapping) and shape.model is not None:
            yield from _references(shape.model, value, f"{path}.")
        for place, item in enumerate(items):
            if ref and isinstance(item, str) and item:
                yield f"{path}.{place}", ref, item
            elif isinstance(item, Mapping) and shape.model is not None:
                yield from _references(shape.model, item, f"{path}.{place}.")
