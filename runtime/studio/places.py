"""Where something stands in a component, in the words of its editor instead of a path of keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from metadata.store.difference import NAMING
from runtime.studio.shapes import Shape, shapes_of

Called = Callable[[Shape], str]
"""What a property is called."""
STEP = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
TITLES = ("key", *NAMING, "type", "operator", "relationship", "label")
ORDER = " (order)"
STEPS = re.compile(r"\[(?P<item>[^\[\]]*)\]|(?P<name>[^.\[\]]+)")
"""The steps of a path: `tabs.0.label` by places, or `attributes[customer].target` by what tells items apart."""


def place_of(model: Any, data: Mapping[str, Any], path: str, called: Called) -> str:
    """The way to a place: the labels of properties and the titles of items, such as attributes, customer, target.

    Paths come with the places of items (`tabs.0.label`) or, of differences, with their names (`tabs[main].label`). A step that
    no editor has stays as it is.
    """
    path, order = path.removesuffix(ORDER), path.endswith(ORDER)
    return STEP.join(_steps(model, data, path, called)) + (ORDER if order else "") if path else ""


def title_of(item: Mapping[str, Any], place: int) -> str:
    """How an item of a list is called: by what names it, else by its place."""
    for name in TITLES:
        value = item.get(name)
        if isinstance(value, Mapping):
            value = next(iter(value.values()), "")
        if isinstance(value, str | int) and value:
            return str(value)
    return str(place + 1)


def _steps(model: Any, data: Any, path: str, called: Called) -> Iterator[str]:
    shape: Shape | None = None
    for found in STEPS.finditer(path):
        item, step = found["item"], found["name"]
        if item is not None:
            data = _item(data, item)
            yield _named(data, item, model)
        elif isinstance(data, list) and step.isdecimal():
            data = data[int(step)] if int(step) < len(data) else None
            yield title_of(data, int(step)) if isinstance(data, Mapping) else step if data is None else str(data)
        else:
            shape = next((one for one in shapes_of(model) if one.name == step), None) if model is not None else None
            model = shape.model if shape else None
            data = data.get(step) if isinstance(data, Mapping) else None
            yield called(shape) if shape else step


def _item(items: Any, name: str) -> Any:
    """The item of a list that bears a name, else the one at that place."""
    if not isinstance(items, list):
        return None
    known = (one for one in items if isinstance(one, Mapping) and name in (str(one.get(key)) for key in NAMING))
    by_place = items[int(name)] if name.isdecimal() and int(name) < len(items) else None
    return next(known, by_place)


def _named(item: Any, name: str, model: Any) -> str:
    """What an item is called that a difference names: by its name, or by its place, counted from one."""
    if not name.isdecimal() or (isinstance(item, Mapping) and name in (str(item.get(key)) for key in NAMING)):
        return name
    if isinstance(item, Mapping):
        return title_of(item, int(name))
    coded = model is not None and any(shape.name == "value" for shape in shapes_of(model))
    return name if coded else str(int(name) + 1)
