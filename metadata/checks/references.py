"""Rules on names: what is named must be there, and every address is used once."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import Leaf, PathError, World, site_of
from metadata.errors import Problem
from metadata.model import (
    KINDS,
    AlternateKey,
    ApiEntity,
    AttributeMap,
    AttributeRight,
    Entity,
    EntityIndex,
    EntityPermission,
    FormDefault,
    FormRule,
    SetValue,
    TableMap,
    WriteThrough,
    component_id,
)
from metadata.schema.faults import did_you_mean
from metadata.text import Text
from metadata.told import Called, told

# Every installation has a language, declared or not.
ALWAYS = {"language": frozenset({"en-US"})}
OWN_RULES = (FormDefault, FormRule, SetValue)
"""Parts whose attributes are judged by rules of their own."""
SINGLE = (AlternateKey, ApiEntity, AttributeMap, AttributeRight, Entity, EntityIndex, EntityPermission, TableMap, WriteThrough)


def addresses(world: World) -> Iterator[Problem]:
    """A component stands under its own address."""
    for identity, component in world.components.items():
        if identity != component_id(component):
            message = told("It was given as {identity}; use its own address.", identity=identity)
            yield world.problem(component, "key", "duplicate-component", message)


def references(world: World) -> Iterator[Problem]:
    """What is named by key is there, in the same site where sites own it."""
    for leaf in world.leaves:
        kind = leaf.rules.get("ref")
        if kind and leaf.value not in (known := known_keys(world, leaf, kind)):
            place = (
                told(" in the site {site}", site=site_of(leaf.component))
                if KINDS[kind].of_site and site_of(leaf.component)
                else ""
            )
            message = told(
                "There is no {kind} {key!r}{place}.{hint}",
                kind=Called(kind, "kind"),
                key=leaf.value[:80],
                place=place,
                hint=did_you_mean(leaf.value, known),
            )
            yield world.problem(leaf.component, leaf.path, "unknown-reference", message)


def known_keys(world: World, leaf: Leaf, kind: str) -> frozenset[str]:
    """The keys that a reference may have: of its own site, or of any where the component belongs to none."""
    site = (site_of(leaf.component) or "*") if KINDS[kind].of_site else ""
    return world.keys.get((kind, site), frozenset()) | ALWAYS.get(kind, frozenset())


def attribute_paths(world: World) -> Iterator[Problem]:
    """What is named as an attribute is one of the entity, or of what its lookups lead to."""
    for leaf in world.leaves:
        if not leaf.rules.get("attribute") or isinstance(leaf.owner, OWN_RULES):
            continue
        entity = leaf.component.key if isinstance(leaf.component, Entity) else getattr(leaf.component, "entity", "")
        if entity not in world.entities:
            continue
        if "." in leaf.value and isinstance(leaf.owner, SINGLE):
            message = told(
                "{path!r} is a path over lookups; an attribute of {entity} itself is needed here.",
                path=leaf.value[:80],
                entity=entity,
            )
            yield world.problem(leaf.component, leaf.path, "path", message)
            continue
        try:
            world.resolve(entity, leaf.value)
        except PathError as error:
            # An entity that is not there is told once, where it is named.
            if error.code != "unknown-entity":
                yield world.problem(leaf.component, leaf.path, error.code, error.message)


def languages_of_texts(world: World) -> Iterator[Problem]:
    """Texts are in languages that there are; the base of a language counts for all of its regions. Said once per component."""
    tags = world.keys.get(("language", ""), frozenset()) | ALWAYS["language"]
    known = {*tags, *(tag.partition("-")[0] for tag in tags), ""}
    seen: set[tuple[int, str]] = set()
    for leaf in world.leaves:
        if isinstance(leaf.value, Text):
            for tag in (tag for tag, _ in leaf.value.values if tag not in known and (id(leaf.component), tag) not in seen):
                seen.add((id(leaf.component), tag))
                message = told(
                    "There is no language {language}; add it or mend the tag.{hint}",
                    language=tag,
                    hint=did_you_mean(tag, known),
                )
                yield world.warning(leaf.component, f"{leaf.path}.{tag}", "unknown-language", message)


RULES = (addresses, references, attribute_paths, languages_of_texts)
