"""Rules on forms: what stands on them fits their entity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from metadata.checks.values import fault_in
from metadata.checks.world import World, relationship_name, repeated, targets_of
from metadata.errors import Problem
from metadata.model import Form, FormField, RelatedList, View
from metadata.schema.faults import did_you_mean
from metadata.system import RESERVED_KEYS
from metadata.told import Called, told

PREPOPULATE = ("@contact.", "@query.", "@=")
ON_SAVE = ("@contact.", "@query.", "@record.", "@=")


def fields(form: Form) -> Iterator[tuple[str, FormField]]:
    """The fields of a form with their paths of keys."""
    for index, field in enumerate(form.summary):
        yield f"summary.{index}", field
    for tab_index, tab in enumerate(form.tabs):
        for index, section in enumerate(tab.sections):
            for number, field in enumerate(section.fields):
                yield f"tabs.{tab_index}.sections.{index}.fields.{number}", field


def narrowings(world: World) -> Iterator[Problem]:
    """A lookup is narrowed by one that stands before it and is asked for, over a path that leads to its rows."""
    for form in world.all(Form):
        asked: list[str] = []
        for path, field in fields(form):
            if field.narrowed_by or field.narrowed_path:
                fault = fault_in_narrowing(world, form, field, asked)
                if fault:
                    yield world.problem(form, f"{path}.{fault[0]}", "narrowing", fault[1])
            if not field.hidden and not field.read_only:
                asked.append(field.attribute)


def fault_in_narrowing(world: World, form: Form, field: FormField, asked: list[str]) -> tuple[str, str] | None:
    """What is wrong with how a lookup is narrowed: at which property, and why."""
    own, other = (world.attribute(form.entity, name) for name in (field.attribute, field.narrowed_by))
    if not field.narrowed_by or not field.narrowed_path:
        return "narrowed_by", told("A lookup is narrowed by another one over a path; give both narrowed_by and narrowed_path.")
    if own is None or own.type != "lookup" or own.targets:
        return "narrowed_by", told(
            "{attribute} is no lookup to one entity; only such a one can be narrowed.", attribute=field.attribute
        )
    if field.narrowed_by not in asked:
        hint = did_you_mean(field.narrowed_by, asked)
        return "narrowed_by", told(
            "No lookup {narrowed_by!r} is asked for before it on this form.{hint}",
            narrowed_by=field.narrowed_by[:80],
            hint=hint,
        )
    target = world.attribute(own.target, field.narrowed_path)
    if other is None or target is None or not set(targets_of(target)) & set(targets_of(other)):
        return (
            "narrowed_path",
            told(
                "{narrowed_path} does not lead from {target} to the rows of {narrowed_by}.",
                narrowed_path=field.narrowed_path[:80],
                target=own.target,
                narrowed_by=field.narrowed_by,
            ),
        )
    return None


def made_on_the_spot(world: World) -> Iterator[Problem]:
    """A new row of a lookup is made by a form of the entity that it points at."""
    for form in world.all(Form):
        for path, field in fields(form):
            made = world.find("form", field.create_form) if field.create_form else None
            attribute = world.attribute(form.entity, field.attribute)
            if made is None or attribute is None:
                continue
            if attribute.type != "lookup" or attribute.targets:
                message = told(
                    "{attribute} is no lookup to one entity; only such a one can get a new row.", attribute=field.attribute
                )
                yield world.problem(form, f"{path}.create_form", "create-form", message)
            elif made.entity != attribute.target:
                message = told(
                    "The form {form} is of {entity}, and {attribute} points at {target}.",
                    form=made.key,
                    entity=made.entity,
                    attribute=field.attribute,
                    target=attribute.target,
                )
                yield world.problem(form, f"{path}.create_form", "create-form", message)


def numbers_of_options(world: World) -> Iterator[Problem]:
    """How many options are to be chosen is said of several options, and can be met."""
    for form in world.all(Form):
        for path, field in fields(form):
            if not (field.fewest or field.most):
                continue
            attribute = world.attribute(form.entity, field.attribute)
            if attribute is not None and attribute.type != "choices":
                message = told(
                    "{attribute} is of type {type}; fewest and most are for choices.",
                    attribute=field.attribute,
                    type=Called(attribute.type, "type"),
                )
                yield world.problem(form, f"{path}.{'fewest' if field.fewest else 'most'}", "choice-needed", message)
            elif field.most and field.most < field.fewest:
                message = told("fewest ({fewest}) is more than most ({most}).", fewest=field.fewest, most=field.most)
                yield world.problem(form, f"{path}.fewest", "value", message)


def related_lists(form: Form) -> Iterator[tuple[str, RelatedList]]:
    """The related lists of a form with their paths of keys."""
    for tab_index, tab in enumerate(form.tabs):
        for index, section in enumerate(tab.sections):
            if section.related:
                yield f"tabs.{tab_index}.sections.{index}.related", section.related


def choice_attributes(world: World) -> Iterator[Problem]:
    """The status and the progress of a form are choices, and its steps are their options."""
    for form in world.all(Form):
        progress = form.progress.attribute if form.progress else ""
        for path, key in (("status", form.status), ("progress.attribute", progress)):
            attribute = world.attribute(form.entity, key) if key else None
            if attribute and attribute.type != "choice":
                message = told(
                    "{attribute} is of type {type}; a choice is needed here.",
                    attribute=key,
                    type=Called(attribute.type, "type"),
                )
                yield world.problem(form, path, "choice-needed", message)


def progress_steps(world: World) -> Iterator[Problem]:
    """The steps of a progress line are options of its choice, dated by date attributes."""
    for form in world.all(Form):
        if not form.progress:
            continue
        attribute = world.attribute(form.entity, form.progress.attribute)
        options = world.options(attribute) if attribute else None
        named = [(f"steps.{index}", step) for index, step in enumerate(form.progress.steps)]
        named += [(f"dates.{step}", step) for step, _ in form.progress.dates]
        for path, step in named:
            if options is not None and step not in options:
                message = told(
                    "{option!r} is no option of {attribute}.{hint}",
                    option=step[:80],
                    attribute=form.progress.attribute,
                    hint=did_you_mean(step, options),
                )
                yield world.problem(form, f"progress.{path}", "unknown-option", message)
        for step, path in form.progress.dates:
            date = world.attribute(form.entity, path)
            if form.entity in world.entities and (date is None or date.type not in ("date", "datetime")):
                message = told("{attribute!r} is no date of {entity}.", attribute=path[:80], entity=form.entity)
                yield world.problem(form, f"progress.dates.{step}", "date-needed", message)


def values(world: World) -> Iterator[Problem]:
    """What a form fills in are values that the attributes can have."""
    for form in world.all(Form):
        for path, field in fields(form):
            attribute = world.attribute(form.entity, field.attribute)
            for name, words in (("prepopulate", PREPOPULATE), ("set_on_save", ON_SAVE)):
                value: Any = getattr(field, name)
                fault = fault_in(world, attribute, value, words) if attribute and value is not None else ""
                fault = fault or fault_in_record_path(world, form, value)
                if fault:
                    yield world.problem(form, f"{path}.{name}", "value", fault)


def fault_in_record_path(world: World, form: Form, value: Any) -> str:
    """Where a word @record.<path> leads nowhere."""
    if not isinstance(value, str) or not value.startswith("@record.") or form.entity not in world.entities:
        return ""
    path = value.removeprefix("@record.")
    return (
        ""
        if world.attribute(form.entity, path)
        else told(
            "The entity {entity} has no {attribute!r} for {word}.", entity=form.entity, attribute=path[:80], word=value[:80]
        )
    )


def written_fields(world: World) -> Iterator[Problem]:
    """What a form sets on save is an attribute of the entity itself that the engine does not keep."""
    for form in world.all(Form):
        for path, field in fields(form):
            if field.set_on_save is not None and ("." in field.attribute or field.attribute in RESERVED_KEYS):
                message = told(
                    "{attribute} cannot be written by a form of {entity}.", attribute=field.attribute, entity=form.entity
                )
                yield world.problem(form, f"{path}.attribute", "read-only", message)


def lookup_views(world: World) -> Iterator[Problem]:
    """The view of a lookup field shows rows that the lookup may point at."""
    for form in world.all(Form):
        for path, field in fields(form):
            attribute = world.attribute(form.entity, field.attribute)
            view = world.find("view", field.view) if field.view else None
            if attribute and isinstance(view, View) and view.entity not in targets_of(attribute):
                message = told(
                    "The view {view} shows {entity}, which {attribute} does not point at.",
                    view=view.key,
                    entity=view.entity,
                    attribute=field.attribute,
                )
                yield world.problem(form, f"{path}.view", "lookup-view", message)


def sections(world: World) -> Iterator[Problem]:
    """A section has fields or a related list; tabs have names of their own."""
    for form in world.all(Form):
        for index in repeated([tab.key for tab in form.tabs]):
            message = told("The tab {tab} is there twice; give one another key.", tab=form.tabs[index].key)
            yield world.problem(form, f"tabs.{index}.key", "duplicate-key", message)
        for tab_index, tab in enumerate(form.tabs):
            for index, section in enumerate(tab.sections):
                if section.fields and section.related:
                    path = f"tabs.{tab_index}.sections.{index}"
                    message = told("A section has either fields or a related list; make it two sections.")
                    yield world.problem(form, path, "section", message)


def related(world: World) -> Iterator[Problem]:
    """A related list shows rows that a relationship of the form's entity leads to."""
    for form in world.all(Form):
        for path, item in related_lists(form):
            view = world.find("view", item.view)
            if form.entity in world.entities and isinstance(view, View) and view.entity in world.entities:
                fault = fault_in_related(world, form.entity, item.relationship, view.entity)
                if fault:
                    yield world.problem(form, f"{path}.relationship", "unknown-relationship", fault)


