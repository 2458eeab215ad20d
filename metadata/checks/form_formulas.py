"""Rules on expressions that a form fills in: they have a meaning, fit the attribute, and ask only for what is known by then."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.forms import fields
from metadata.checks.formulas import faults, read
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.expressions.entities import KINDS, formula_in
from metadata.expressions.grammar import ExpressionError, parse
from metadata.expressions.tree import aggregates, names
from metadata.model import Attribute, Form
from metadata.told import Called, told
from metadata.types import TYPES

WITHOUT = ("lookup", "auto_number")
"""What no expression can give: which row one leads to is not known before it is evaluated."""
STORED_ONLY = told("only locked_when and an action's when can ask for a calculated attribute that is worked out of them.")


def form_formulas(world: World) -> Iterator[Problem]:
    """What a form fills in by an expression fits the attribute."""
    for form in world.all(Form):
        for path, field in fields(form):
            attribute = world.attribute(form.entity, field.attribute)
            for name in ("prepopulate", "set_on_save"):
                text = formula_in(getattr(field, name))
                if attribute is None or text is None:
                    continue
                for fault in faults_in(world, form, attribute, text, opening=name == "prepopulate"):
                    yield world.problem(form, f"{path}.{name}", "formula", fault)


def conditions(world: World) -> Iterator[Problem]:
    """What locks a record, or offers an action on it, has a meaning, and asks for the record alone."""
    for form in world.all(Form):
        if form.entity not in world.entities:
            continue
        for path, text in _conditions(form):
            found = read(world, form.entity, text, "boolean")
            for fault in found.faults:
                yield world.problem(form, path, "formula", faults(fault, text))
            for one in aggregates(found.node) if found.node is not None else ():
                message = told(
                    "A form reads no rows of {relationship}; a calculated attribute can be worked out of them.",
                    relationship=one.relationship,
                )
                yield world.problem(form, path, "formula", message)


def _conditions(form: Form) -> Iterator[tuple[str, str]]:
    """The expressions of a form over a stored record, by their paths of keys."""
    if form.locked_when:
        yield "locked_when", form.locked_when
    for index, action in enumerate(form.actions):
        if action.when:
            yield f"actions.{index}.when", action.when


def faults_in(world: World, form: Form, attribute: Attribute, text: str, *, opening: bool) -> Iterator[str]:
    """What is wrong with an expression. One for an empty form has no record to ask."""
    if attribute.type in WITHOUT or attribute.type not in KINDS:
        if attribute.type in TYPES:
            yield told(
                "An expression cannot give {attribute}, which is of type {type}.",
                attribute=attribute.key,
                type=Called(attribute.type, "type"),
            )
        return
    found = read(world, form.entity, text, KINDS[attribute.type])
    for fault in found.faults:
        yield faults(fault, text)
    if found.node is None:
        return
    for one in aggregates(found.node):
        yield told(
            "A form knows no rows of {relationship}; a calculated attribute can be worked out of them.",
            relationship=one.relationship,
        )
    asked = [name.path for name in names(found.node) if not name.path.startswith("@")]
    for path in asked:
        unknown = _fault_in_name(world, form, path, opening=opening)
        if unknown:
            yield unknown


def _fault_in_name(world: World, form: Form, path: str, *, opening: bool) -> str:
    """Why a form does not know a value: of a record that is changed it has read what stands on it, and nothing else."""
    if opening:
        return told(
            "An empty form has no {attribute} yet; use words such as @today and @contact.<attribute>, or set_on_save.",
            attribute=path,
        )
    first = path.partition(".")[0]
    attribute = world.attribute(form.entity, first)
    if attribute is not None and attribute.formula:
        return calculated_fault(attribute)
    if first not in {field.attribute for _, field in fields(form)}:
        return told(
            "{attribute} is not on the form {form}; add it as a field, with hidden: true where nobody is to see it.",
            attribute=first,
            form=form.key,
        )
    return ""


def calculated_fault(attribute: Attribute) -> str:
    """Why a form that is being filled in does not know a calculated attribute, and what to write instead."""
    try:
        rows = aggregates(parse(attribute.formula))
    except ExpressionError:  # told where the formula stands
        rows = ()
    if rows:
        return told(
            "{attribute} is calculated of rows of {relationship}, which a form does not know; {instead}",
            attribute=attribute.key,
            relationship=rows[0].relationship,
            instead=STORED_ONLY,
        )
    return told("{attribute} is calculated, and not known before it is saved; write out its formula.", attribute=attribute.key)


RULES = (form_formulas, conditions)
