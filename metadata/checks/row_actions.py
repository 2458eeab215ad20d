"""Rules on actions of forms that are offered on rows of lists: the form has them, and is of such rows."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.forms import related_lists
from metadata.checks.world import World, repeated
from metadata.errors import Problem
from metadata.model import Form, View
from metadata.schema.faults import did_you_mean, shown
from metadata.told import Called, told


def on_rows(world: World) -> Iterator[Problem]:
    """The actions on the rows of a related list are of forms of such rows, each there once."""
    for form in world.all(Form):
        for path, item in related_lists(form):
            view = world.find("view", item.view)
            for index, deed in enumerate(item.actions if isinstance(view, View) else ()):
                fault = fault_in_deed(world, view.entity if isinstance(view, View) else "", deed.form, deed.action)
                if fault:
                    yield world.problem(form, f"{path}.actions.{index}", "record-action", fault)
            for index in repeated([deed.action for deed in item.actions]):
                message = told("The action {action} is there twice; remove one.", action=item.actions[index].action)
                yield world.problem(form, f"{path}.actions.{index}.action", "duplicate-key", message)


def fault_in_deed(world: World, entity: str, form: str, key: str) -> str:
    """What is wrong with an action of a form that is offered on rows of an entity."""
    found = world.find("form", form) if form else None
    if not form or not key:
        return told("Name a form and one of its actions, which is done with the row.")
    if not isinstance(found, Form) or not entity:
        return ""
    if found.entity != entity:
        return told(
            "The {kind} {component} is of {entity}, but the rows are of {rows_entity}.",
            kind=Called("form", "kind"),
            component=found.key,
            entity=found.entity,
            rows_entity=entity,
        )
    known = [action.key for action in found.actions]
    if key in known:
        return ""
    return told("The form {form} has no action {action}.{hint}", form=form, action=shown(key), hint=did_you_mean(key, known))


RULES = (on_rows,)
