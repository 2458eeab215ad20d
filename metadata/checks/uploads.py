"""Rules on forms that take several files at once: each becomes a related row, which must be able to come of a file alone."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.forms import fields, related_lists
from metadata.checks.multistep import steps
from metadata.checks.world import EntityFacts, World, relationship_name, targets_of
from metadata.errors import Problem
from metadata.model import Attribute, Form, RelatedList, View
from metadata.schema.faults import did_you_mean
from metadata.told import told

FILES = ("file", "image")
TEXTS = ("text", "long_text")


def uploads(world: World) -> Iterator[Problem]:
    """A related list that takes files names a file attribute of rows that a file is enough for, and a number that can be."""
    for form in world.all(Form):
        for path, item in related_lists(form):
            if not item.upload:
                if item.min_count:
                    message = told("min_count counts files that the form takes; name their attribute in upload, too.")
                    yield world.problem(form, f"{path}.min_count", "upload", message)
                continue
            view = world.find("view", item.view)
            far = world.entities.get(view.entity) if isinstance(view, View) else None
            if far is not None and form.entity in world.entities:
                for name, fault in _faults(form, item, far):
                    yield world.problem(form, f"{path}.{name}", "upload", fault)


def _faults(form: Form, item: RelatedList, far: EntityFacts) -> Iterator[tuple[str, str]]:
    """What is wrong with a list that takes files: at which property, and why."""
    own = far.attributes.get(item.upload)
    if own is None or own.type not in FILES:
        held = [key for key, attribute in far.attributes.items() if attribute.type in FILES]
        hint = did_you_mean(item.upload, held)
        yield "upload", told("{entity} has no file {attribute!r}.{hint}", entity=far.key, attribute=item.upload[:80], hint=hint)
        return
    lookup = lookup_back(form, item, far)
    if lookup is None:
        yield "relationship", told("Files become rows with a lookup to the record; name a 1:N relationship.")
        return
    if lookup.max_count is not None and item.min_count > lookup.max_count:
        yield (
            "min_count",
            told(
                "min_count ({fewest}) is more than max_count of {attribute} ({most}).",
                fewest=item.min_count,
                attribute=lookup.key,
                most=lookup.max_count,
            ),
        )
    given = {lookup.key, item.upload, far.model.primary_name if is_named_by_file(far) else ""}
    for attribute in far.model.attributes:
        if attribute.required == "required" and attribute.key not in given and not _given_anyway(attribute):
            yield (
                "upload",
                told(
                    "A {entity} needs its {attribute}, which a file does not give; give it a default.",
                    entity=far.key,
                    attribute=attribute.key,
                ),
            )


def lookup_back(form: Form, item: RelatedList, far: EntityFacts) -> Attribute | None:
    """The lookup of related rows to the record, where there is one."""
    found = [
        attribute
        for attribute in far.model.attributes
        if form.entity in targets_of(attribute) and item.relationship in ("", relationship_name(far.model, attribute))
    ]
    return found[0] if len(found) == 1 else None


def is_named_by_file(far: EntityFacts) -> bool:
    """Whether a row that is made of a file gets the name of the file as its own."""
    name = far.attributes.get(far.model.primary_name)
    return name is not None and name.type in TEXTS and not name.formula


def _given_anyway(attribute: Attribute) -> bool:
    return attribute.default is not None or bool(attribute.formula) or attribute.type == "auto_number"


def elsewhere(world: World) -> Iterator[Problem]:
    """A form that takes files as related rows stands on a page, not in a step of another form or over one."""
    taking = {form.key for form in world.all(Form) if any(item.upload for _, item in related_lists(form))}
    for step in steps(world):
        if step.step.form in taking:
            message = told(
                "The form {form} takes files as related rows, which a step does not; enter them in a step of lines.",
                form=step.step.form,
            )
            yield world.problem(step.owner, f"{step.path}.form", "upload", message)
    for form in world.all(Form):
        for path, field in fields(form):
            if field.create_form in taking:
                message = told(
                    "The form {form} takes files as related rows, which a form over another does not; name one without.",
                    form=field.create_form,
                )
                yield world.problem(form, f"{path}.create_form", "upload", message)


RULES = (uploads, elsewhere)
