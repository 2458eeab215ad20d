"""Rules on conditions and orders of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from metadata.checks.values import fault_in
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Attribute, Component, Filter, ListComponent, MultistepForm, TableMap, View, Webhook
from metadata.told import Called, all_of, told
from metadata.types import TYPES, AttributeType

COUNTS = {"between": 2, "empty": 0, "not_empty": 0}
LISTS = frozenset({"in", "not_in"})
ORDERED = frozenset({"lt", "le", "gt", "ge", "between"})
TEXTUAL = frozenset({"contains", "starts_with", "ends_with"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter, or a part of one, with its place."""

    component: Component
    entity: str
    path: str
    filter: Filter


def conditions(world: World) -> Iterator[Condition]:
    """Every filter of every component, and the parts of each."""
    for view in world.all(View):
        if view.filter:
            yield from nested(Condition(view, view.entity, "filter", view.filter))
    for table_map in world.all(TableMap):
        if table_map.outgoing:
            yield from nested(Condition(table_map, table_map.entity, "outgoing", table_map.outgoing))
    for hook in world.all(Webhook):
        if hook.condition:
            yield from nested(Condition(hook, hook.entity, "condition", hook.condition))
    for item in world.all(ListComponent):
        first = world.find("view", item.views[0]) if item.views else None
        if isinstance(first, View):
            for index, one in enumerate(item.filters):
                for place, part in enumerate(one.conditions):
                    path = f"filters.{index}.conditions.{place}.filter"
                    yield from nested(Condition(item, first.entity, path, part.filter))
    for form in world.all(MultistepForm):
        for index, step in enumerate(form.steps):
            if step.condition:
                yield from nested(Condition(form, form.entity, f"steps.{index}.condition", step.condition))


def nested(condition: Condition) -> Iterator[Condition]:
    """A condition and all within it."""
    yield condition
    for name in ("all", "any"):
        for index, part in enumerate(getattr(condition.filter, name)):
            yield from nested(Condition(condition.component, condition.entity, f"{condition.path}.{name}.{index}", part))


def shapes(world: World) -> Iterator[Problem]:
    """A condition is one comparison or one group."""
    for item in conditions(world):
        given = [name for name in ("all", "any", "attribute") if getattr(item.filter, name)]
        if len(given) != 1:
            what = told("has {properties}", properties=all_of(given)) if given else told("is empty")
            message = told("The condition {what}; give exactly one of all, any and attribute.", what=what)
            yield world.problem(item.component, item.path, "filter", message)


def comparisons(world: World) -> Iterator[Problem]:
    """An operator suits the type of its attribute, and so does what it is compared with."""
    for item in conditions(world):
        attribute = world.attribute(item.entity, item.filter.attribute) if item.filter.attribute else None
        if attribute is None or attribute.type not in TYPES:
            continue
        operator = item.filter.operator
        if not takes(operator, TYPES[attribute.type]):
            message = told(
                "{operator} cannot compare {attribute}, which is of type {type}.",
                operator=operator,
                attribute=attribute.key,
                type=Called(attribute.type, "type"),
            )
            yield world.problem(item.component, f"{item.path}.operator", "operator", message)
            continue
        fault = fault_in_value(world, attribute, item.filter)
        if fault:
            yield world.problem(item.component, f"{item.path}.value", "value", fault)


def takes(operator: str, kind: AttributeType) -> bool:
    """Whether an operator can compare values of a type."""
    if operator in ORDERED:
        return kind.ordered and kind.name not in ("lookup", "boolean")
    if operator in TEXTUAL:
        return kind.textual or kind.name == "choices"
    return operator in COUNTS or kind.name != "choices"


def fault_in_value(world: World, attribute: Attribute, condition: Filter) -> str:
    """What is wrong with the value of a comparison."""
    values: tuple[Any, ...] = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    operator = condition.operator
    if COUNTS.get(operator) == 0:
        return told("{operator} takes no value; remove it.", operator=operator) if condition.value is not None else ""
    if operator in LISTS:
        if not isinstance(condition.value, tuple) or not values:
            return told("{operator} takes a list of values.", operator=operator)
    elif len(values) != COUNTS.get(operator, 1):
        return told(
            "{operator} takes {wanted} values, not {count}.",
            operator=operator,
            wanted=COUNTS.get(operator, 1),
            count=len(values),
        )
    if None in values:
        return told("There is no value to compare with; the operators empty and not_empty ask for that.")
    return next((fault for value in values if (fault := fault_in(world, attribute, value, ("@contact.",)))), "")


def sorts(world: World) -> Iterator[Problem]:
    """Rows are ordered by attributes whose values have an order."""
    for view in world.all(View):
        for index, sort in enumerate(view.sort):
            attribute = world.attribute(view.entity, sort.attribute)
            if attribute and attribute.type in TYPES and not TYPES[attribute.type].ordered:
                message = told(
                    "{attribute} is of type {type}, which has no order.",
                    attribute=sort.attribute,
                    type=Called(attribute.type, "type"),
                )
                yield world.problem(view, f"sort.{index}.attribute", "sort", message)


RULES = (shapes, comparisons, sorts)
