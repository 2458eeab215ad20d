"""Rules on multistep forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.checks.forms import fault_in_related
from metadata.checks.formulas import faults, read
from metadata.checks.world import PathError, World, repeated
from metadata.errors import Problem
from metadata.expressions.tree import aggregates
from metadata.model import Form, MultistepForm, Step
from metadata.schema.faults import did_you_mean
from metadata.told import Called, told
from metadata.types import TYPES

CODE_LENGTH = 3


@dataclass(frozen=True, slots=True)
class Placed:
    """A step with its form and place."""

    owner: MultistepForm
    step: Step
    path: str


def steps(world: World) -> Iterator[Placed]:
    """Every step of every multistep form."""
    for owner in world.all(MultistepForm):
        for index, step in enumerate(owner.steps):
            yield Placed(owner, step, f"steps.{index}")


def step_needs(world: World) -> Iterator[Problem]:
    """A step has what its type works with."""
    needs = {
        "form": ("form",),
        "lines": ("relationship", "form"),
    }
    for item in steps(world):
        for name in needs.get(item.step.type, ()):
            if not getattr(item.step, name):
                message = told("A step of type {type} needs a {property}.", type=item.step.type, property=name)
                yield world.problem(item.owner, f"{item.path}.{name}", "step", message)
        if item.step.type == "redirect" and not (item.step.page or item.step.onwards):
            message = told("A step of type {type} needs a {property}.", type=item.step.type, property="page")
            yield world.problem(item.owner, f"{item.path}.page", "step", message)
        if item.step.type == "condition" and bool(item.step.condition) == bool(item.step.when):
            message = told("A step of type condition needs either condition: or when:.")
            yield world.problem(item.owner, item.path, "step", message)


def conditions(world: World) -> Iterator[Problem]:
    """The expression of a condition has a meaning, and asks of related rows only for lines that the form enters."""
    for item in steps(world):
        text = item.step.when
        if not text or item.owner.entity not in world.entities:
            continue
        entered = {step.relationship for step in item.owner.steps if step.type == "lines"}
        found = read(world, item.owner.entity, text, "boolean")
        for fault in found.faults:
            yield world.problem(item.owner, f"{item.path}.when", "formula", faults(fault, text))
        asked = {one.relationship for one in aggregates(found.node)} if found.node is not None else set()
        for name in sorted(asked - entered):
            message = told(
                "No step of this form enters {relationship}.{hint}", relationship=name, hint=did_you_mean(name, entered)
            )
            yield world.problem(item.owner, f"{item.path}.when", "unknown-relationship", message)


def step_order(world: World) -> Iterator[Problem]:
    """Steps have names of their own, and what follows a step is one of them."""
    for owner in world.all(MultistepForm):
        keys = [step.key for step in owner.steps]
        if not keys:
            yield world.problem(owner, "steps", "step", told("A multistep form needs a step at least."))
        for index in repeated(keys):
            message = told("The step {step} is there twice; give one another key.", step=keys[index])
            yield world.problem(owner, f"steps.{index}.key", "duplicate-key", message)
        for index, step in enumerate(owner.steps):
            for name in ("next", "otherwise"):
                target = getattr(step, name)
                if target and target not in keys:
                    message = told("There is no step {step!r}.{hint}", step=target[:80], hint=did_you_mean(target, keys))
                    yield world.problem(owner, f"steps.{index}.{name}", "unknown-step", message)


def step_forms(world: World) -> Iterator[Problem]:
    """The form of a step is of the entity that is made, that of a line of the entity of the lines."""
    for item in steps(world):
        form = world.find("form", item.step.form) if item.step.form else None
        if not isinstance(form, Form) or not {item.owner.entity, form.entity} <= set(world.entities):
            continue
        if item.step.type == "lines":
            fault = fault_in_lines(world, item, form)
            if fault:
                yield world.problem(item.owner, f"{item.path}.relationship", "unknown-relationship", fault)
        elif form.entity != item.owner.entity:
            message = told(
                "The form {form} is of {entity}, but the multistep form makes a record of {record_entity}.",
                form=form.key,
                entity=form.entity,
                record_entity=item.owner.entity,
            )
            yield world.problem(item.owner, f"{item.path}.form", "step", message)


def fault_in_lines(world: World, item: Placed, form: Form) -> str:
    """Why the relationship of a step of lines does not lead to them."""
    link = world.entities[item.owner.entity].links.get(item.step.relationship)
    if not item.step.relationship:
        return ""
    if link and link.form != "1:N":
        return told("{relationship} is N:N; lines need a 1:N relationship.", relationship=item.step.relationship)
    return fault_in_related(world, item.owner.entity, item.step.relationship, form.entity)


def line_counts(world: World) -> Iterator[Problem]:
    """The fewest lines are no more than the most."""
    for item in steps(world):
        if item.step.min_lines > item.step.max_lines:
            message = told(
                "min_lines ({min_lines}) is more than max_lines ({max_lines}).",
                min_lines=item.step.min_lines,
                max_lines=item.step.max_lines,
            )
            yield world.problem(item.owner, f"{item.path}.min_lines", "step", message)


def totals(world: World) -> Iterator[Problem]:
    """An estimate multiplies two numbers of a line."""
    for item in steps(world):
        form = world.find("form", item.step.form) if item.step.form else None
        if item.step.total and isinstance(form, Form) and form.entity in world.entities:
            for fault in faults_in_total(world, form.entity, item.step):
                yield world.problem(item.owner, f"{item.path}.total", "total", fault)


def faults_in_total(world: World, entity: str, step: Step) -> Iterator[str]:
    """What is wrong with an estimate."""
    paths = [path.strip() for path in step.total.split("*")]
    if len(paths) > 2:
        yield told("An estimate is one path, or two with a star between them.")
        return
    for path in paths:
        try:
            rows = _tiered(world, entity, path)
            if rows is None:
                attribute = world.resolve(entity, path)
            else:
                world.resolve(rows, step.tier)
                attribute = world.resolve(rows, path.rpartition(".")[2])
        except PathError as error:
            yield error.message
            continue
        if attribute.type in TYPES and not TYPES[attribute.type].numeric:
            yield told(
                "{attribute} is of type {type}; a number is needed.", attribute=path, type=Called(attribute.type, "type")
            )


def _tiered(world: World, entity: str, path: str) -> str | None:
    """The entity of the rows of a path lookup.relationship.value; None for a path over lookups alone."""
    lookup, _, rest = path.partition(".")
    attribute = world.attribute(entity, lookup)
    target = world.entities.get(attribute.target) if attribute is not None else None
    link = target.links.get(rest.partition(".")[0]) if target is not None else None
    return link.entity if link is not None and link.form == "1:N" else None


def currencies(world: World) -> Iterator[Problem]:
    """The currency of an estimate is a code, or an attribute of the contact."""
    for item in steps(world):
        declared = item.step.total_currency
        if declared.startswith("@contact."):
            try:
                world.resolve("contact", declared.removeprefix("@contact."))
            except PathError as error:
                yield world.problem(item.owner, f"{item.path}.total_currency", error.code, error.message)
        elif declared and not (len(declared) == CODE_LENGTH and declared.isascii() and declared.isupper()):
            message = told("{currency!r} is no currency; write a code such as SEK, or @contact.<path>.", currency=declared[:80])
            yield world.problem(item.owner, f"{item.path}.total_currency", "value", message)


def once(world: World) -> Iterator[Problem]:
    """By whom a record was made is told by a lookup to the contact."""
    for owner in world.all(MultistepForm):
        attribute = world.attribute(owner.entity, owner.once_by) if owner.once_by else None
        if attribute is not None and attribute.target != "contact":
            message = told("{attribute} does not point at the contact alone; name a lookup that does.", attribute=owner.once_by)
            yield world.problem(owner, "once_by", "once", message)


def requirements(world: World) -> Iterator[Problem]:
    """What a person must have before beginning are attributes of the contact."""
    for owner in world.all(MultistepForm):
        for index, path in enumerate(owner.requires):
            try:
                world.resolve("contact", path)
            except PathError as error:
                yield world.problem(owner, f"requires.{index}", error.code, error.message)


def captchas(world: World) -> Iterator[Problem]:
    """Who is asked for a captcha by the form of a step is asked by the multistep form, which is what is sent."""
    forms = {form.key: form for form in world.all(Form)}
    for multi in world.all(MultistepForm):
        for index, step in enumerate(multi.steps):
            form = forms.get(step.form)
            if form is None or multi.captcha in ("everybody", form.captcha):
                continue
            if form.captcha == "everybody" or (form.captcha and multi.anonymous):
                message = told(
                    "{form} asks for a captcha, which a step does not; write captcha: {captcha} beside the steps.",
                    form=form.key,
                    captcha=form.captcha,
                )
                yield world.problem(multi, f"steps.{index}.form", "captcha", message)


def strangers(world: World) -> Iterator[Problem]:
    """What is asked of the person's contact is asked of people who are signed in."""
    for multi in world.all(MultistepForm):
        for name in ("once_by", "requires"):
            if multi.anonymous and getattr(multi, name):
                message = told("{property} is about the contact of who is signed in; remove it, or anonymous.", property=name)
                yield world.problem(multi, name, "anonymous", message)


RULES = (
    captchas,
    strangers,
    step_needs,
    conditions,
    step_order,
    step_forms,
    line_counts,
    totals,
    currencies,
    requirements,
    once,
)
