"""Rules on what programs may reach: every name once, and each leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import World, repeated, targets_of
from metadata.errors import Problem
from metadata.model import ApiEntity
from metadata.schema.faults import did_you_mean, shown
from metadata.told import told


def attributes(world: World) -> Iterator[Problem]:
    """Attributes are listed by name, each once; without any there is nothing to reach."""
    for item in world.all(ApiEntity):
        if not item.attributes:
            message = told("No attributes are listed, so programs could reach nothing; name those that they may.")
            yield world.problem(item, "attributes", "no-attributes", message)
        for index in repeated(list(item.attributes)):
            message = told("The attribute {attribute} is there twice; remove one.", attribute=item.attributes[index])
            yield world.problem(item, f"attributes.{index}", "duplicate-key", message)


def relationships(world: World) -> Iterator[Problem]:
    """Relationships are those of the entity, each once, and none is called like an attribute."""
    for item in world.all(ApiEntity):
        if item.entity not in world.entities:
            continue
        links = world.entities[item.entity].links
        for index, key in enumerate(item.relationships):
            place = f"relationships.{index}"
            if key not in links:
                message = told(
                    "{entity} has no relationship {relationship}.{hint}",
                    entity=item.entity,
                    relationship=shown(key),
                    hint=did_you_mean(key, links),
                )
                yield world.problem(item, place, "unknown-relationship", message)
            elif key in item.attributes:
                message = told(
                    "{relationship} is the name of an attribute too; programs could not tell them apart.", relationship=key
                )
                yield world.problem(item, place, "duplicate-key", message)
            elif (item.site, links[key].entity) not in _offered(world):
                message = told(
                    "{relationship} leads to {entity}, which no api_entity offers, so programs cannot follow it.",
                    relationship=key,
                    entity=links[key].entity,
                )
                yield world.warning(item, place, "not-offered", message)
        for index in repeated(list(item.relationships)):
            message = told(
                "The relationship {relationship} is there twice; remove one.", relationship=item.relationships[index]
            )
            yield world.problem(item, f"relationships.{index}", "duplicate-key", message)


def names(world: World) -> Iterator[Problem]:
    """A site offers an entity once, and no two entities under the same name."""
    entities: set[tuple[str, str]] = set()
    sets: dict[tuple[str, str], str] = {}
    for item in world.all(ApiEntity):
        if (item.site, item.entity) in entities:
            message = told("The entity {entity} is offered twice; put what may be reached of it together.", entity=item.entity)
            yield world.problem(item, "entity", "duplicate-key", message)
        elif (item.site, item.set_name) in sets:
            message = told(
                "{set_name} is the name of {entity} already; give it another.",
                set_name=item.set_name,
                entity=sets[item.site, item.set_name],
            )
            yield world.problem(item, "name" if item.name else "entity", "duplicate-key", message)
        entities.add((item.site, item.entity))
        sets.setdefault((item.site, item.set_name), item.key)


def lookups(world: World) -> Iterator[Problem]:
    """A warning where a lookup leads to what programs cannot reach: they see its number and nothing behind it."""
    for item in world.all(ApiEntity):
        for index, key in enumerate(item.attributes):
            attribute = world.attribute(item.entity, key) if item.entity in world.entities else None
            targets = targets_of(attribute) if attribute is not None else ()
            if targets and not any((item.site, target) in _offered(world) for target in targets):
                message = told(
                    "{attribute} leads to {entities}, which no api_entity offers; programs see a number only.",
                    attribute=key,
                    entities=", ".join(targets),
                )
                yield world.warning(item, f"attributes.{index}", "not-offered", message)


def _offered(world: World) -> frozenset[tuple[str, str]]:
    return frozenset((item.site, item.entity) for item in world.all(ApiEntity) if item.active)


RULES = (attributes, relationships, names, lookups)
