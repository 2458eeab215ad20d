"""Rules on entities, their attributes and choices."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass

from metadata.checks.values import fault_in
from metadata.checks.world import World, attribute_of, relationship_name, repeated, targets_of
from metadata.errors import Problem
from metadata.expressions.entities import formula_in
from metadata.model import Attribute, Choice, Entity
from metadata.schema.faults import did_you_mean, shown
from metadata.system import RESERVED_KEYS, SYSTEM_ENTITIES
from metadata.told import Called, joined, told
from metadata.types import TYPES

TEXTS = frozenset(name for name, kind in TYPES.items() if kind.textual)
FILES = frozenset({"file", "image"})
MEDIA_TYPE = re.compile(r"[a-z]+/(\*|[a-z0-9][a-z0-9.+-]*)")
RANGED = frozenset({"integer", "decimal", "money", "date", "datetime"})
# Options that only some types have.
OPTIONS = {
    "max_length": TEXTS,
    "min": RANGED,
    "max": RANGED,
    "scale": frozenset({"decimal", "money"}),
    "ungrouped": frozenset({"integer"}),
    "pattern": TEXTS,
    "choice": frozenset({"choice", "choices"}),
    "values": frozenset({"text"}),
    "target": frozenset({"lookup"}),
    "targets": frozenset({"lookup"}),
    "relationship": frozenset({"lookup"}),
    "max_count": frozenset({"lookup"}),
    "currency": frozenset({"money"}),
    "format": frozenset({"auto_number"}),
    "gapless": frozenset({"auto_number"}),
    "accept": FILES,
    "max_size": FILES,
}
ENGINE = "foyer_"
"""What the names of the engine's own tables begin with."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared attribute with its place."""

    entity: Entity
    attribute: Attribute
    path: str


def declared(world: World) -> Iterator[Declared]:
    """Every declared attribute."""
    for entity in world.all(Entity):
        for index, attribute in enumerate(entity.attributes):
            yield Declared(entity, attribute, f"attributes.{index}")


def types(world: World) -> Iterator[Problem]:
    """The type of an attribute is one of the catalogue."""
    for item in declared(world):
        if item.attribute.type not in TYPES:
            kind = item.attribute.type
            hint = did_you_mean(kind, TYPES) or told(" The types are {types}.", types=", ".join(TYPES))
            message = told(
                "There is no type {type} for {attribute}.{hint}", type=shown(kind), attribute=item.attribute.key, hint=hint
            )
            yield world.problem(item.entity, f"{item.path}.type", "unknown-type", message)


def options(world: World) -> Iterator[Problem]:
    """An attribute has the options that its type needs, and none that its type does not know."""
    for item in declared(world):
        attribute = item.attribute
        for name, allowed in OPTIONS.items():
            value = getattr(attribute, name)
            given = value is not False and value not in (None, "", ())
            if given and attribute.type in TYPES and attribute.type not in allowed:
                message = told(
                    "{property} is not for the type {type}, only for {types}; remove it.",
                    property=name,
                    type=Called(attribute.type, "type"),
                    types=joined(Called(kind, "type") for kind in sorted(allowed)),
                )
                yield world.problem(item.entity, f"{item.path}.{name}", "option", message)
        name, fault = missing_option(attribute)
        if fault:
            yield world.problem(
                item.entity,
                f"{item.path}.{name}",
                "option",
                told("The attribute {attribute}: {fault}", attribute=attribute.key, fault=fault),
            )


def missing_option(attribute: Attribute) -> tuple[str, str]:
    """The option that the type of an attribute needs and it has not, and what is said of it."""
    if attribute.type == "lookup" and bool(attribute.target) == bool(attribute.targets):
        return "target", told("a lookup names one entity as target, or several as targets.")
    if attribute.type in ("choice", "choices") and not attribute.choice:
        return "choice", told("the type {type} needs choice: with the key of a choice.", type=Called(attribute.type, "type"))
    if attribute.type == "auto_number":
        return "format", fault_in_format(attribute.format)
    return "", ""


def fault_in_format(pattern: str) -> str:
    """What is wrong with the pattern of an auto-number."""
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]
        if fields == ["number"]:
            pattern.format(number=1)
            return ""
    except (ValueError, KeyError, IndexError):
        pass
    return told("format: needs exactly one {{number}}, such as N-{{number:06}}.")


def default_values(world: World) -> Iterator[Problem]:
    """Defaults and ranges are values of the attribute's type."""
    for item in declared(world):
        attribute = item.attribute
        if attribute.default is not None and formula_in(attribute.default) is None:
            fault = fault_in(world, attribute, attribute.default, ("@contact.",))
            if fault:
                yield world.problem(item.entity, f"{item.path}.default", "value", fault)
        for name in ("min", "max"):
            value = getattr(attribute, name)
            fault = fault_in(world, attribute, value) if value is not None and attribute.type in RANGED else ""
            if fault:
                yield world.problem(item.entity, f"{item.path}.{name}", "value", fault)


def names(world: World) -> Iterator[Problem]:
    """Attributes do not take the names that the engine uses, and keys are used once."""
    for item in declared(world):
        if item.attribute.key in RESERVED_KEYS:
            message = told(
                "{attribute} is kept by the engine for every entity; give the attribute another key.",
                attribute=item.attribute.key,
            )
            yield world.problem(item.entity, f"{item.path}.key", "reserved-attribute", message)
        elif item.attribute.key.endswith("__entity"):
            message = told("A key that ends in __entity is the second column of a lookup; give the attribute another key.")
            yield world.problem(item.entity, f"{item.path}.key", "reserved-attribute", message)


