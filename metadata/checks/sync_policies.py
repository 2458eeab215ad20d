"""Rules on what a table map does with values that do not fit."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.sync import mapped
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import AttributeMap
from metadata.types import TYPES

FITTING = {
    "too_long": frozenset(kind.name for kind in TYPES.values() if kind.textual),
    "out_of_range": frozenset({"integer", "decimal", "money", "date"}),
    "too_precise": frozenset({"integer", "decimal", "money"}),
}
"""The types whose values may fail to fit so."""


def fitting(world: World) -> Iterator[Problem]:
    """A policy of an attribute is for values that it can have."""
    for found in mapped(world):
        attribute = world.attribute(found.owner.entity, found.item.attribute)
        if attribute is None:
            continue
        for name, kinds in FITTING.items():
            if getattr(found.item, name) and attribute.type not in kinds:
                message = f"{attribute.key} is of type {attribute.type}, for which {name} means nothing; leave it out."
                yield world.problem(found.owner, f"{found.path}.{name}", "attribute-map", message)
        if found.item.missing and not found.item.values:
            message = "missing is for values that the conversion does not know, and there are no values; leave it out."
            yield world.problem(found.owner, f"{found.path}.missing", "attribute-map", message)
        name = _without_default(found.item)
        if name and (attribute.required == "required" or attribute.key in found.owner.integration_key):
            message = f"{attribute.key} must have a value; name the default that {name} takes."
            yield world.problem(found.owner, f"{found.path}.{name}", "attribute-map", message)


def _without_default(item: AttributeMap) -> str:
    named = [name for name in ("missing", *FITTING) if getattr(item, name) == "default"]
    return named[0] if named and item.default is None else ""


RULES = (fitting,)
