"""Which entities offer their rows by name: as values of a lookup on a form, of a list's filter, or in imported files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from metadata.model import Attribute, Entity, Form, FormField, ListComponent, MultistepForm, Page, View

Lookups = Mapping[str, Mapping[str, Attribute]]
"""By entity its lookups by their keys."""
INDEXED = ("text", "email", "phone")
LONGEST_NAME = 600
"""Characters of a name that an index is made of: PostgreSQL refuses rows whose entry in one is larger than 2.7 KB."""


@dataclass(frozen=True, slots=True)
class Offering:
    """The components from which it follows what is offered by name."""

    entities: tuple[Entity, ...]
    forms: tuple[Form, ...]
    lists: tuple[ListComponent, ...]
    views: tuple[View, ...]
    pages: tuple[Page, ...]
    multistep_forms: tuple[MultistepForm, ...]


def offered_by_name(given: Offering) -> dict[str, str]:
    """The entities whose rows people look up by their primary name, with that attribute, where it needs an index.

    Where a view says what is offered, the index of its sort serves. A name that is unique has an index already.
    """
    known = {entity.key: entity for entity in given.entities}
    lookups = {entity.key: {one.key: one for one in entity.attributes if one.type == "lookup"} for entity in given.entities}
    entered, imported = _entered(given), {item.imports.form for item in given.lists if item.imports is not None}
    of_view = {view.key: view.entity for view in given.views}
    wanted: set[str] = set()
    for form in given.forms:
        if form.key in entered or form.key in imported:
            wanted.update(_of_form(lookups, form, imported=form.key in imported))
    for item in given.lists:
        for filter in item.filters:
            if filter.attribute and not filter.view:
                wanted.update(_targets(_leaf(lookups, of_view[item.views[0]], filter.attribute)))
    found = ((key, _name_to_index(known[key])) for key in sorted(wanted))
    return {key: name for key, name in found if name}


def _entered(given: Offering) -> set[str]:
    """The forms in which people enter something: all that are named but as what only shows a record."""
    blocks = (block for page in given.pages for block in page.blocks)
    found = {block.form for block in blocks if block.type != "form" or block.mode != "read"}
    found.update(step.form for item in given.multistep_forms for step in item.steps)
    found.update(item.board.form for item in given.lists if item.board is not None)
    for section in (section for form in given.forms for tab in form.tabs for section in tab.sections):
        found.update(field.create_form for field in section.fields)
        if section.related is not None:
            found.update((section.related.create_form, section.related.edit_form))
    return found


def _of_form(lookups: Lookups, form: Form, *, imported: bool) -> Iterator[str]:
    for field in (one for tab in form.tabs for section in tab.sections for one in section.fields):
        if _asked(field) and (imported or not field.view):
            yield from _targets(_leaf(lookups, form.entity, field.attribute))


def _asked(field: FormField) -> bool:
    return not field.read_only and not field.hidden and field.set_on_save is None


def _targets(attribute: Attribute | None) -> tuple[str, ...]:
    if attribute is None:
        return ()
    return attribute.targets or (attribute.target,)


def _leaf(lookups: Lookups, entity: str, path: str) -> Attribute | None:
    """The lookup at the end of a path; none of those that every entity has leads to rows to choose from."""
    attribute = None
    for key in path.split("."):
        attribute = lookups[entity].get(key)
        if attribute is None:
            return None
        entity = attribute.target or entity
    return attribute


def _name_to_index(entity: Entity) -> str:
    name = next((one for one in entity.attributes if one.key == entity.primary_name), None)
    if name is None or name.formula or name.type not in INDEXED or (name.max_length or 0) > LONGEST_NAME:
        return ""
    return "" if any(key.attributes == (name.key,) for key in entity.keys) else name.key