def tables(world: World) -> Iterator[Problem]:
    """No entity is called like a table of the engine: what that keeps is nobody's data, whatever permissions say."""
    for entity in world.all(Entity):
        if entity.key.startswith(ENGINE):
            message = told(
                "Tables whose names begin with {beginning} are the engine's own; choose another key.", beginning=ENGINE
            )
            yield world.problem(entity, "key", "reserved-entity", message)


def duplicates(world: World) -> Iterator[Problem]:
    """Keys of attributes, alternate keys, N:N relationships and options are used once."""
    for entity in world.all(Entity):
        for name in ("attributes", "keys", "many_to_many"):
            parts = getattr(entity, name)
            for index in repeated([part.key for part in parts]):
                message = _twice(name, parts[index].key)
                yield world.problem(entity, f"{name}.{index}.key", "duplicate-key", message)
    for choice in world.all(Choice):
        for index in repeated([option.value for option in choice.options]):
            message = told("The option {value} is there twice; remove one.", value=choice.options[index].value)
            yield world.problem(choice, f"options.{index}.value", "duplicate-key", message)


def _twice(name: str, key: str) -> str:
    """What is said of a part that has the key of another one."""
    if name == "attributes":
        return told("The attribute {key} is there twice; remove one or give it another key.", key=key)
    if name == "keys":
        return told("The alternate key {key} is there twice; remove one or give it another key.", key=key)
    return told("The relationship {key} is there twice; remove one or give it another key.", key=key)


def relationships(world: World) -> Iterator[Problem]:
    """Seen from its target, every relationship has a name of its own."""
    taken: dict[tuple[str, str], str] = {
        (entity.key, link.key): told("the N:N relationship of {entity}", entity=entity.key)
        for entity in world.all(Entity)
        for link in entity.many_to_many
    }
    for item in declared(world):
        for target in targets_of(item.attribute):
            name = relationship_name(item.entity, item.attribute)
            place = f"{item.entity.key}.{item.attribute.key}"
            if taken.setdefault((target, name), place) != place:
                message = told(
                    "{target} has a relationship {relationship} already ({other}); give another as relationship:.",
                    target=target,
                    relationship=name,
                    other=taken[target, name],
                )
                yield world.problem(item.entity, item.path, "duplicate-relationship", message)


def primary_names(world: World) -> Iterator[Problem]:
    """The attribute that names a row is a text."""
    for entity in world.all(Entity):
        attribute = world.attribute(entity.key, entity.primary_name) if entity.primary_name else None
        if attribute and attribute.type in TYPES and attribute.type not in TEXTS:
            message = told(
                "{attribute} is of type {type}; the primary name must be a text.",
                attribute=attribute.key,
                type=Called(attribute.type, "type"),
            )
            yield world.problem(entity, "primary_name", "primary-name", message)


def currencies(world: World) -> Iterator[Problem]:
    """The currency of money is a code of three capitals, or an attribute that holds one."""
    for item in declared(world):
        value = item.attribute.currency
        is_code = len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()
        if value and not is_code and world.attribute(item.entity.key, value) is None:
            hint = did_you_mean(value, world.entities[item.entity.key].attributes)
            message = told(
                "{value} is neither a currency code such as EUR nor an attribute of {entity}.{hint}",
                value=shown(value),
                entity=item.entity.key,
                hint=hint,
            )
            yield world.problem(item.entity, f"{item.path}.currency", "currency", message)


def system_attributes(world: World) -> Iterator[Problem]:
    """What the engine needs of contact, account and company keeps its type where it is declared anew."""
    for system in SYSTEM_ENTITIES:
        for expected in system.attributes:
            found = attribute_of(world.entities[system.key], expected.key)
            same = found.type == expected.type or (found.type in TEXTS and expected.type in TEXTS)
            if same and targets_of(found) == targets_of(expected):
                continue
            entity = world.entities[system.key].model
            index = entity.attributes.index(found)
            wanted = (
                told("a lookup to {entity}", entity=expected.target)
                if expected.target
                else told("of type {type}", type=Called(expected.type, "type"))
            )
            message = told(
                "{entity}.{attribute} is used by the engine and must be {wanted}.",
                entity=system.key,
                attribute=expected.key,
                wanted=wanted,
            )
            yield world.problem(entity, f"attributes.{index}", "system-attribute", message)


def accepted_types(world: World) -> Iterator[Problem]:
    """What a file may be is said in media types, and a picture is a picture."""
    for item in declared(world):
        if item.attribute.type not in FILES:
            continue
        for index, kind in enumerate(item.attribute.accept):
            if not MEDIA_TYPE.fullmatch(kind):
                message = told(
                    "{media_type} is no media type; write one such as application/pdf or image/*.", media_type=shown(kind)
                )
            elif item.attribute.type == "image" and not kind.startswith("image/"):
                message = told(
                    "{media_type} is no picture; use the type file for {attribute}.",
                    media_type=kind,
                    attribute=item.attribute.key,
                )
            else:
                continue
            yield world.problem(item.entity, f"{item.path}.accept.{index}", "media-type", message)


RULES = (
    types,
    options,
    accepted_types,
    default_values,
    names,
    tables,
    duplicates,
    relationships,
    primary_names,
    currencies,
    system_attributes,
)
