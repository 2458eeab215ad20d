"""Where a component is named: by others, and by their parts, whatever state they are in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metadata.checks.world import EntityFacts, leaves
from metadata.model import KINDS, Component, ComponentId
from runtime.studio.about import entity_at, entity_of
from runtime.studio.bench import Bench, Item
from runtime.studio.shapes import shapes_of

PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a component names another one, or a part of it such as an attribute of an entity."""

    item: Item
    path: str
    part: str = ""


def uses_of(bench: Bench, name: ComponentId) -> tuple[Use, ...]:
    """Every place that names a component, in the order of addresses."""
    wanted = (name.kind, name.key)
    found = []
    for other, item in bench.items.items():
        if other != name and _sees(other, name):
            found += [Use(item, reference[0]) for reference in item.references if reference[1:] == wanted]
    return tuple(sorted(found, key=lambda use: use.item.id))


def below(bench: Bench, name: ComponentId) -> tuple[Item, ...]:
    """What hangs below a component by its own kind, near and far: pages of a page, permissions of a permission.

    In the order of addresses; nothing of a kind whose components have none above them.
    """
    if not any(shape.name == PARENT and shape.rules.get("ref") == name.kind for shape in shapes_of(KINDS[name.kind].model)):
        return ()
    found: dict[ComponentId, Item] = {}
    above = [name]
    while above:
        wanted = above.pop()
        for item in bench.by_kind[name.kind]:
            if item.data.get(PARENT) == wanted.key and item.id != name and item.id not in found and _sees(item.id, wanted):
                found[item.id] = item
                above.append(item.id)
    return tuple(found[one] for one in sorted(found))


def uses_of_attributes(bench: Bench, entity: str) -> tuple[Use, ...]:
    """Every place that names an attribute of an entity, also on the way of a path, in the order of the attributes."""
    facts = bench.entities.get(entity)
    order = list(facts.attributes) if facts else []
    found = []
    for item in bench.items.values():
        component = item.component
        if component is not None:
            about = entity_of(bench, item.id, item.data)
            for path, way, of_part in _ways(bench, item, component):
                start = of_part or about
                if start == entity or "." in way:
                    found += [Use(item, path, key) for key in _steps(bench.entities, start, way, entity)]
    return tuple(sorted(found, key=lambda use: (order.index(use.part) if use.part in order else -1, use.item.id, use.path)))


def _ways(bench: Bench, item: Item, component: Component) -> tuple[tuple[str, str, str], ...]:
    """The paths of attributes that a component names, each with the path at which it stands, and the entity where it is that
    of a part and not the component's."""
    if item.head.id not in bench.ways:
        named = (leaf for leaf in leaves(component) if leaf.rules.get("attribute") and isinstance(leaf.value, str))
        bench.ways[item.head.id] = tuple(
            (leaf.path, leaf.value, entity_at(item.data, leaf.path) if leaf.rules["attribute"] == "part" else "")
            for leaf in named
        )
    return bench.ways[item.head.id]


def _steps(entities: Mapping[str, EntityFacts], start: str, path: str, entity: str) -> Iterator[str]:
    """The attributes of an entity that a path from another one goes over."""
    current = start
    for step in path.split("."):
        if current == entity:
            yield step
        facts = entities.get(current)
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
