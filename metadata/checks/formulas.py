"""Rules on calculated attributes: their formulas have a meaning, give the right kind, and do not lead back to themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from metadata.checks.attributes import Declared, declared
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.expressions.entities import KINDS, EntityNames
from metadata.expressions.grammar import ExpressionError, parse
from metadata.expressions.tree import Aggregate, Call, Kind, Name, Node
from metadata.expressions.typing import Typed, typed
from metadata.model import Attribute, Entity, TableMap
from metadata.told import Called, as_sentence, joined, told

TYPES = ("text", "integer", "decimal", "money", "boolean", "date", "datetime")
STORED_ONLY = ("default", "immutable", "pattern", "min", "max", "format", "choice", "target", "targets", "relationship")
Reference = tuple[str, str]


@dataclass(frozen=True, slots=True)
class WorldDirectory:
    """The entities of a check, as expressions look them up."""

    world: World

    def attribute(self, entity: str, path: str) -> Attribute | None:
        """The attribute at the end of a path over lookups, or None."""
        return self.world.attribute(entity, path)

    def options(self, attribute: Attribute) -> tuple[str, ...] | None:
        """The values of a choice attribute; None where its choice is not known."""
        return self.world.options(attribute)

    def far_entity(self, entity: str, relationship: str) -> str | None:
        """The entity that a relationship leads to, or None."""
        facts = self.world.entities.get(entity)
        link = facts.links.get(relationship) if facts else None
        return link.entity if link and link.form != "lookup" else None

    def known(self, entity: str) -> Iterable[str]:
        """The attributes of an entity."""
        facts = self.world.entities.get(entity)
        return facts.attributes if facts else ()


def read(world: World, entity: str, text: str, *wanted: Kind) -> Typed:
    """An expression over an entity's rows with its kinds, or everything that is wrong with it."""
    try:
        return typed(parse(text), EntityNames(WorldDirectory(world), entity), *wanted)
    except ExpressionError as fault:
        return Typed(None, (fault,))


def faults(fault: ExpressionError, text: str) -> str:
    """A fault as a sentence that shows its place in the text."""
    begin = max(0, fault.at - 20)
    where = f"{'…' if begin else ''}{text[begin : fault.at]}▸{text[fault.at : fault.at + 20]}"
    return told("{fault} (at ▸ in {where!r}).", fault=as_sentence(fault.message), where=where)


def calculated(world: World) -> Iterator[Declared]:
    """Every attribute with a formula."""
    return (item for item in declared(world) if item.attribute.formula)


def meanings(world: World) -> Iterator[Problem]:
    """A formula can be read and gives a value of the attribute's type."""
    for item in calculated(world):
        if item.attribute.type not in TYPES:
            message = told(
                "A formula cannot give {type}; it is for {types}.",
                type=Called(item.attribute.type, "type"),
                types=joined(Called(kind, "type") for kind in TYPES),
            )
            yield world.problem(item.entity, f"{item.path}.formula", "formula", message)
            continue
        found = read(world, item.entity.key, item.attribute.formula, KINDS[item.attribute.type])
        for fault in found.faults:
            message = faults(fault, item.attribute.formula)
            yield world.problem(item.entity, f"{item.path}.formula", "formula", message)


def stored_only(world: World) -> Iterator[Problem]:
    """What nobody writes has no default, no bounds, no key and no place in a table map."""
    for item in calculated(world):
        attribute = item.attribute
        for name in STORED_ONLY:
            if getattr(attribute, name) not in (None, "", (), False):
                message = told(
                    "{attribute} is worked out by its formula, so {property} has no meaning; remove one of the two.",
                    attribute=attribute.key,
                    property=name,
                )
                yield world.problem(item.entity, f"{item.path}.{name}", "formula", message)
        if attribute.required != "optional":
            message = told(
                "{attribute} is worked out by its formula; nobody can be required to fill it in.", attribute=attribute.key
            )
            yield world.problem(item.entity, f"{item.path}.required", "formula", message)
    for entity in world.all(Entity):
        formulas = {attribute.key for attribute in entity.attributes if attribute.formula}
        for index, key in enumerate(entity.keys):
            for name in formulas.intersection(key.attributes):
                message = told(
                    "{attribute} is worked out by its formula; a key is made of attributes that are stored.", attribute=name
                )
                yield world.problem(entity, f"keys.{index}.attributes", "formula", message)


def mapped(world: World) -> Iterator[Problem]:
    """Synchronisation writes attributes that are stored."""
    for table_map in world.all(TableMap):
        facts = world.entities.get(table_map.entity)
        for index, line in enumerate(table_map.attributes):
            attribute = facts.attributes.get(line.attribute) if facts else None
            if attribute is not None and attribute.formula:
                message = told(
                    "{attribute} is worked out by its formula and cannot be mapped; remove the line.", attribute=line.attribute
                )
                yield world.problem(table_map, f"attributes.{index}.attribute", "formula", message)


def circles(world: World) -> Iterator[Problem]:
    """No formula needs its own outcome."""
    places = {(item.entity.key, item.attribute.key): item for item in calculated(world)}
    needs = {place: frozenset(_needs(world, item)) & places.keys() for place, item in places.items()}
    for place, item in places.items():
        if place in reached(needs, place):
            message = told("The formula of {attribute} leads back to itself; break the circle.", attribute=item.attribute.key)
            yield world.problem(item.entity, f"{item.path}.formula", "formula-circle", message)


def _needs(world: World, item: Declared) -> Iterator[Reference]:
    found = read(world, item.entity.key, item.attribute.formula).node
    return iter(()) if found is None else _references(world, item.entity.key, found)


def _references(world: World, entity: str, node: Node) -> Iterator[Reference]:
    match node:
        case Name() if not node.path.startswith("@"):
            yield from _along(world, entity, node.path)
        case Call():
            for part in node.arguments:
                yield from _references(world, entity, part)
        case Aggregate():
            far = WorldDirectory(world).far_entity(entity, node.relationship) or ""
            for inner in (node.body, node.condition):
                if inner is not None:
                    yield from _references(world, far, inner)


def _along(world: World, entity: str, path: str) -> Iterator[Reference]:
    first, _, rest = path.partition(".")
    yield entity, first
    attribute = world.attribute(entity, first)
    if rest and attribute is not None:
        yield from _along(world, attribute.target, rest)


def reached(needs: dict[Reference, frozenset[Reference]], start: Reference) -> frozenset[Reference]:
    """All that a formula needs, near and far."""
    found: set[Reference] = set()
    waiting = list(needs[start])
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting.extend(needs[place])
    return frozenset(found)


RULES = (meanings, stored_only, mapped, circles)
