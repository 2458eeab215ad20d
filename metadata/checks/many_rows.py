"""Rules on what a list does with many rows at once."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.lists import entity_of
from metadata.checks.values import fault_in
from metadata.checks.world import World, repeated
from metadata.errors import Problem
from metadata.model import BulkAction, ListComponent, SetValue
from metadata.schema.faults import did_you_mean
from metadata.system import RESERVED_KEYS

NEVER_SET = ("auto_number", "file", "image")
WORDS = ("@contact.",)


def bulk_actions(world: World) -> Iterator[Problem]:
    """What is done with many rows has a name of its own, and values where it sets some."""
    for item in world.all(ListComponent):
        for index in repeated([action.key for action in item.bulk]):
            message = f"The action {item.bulk[index].key} is there twice; give one another key."
            yield world.problem(item, f"bulk.{index}.key", "duplicate-key", message)
        for index, action in enumerate(item.bulk):
            fault = fault_in_action(action)
            if fault:
                yield world.problem(item, f"bulk.{index}.values", "bulk-action", fault)
        if item.bulk and item.map is not None:
            yield world.problem(item, "bulk", "bulk-action", "A list of places shows no rows to be marked; remove bulk or map.")


def bulk_values(world: World) -> Iterator[Problem]:
    """What many rows are set to are values that their attributes can have."""
    for item in world.all(ListComponent):
        entity = entity_of(world, item)
        for index, action in enumerate(item.bulk):
            for place, given in enumerate(action.values if entity else ()):
                name, fault = fault_in_value(world, entity, given)
                if fault:
                    yield world.problem(item, f"bulk.{index}.values.{place}.{name}", "bulk-action", fault)


def fault_in_action(action: BulkAction) -> str:
    """What is wrong with the values of an action as a whole."""
    if action.type == "delete":
        return "Deleting sets nothing; remove values." if action.values else ""
    attributes = [given.attribute for given in action.values]
    if not attributes:
        return "Say what is set: values, each with an attribute and a value."
    twice = next((attributes[index] for index in repeated(attributes)), "")
    return f"{twice} is set twice; remove one." if twice else ""


def fault_in_value(world: World, entity: str, given: SetValue) -> tuple[str, str]:
    """What is wrong with one value, and where."""
    own = world.entities[entity].attributes
    attribute = own.get(given.attribute)
    if attribute is None:
        return (
            "attribute",
            f"The entity {entity} has no attribute {given.attribute[:80]!r}.{did_you_mean(given.attribute, own)}",
        )
    if attribute.key in RESERVED_KEYS or attribute.type in NEVER_SET or attribute.formula:
        return "attribute", f"{attribute.key} is not written by people, so no action can set it."
    if attribute.immutable:
        return "attribute", f"{attribute.key} is immutable, so no row that is there can get another value."
    if attribute.type == "lookup" and attribute.targets:
        return "attribute", f"{attribute.key} points at rows of several entities, which no value here can name."
    if given.value is None:
        fault = f"{attribute.key} is required and cannot be cleared." if attribute.required == "required" else ""
        return "value", fault
    return "value", fault_in(world, attribute, given.value, WORDS)


RULES = (bulk_actions, bulk_values)
