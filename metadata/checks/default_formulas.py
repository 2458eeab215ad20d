"""Rules on defaults that are expressions: they have a meaning, fit the attribute, and ask only for what a new row has."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.attributes import Declared, declared
from metadata.checks.form_formulas import WITHOUT
from metadata.checks.formulas import faults, reached, read
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.expressions.entities import KINDS, formula_in
from metadata.expressions.tree import Node, aggregates, names
from metadata.system import RESERVED_KEYS
from metadata.told import Called, told
from metadata.types import TYPES


def meanings(world: World) -> Iterator[Problem]:
    """Such a default can be read and gives a value of the attribute's type."""
    for item, text in _expressed(world):
        for fault in _faults(world, item, text):
            yield world.problem(item.entity, f"{item.path}.default", "formula", fault)


def circles(world: World) -> Iterator[Problem]:
    """No default needs its own outcome."""
    given = [(item, text) for item, text in _expressed(world) if item.attribute.type not in WITHOUT]
    places = {(item.entity.key, item.attribute.key): (item, text) for item, text in given}
    needs = {
        place: frozenset((item.entity.key, name) for name in _asked(world, item, text)) & places.keys()
        for place, (item, text) in places.items()
    }
    for place, (item, _) in places.items():
        if place in reached(needs, place):
            message = told("The default of {attribute} leads back to itself; break the circle.", attribute=item.attribute.key)
            yield world.problem(item.entity, f"{item.path}.default", "formula-circle", message)


def _expressed(world: World) -> Iterator[tuple[Declared, str]]:
    for item in declared(world):
        text = formula_in(item.attribute.default)
        if text is not None:
            yield item, text


def _asked(world: World, item: Declared, text: str) -> frozenset[str]:
    node = read(world, item.entity.key, text).node
    return frozenset() if node is None else frozenset(_own(node))


def _own(node: Node) -> Iterator[str]:
    return (name.path.partition(".")[0] for name in names(node) if not name.path.startswith("@"))


def _faults(world: World, item: Declared, text: str) -> Iterator[str]:
    attribute = item.attribute
    if attribute.type in WITHOUT or attribute.type not in KINDS:
        if attribute.type in TYPES:
            yield told(
                "An expression cannot give {attribute}, which is of type {type}.",
                attribute=attribute.key,
                type=Called(attribute.type, "type"),
            )
        return
    found = read(world, item.entity.key, text, KINDS[attribute.type])
    for fault in found.faults:
        yield faults(fault, text)
    if found.node is None:
        return
    for one in aggregates(found.node):
        yield told(
            "A new row has no rows of {relationship} yet; a calculated attribute can be worked out of them.",
            relationship=one.relationship,
        )
    for name in dict.fromkeys(_own(found.node)):
        other = world.attribute(item.entity.key, name)
        if name in RESERVED_KEYS or (other is not None and other.type == "auto_number"):
            yield told("{name} is given to a row when it is saved, and not known before.", name=name)
        elif other is not None and other.formula:
            yield told("{name} is calculated, and not known before the row is saved; write out its formula.", name=name)


RULES = (meanings, circles)
