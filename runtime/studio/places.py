"""Where something stands in a component, in the words of its editor instead of a path of keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metadata.store.difference import NAMING
from runtime.studio.shapes import Shape, shapes_of

STEP = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
TITLES = ("key", *NAMING, "type", "operator", "relationship", "label")


def place_of(model: Any, data: Mapping[str, Any], path: str) -> str:
    """The way to a place: the labels of properties and the titles of items, such as attributes, customer, target.

    A step that no editor has stays as it is.
    """
    return STEP.join(_steps(model, data, path)) if path else ""


def title_of(item: Mapping[str, Any], place: int) -> str:
    """How an item of a list is called: by what names it, else by its place."""
    for name in TITLES:
        value = item.get(name)
        if isinstance(value, Mapping):
            value = next(iter(value.values()), "")
        if isinstance(value, str | int) and value:
            return str(value)
    return str(place + 1)


def _steps(model: Any, data: Any, path: str) -> Iterator[str]:
    shape: Shape | None = None
    for step in path.split("."):
        if isinstance(data, list) and step.isdecimal() and int(step) < len(data):
            data = data[int(step)]
            yield title_of(data, int(step)) if isinstance(data, Mapping) else str(data)
            continue
        shape = next((found for found in shapes_of(model) if found.name == step), None) if model is not None else None
        model = shape.model if shape else None
        data = data.get(step) if isinstance(data, Mapping) else None
        yield shape.label if shape else step
