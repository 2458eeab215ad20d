"""Rules on the rules of a form: they have a meaning, speak of fields that are asked for, and do not wait for each other."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from metadata.checks.form_formulas import STORED_ONLY, calculated_fault, faults_in
from metadata.checks.forms import fields
from metadata.checks.formulas import faults, read
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.expressions.grammar import ExpressionError, parse
from metadata.expressions.tree import aggregates, names
from metadata.form_rules import RuleCircle, governed, settling_order
from metadata.model import Form, FormField, FormRule
from metadata.schema.faults import did_you_mean
from metadata.told import told

EFFECTS = ("show", "require", "lock", "default", "refuse")
NEVER_ASKED = ("read_only", "hidden")


def conditions(world: World) -> Iterator[Problem]:
    """A rule asks what a form knows while it is filled in, and does something."""
    for form, path, rule in _rules(world):
        if form.entity not in world.entities:
            continue
        for fault in _condition_faults(world, form, rule.when):
            yield world.problem(form, f"{path}.when", "formula", fault)
        if not any(getattr(rule, effect) for effect in EFFECTS):
            message = told("The rule does nothing; give it one of {properties}.", properties=", ".join(EFFECTS))
            yield world.problem(form, path, "rule", message)
        if rule.at and not rule.refuse:
            message = told("at is where a refusal is said, and there is none; give refuse a text, or remove at.")
            yield world.problem(form, f"{path}.at", "rule", message)


def places(world: World) -> Iterator[Problem]:
    """A rule speaks of fields that the form asks for."""
    for form, path, rule in _rules(world):
        on_form = {field.attribute: field for _, field in fields(form)}
        for key, name in governed(rule):
            fault = _field_fault(on_form, name)
            if not fault and key.startswith("show"):
                fault = _always_needed(world, form, name)
            if fault:
                yield world.problem(form, f"{path}.{key}", "rule", fault)


def values(world: World) -> Iterator[Problem]:
    """What a rule fills in fits the attribute."""
    for form, path, rule in _rules(world):
        for index, given in enumerate(rule.default):
            attribute = world.attribute(form.entity, given.attribute)
            if attribute is None:
                continue
            for fault in faults_in(world, form, attribute, given.value, opening=False):
                yield world.problem(form, f"{path}.default.{index}.value", "formula", fault)


def circles(world: World) -> Iterator[Problem]:
    """No field waits for itself."""
    for form in world.all(Form):
        try:
            settling_order(form, _names_in)
        except RuleCircle as circle:
            way = functools.reduce(_needs, circle.fields)
            message = told("The rules lead round: {way}. Break the circle, so that one of them is settled first.", way=way)
            yield world.problem(form, "rules", "rule-circle", message)


def _rules(world: World) -> Iterator[tuple[Form, str, FormRule]]:
    for form in world.all(Form):
        for index, rule in enumerate(form.rules):
            yield form, f"rules.{index}", rule


def _needs(before: str, last: str) -> str:
    return told("{before} needs {last}", before=before, last=last)


def _condition_faults(world: World, form: Form, text: str) -> Iterator[str]:
    found = read(world, form.entity, text, "boolean")
    for fault in found.faults:
        yield faults(fault, text)
    if found.node is None:
        return
    for one in aggregates(found.node):
        yield told("A form knows no rows of {relationship}; {instead}", relationship=one.relationship, instead=STORED_ONLY)
    for name in names(found.node):
        attribute = None if name.path.startswith("@") else world.attribute(form.entity, name.path.partition(".")[0])
        if attribute is not None and attribute.formula:
            yield calculated_fault(attribute)


def _field_fault(on_form: dict[str, FormField], name: str) -> str:
    field = on_form.get(name)
    if field is None:
        return told("There is no field {field!r} on this form.{hint}", field=name[:80], hint=did_you_mean(name, on_form))
    never = next((word for word in NEVER_ASKED if getattr(field, word)), "set_on_save" if field.set_on_save is not None else "")
    return (
        told("{field} is never asked for ({property}), so a rule has nothing to do with it.", field=name, property=never)
        if never
        else ""
    )


def _always_needed(world: World, form: Form, name: str) -> str:
    attribute = world.attribute(form.entity, name)
    if attribute is None or attribute.required != "required" or attribute.default is not None:
        return ""
    return told(
        "Every {entity} needs a value of {attribute}, so it cannot be left out; give the attribute a default.",
        entity=form.entity,
        attribute=name,
    )


def _names_in(text: str) -> list[str]:
    try:
        return [name.path for name in names(parse(text))]
    except ExpressionError:
        return []


RULES = (conditions, places, values, circles)
