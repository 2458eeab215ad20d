"""Rules on what a table map does with values that do not fit, rows that were refused, and rows with dates."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.sync import STREAMS, mapped
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import AttributeMap, Connection, TableMap
from metadata.told import Called, told
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
                message = told(
                    "{attribute} is of type {type}, for which {property} means nothing; leave it out.",
                    attribute=attribute.key,
                    type=Called(attribute.type, "type"),
                    property=name,
                )
                yield world.problem(found.owner, f"{found.path}.{name}", "attribute-map", message)
        if found.item.missing and not found.item.values:
            message = told("missing is for values that the conversion does not know, and there are no values; leave it out.")
            yield world.problem(found.owner, f"{found.path}.missing", "attribute-map", message)
        name = _without_default(found.item)
        if name and (attribute.required == "required" or attribute.key in found.owner.integration_key):
            message = told(
                "{attribute} must have a value; name the default that {property} takes.", attribute=attribute.key, property=name
            )
            yield world.problem(found.owner, f"{found.path}.{name}", "attribute-map", message)


def _without_default(item: AttributeMap) -> str:
    named = [name for name in ("missing", *FITTING) if getattr(item, name) == "default"]
    return named[0] if named and item.default is None else ""


def waiting(world: World) -> Iterator[Problem]:
    """Behind a refused row there waits what has changed since; where nothing tells that, each pull brings the same again."""
    for owner in world.all(TableMap):
        if owner.after_reject == "wait" and not owner.change_column and not owner.delta:
            message = told(
                "Later versions can wait only where changes are told; name a change_column, or leave after_reject out."
            )
            yield world.problem(owner, "after_reject", "table-map", message)


def histories(world: World) -> Iterator[Problem]:
    """Only a stream tells each state of a row; whoever is asked knows the last."""
    connectors = {connection.key: connection.connector for connection in world.all(Connection)}
    for owner in world.all(TableMap):
        connector = connectors.get(owner.connection, "")
        if owner.history == "full" and connector and connector not in STREAMS:
            message = told(
                "{connector} tells the last state of a row only; leave history out, or read a stream of its changes.",
                connector=connector,
            )
            yield world.problem(owner, "history", "table-map", message)


def effective(world: World) -> Iterator[Problem]:
    """What ends has begun."""
    for owner in world.all(TableMap):
        if owner.effective_to and not owner.effective_from:
            message = told("effective_to is the end of what begins with effective_from; name that column too.")
            yield world.problem(owner, "effective_to", "table-map", message)


RULES = (fitting, waiting, histories, effective)
