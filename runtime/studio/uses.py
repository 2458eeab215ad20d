"""Where a component is named: by others, and by their parts, whatever state they are in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metadata.checks.world import World
from metadata.model import KINDS, ComponentId, Entity
from runtime.studio.bench import Bench, Item
from runtime.studio.shapes import shapes_of


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a component names another one, or a part of it such as an attribute of an entity."""

    item: Item
    path: str
    part: str = ""


def uses_of(bench: Bench, name: ComponentId) -> tuple[Use, ...]:
    """Every place that names a component, in the order of addresses."""
    found = []
    for other in sorted(bench.items):
        if other == name or not _sees(other, name):
            continue
        item = bench.items[other]
        found += [Use(item, path) for path, kind, key in item.references if (kind, key) == (name.kind, name.key)]
    return tuple(found)


def uses_of_attributes(bench: Bench, entity: str) -> tuple[Use, ...]:
    """Every place that names an attribute of an entity, also on the way of a path, in the order of the attributes."""
    world = bench.world
    facts = world.entities.get(entity)
    order = list(facts.attributes) if facts else []
    found = []
    for leaf in world.leaves:
        if leaf.rules.get("attribute") and isinstance(leaf.value, str):
            start = leaf.component.key if isinstance(leaf.component, Entity) else str(getattr(leaf.component, "entity", ""))
            name = bench.name_of(leaf.component)
            found += [Use(bench.items[name], leaf.path, key) for key in _steps(world, start, leaf.value, entity)]
    return tuple(sorted(found, key=lambda use: (order.index(use.part) if use.part in order else -1, use.item.id, use.path)))


def _steps(world: World, start: str, path: str, entity: str) -> Iterator[str]:
    """The attributes of an entity that a path from another one goes over."""
    current = start
    for step in path.split("."):
        if current == entity:
            yield step
        facts = world.entities.get(current)
        attribute = facts.attributes.get(step) if facts else None
        if attribute is None or not attribute.target:
            return
        current = attribute.target


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
