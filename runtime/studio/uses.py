"""Where a component is named: by others, and by their parts, whatever state they are in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metadata.model import KINDS, ComponentId
from runtime.studio.bench import Bench, Item
from runtime.studio.shapes import shapes_of


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a component names another one."""

    item: Item
    path: str


def uses_of(bench: Bench, name: ComponentId) -> tuple[Use, ...]:
    """Every place that names a component, in the order of addresses."""
    found = []
    for other in sorted(bench.items):
        if other == name or not _sees(other, name):
            continue
        item = bench.items[other]
        found += [Use(item, path) for path, kind, key in item.references if (kind, key) == (name.kind, name.key)]
    return tuple(found)


def renamed(data: Mapping[str, Any], kind: str, old: ComponentId, new: str) -> dict[str, Any]:
    """The data with another key wherever they name a component."""
    return _renamed(KINDS[kind].model, data, old, new)


def _sees(other: ComponentId, name: ComponentId) -> bool:
    """Do references of one component to that kind mean this one? Sites see their own; what has no site, any of them."""
    return not name.site or other.site in ("", name.site) or other.kind == "site"


def _renamed(model: Any, data: Mapping[str, Any], old: ComponentId, new: str) -> dict[str, Any]:
    found = dict(data)
    for shape in shapes_of(model):
        if shape.name in found:
            is_ref = shape.rules.get("ref") == old.kind
            found[shape.name] = _replaced(found[shape.name], shape.model, is_ref, old, new)
    return found


def _replaced(value: Any, model: Any, is_ref: bool, old: ComponentId, new: str) -> Any:
    if isinstance(value, list):
        return [_replaced(item, model, is_ref, old, new) for item in value]
    if isinstance(value, Mapping) and model is not None:
        return _renamed(model, value, old, new)
    return new if is_ref and value == old.key else value
