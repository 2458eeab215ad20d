"""Rules on the actions of a record page: each has a name of its own, and writes values that its attributes can have."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.many_rows import fault_in_value, fault_in_values
from metadata.checks.world import World, repeated
from metadata.errors import Problem
from metadata.model import Form
from metadata.told import told


def keys(world: World) -> Iterator[Problem]:
    """No action is there twice, and one at most is the page's primary one."""
    for form in world.all(Form):
        for index in repeated([action.key for action in form.actions]):
            message = told("The action {action} is there twice; give one another key.", action=form.actions[index].key)
            yield world.problem(form, f"actions.{index}.key", "duplicate-key", message)
        primary = [index for index, action in enumerate(form.actions) if action.primary and not action.when]
        for index in primary[1:]:
            message = told("Two actions are always there and primary; a page has one filled button.")
            yield world.problem(form, f"actions.{index}.primary", "record-action", message)


def values(world: World) -> Iterator[Problem]:
    """What an action writes are values that the attributes can have."""
    for form in world.all(Form):
        for index, action in enumerate(form.actions if form.entity in world.entities else ()):
            others = action.mail or action.call or action.task
            fault = "" if others and not action.values else fault_in_values(action.values)
            if fault:
                yield world.problem(form, f"actions.{index}.values", "record-action", fault)
            for place, given in enumerate(action.values):
                name, found = fault_in_value(world, form.entity, given)
                if found:
                    yield world.problem(form, f"actions.{index}.values.{place}.{name}", "record-action", found)


RULES = (keys, values)