def related_actions(world: World) -> Iterator[Problem]:
    """What a related list offers is of its own rows, and leaves none without what it needs."""
    for form in world.all(Form):
        for path, item in related_lists(form):
            view = world.find("view", item.view)
            if not isinstance(view, View):
                continue
            for name, kind in (("create_form", "form"), ("edit_form", "form"), ("link_view", "view")):
                other = world.find(kind, getattr(item, name)) if getattr(item, name) else None
                if other is not None and other.entity != view.entity:
                    message = told(
                        "The {kind} {component} is of {entity}, but the rows are of {rows_entity}.",
                        kind=Called(kind, "kind"),
                        component=other.key,
                        entity=other.entity,
                        rows_entity=view.entity,
                    )
                    yield world.problem(form, f"{path}.{name}", "related", message)
            if item.unlink and (needed := _needed_lookup(world, form.entity, item.relationship, view.entity)):
                message = told(
                    "Every {entity} needs its {lookup}, so none can be taken off; offer to delete it instead.",
                    entity=view.entity,
                    lookup=needed,
                )
                yield world.problem(form, f"{path}.unlink", "related", message)


def _needed_lookup(world: World, entity: str, relationship: str, shown: str) -> str:
    """The lookup behind a 1:N relationship, where no row may be without it."""
    facts = world.entities.get(shown)
    for attribute in facts.attributes.values() if facts else ():
        named = relationship_name(facts.model, attribute) == relationship if facts and relationship else True
        if entity in targets_of(attribute) and named and attribute.required == "required":
            return attribute.key
    return ""


def fault_in_related(world: World, entity: str, relationship: str, shown: str) -> str:
    """Why a relationship does not lead from an entity to the rows shown; it may be left out where there is one only."""
    links = world.entities[entity].links
    leading = [name for name, link in links.items() if link.entity == shown]
    if not relationship:
        many = (
            told("say which of {relationships}", relationships=", ".join(leading))
            if leading
            else told("nothing of {rows_entity} points at {entity}", rows_entity=shown, entity=entity)
        )
        return "" if len(leading) == 1 else told("relationship: is needed: {many}.", many=many)
    if relationship not in links:
        return told(
            "{entity} has no relationship {relationship!r}.{hint}",
            entity=entity,
            relationship=relationship[:80],
            hint=did_you_mean(relationship, links),
        )
    if relationship not in leading:
        return told(
            "{relationship} leads to {entity}, but the rows are of {rows_entity}.",
            relationship=relationship,
            entity=links[relationship].entity,
            rows_entity=shown,
        )
    return ""


RULES = (
    narrowings,
    made_on_the_spot,
    numbers_of_options,
    choice_attributes,
    progress_steps,
    values,
    written_fields,
    lookup_views,
    sections,
    related,
    related_actions,
)
