"""What of an entity forms show and take: fields, figures, related lists, what lookups offer, what buttons write."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Literal

from metadata.model import Form, FormField, MultistepForm, Onwards, RecordAction, RelatedList, View
from metadata.snapshot import Snapshot
from runtime.exposure.uses import ROWS, Use, filter_text, within
from runtime.forms.attached import places_of
from runtime.forms.builder import form_fields
from runtime.forms.tiers import tier_path
from runtime.forms.totals import total_paths
from runtime.pages.action_deeds import told_paths
from runtime.pages.sections import form_paths
from runtime.pages.stored_row import asked_paths

Mode = Literal["create", "write"]


def view_uses(snapshot: Snapshot, view: View) -> Iterator[Use]:
    """What a view shows, with the condition under which."""
    where = filter_text(view.filter)
    for column in view.columns:
        for path in (column.attribute, column.second):
            if path:
                yield from shown(snapshot, Use(f"view:{view.key}", view.entity, path, where=where))


def shown(snapshot: Snapshot, use: Use) -> Iterator[Use]:
    """A path that is shown, and for a lookup the names of the rows that it leads to."""
    yield use
    try:
        attribute = snapshot.resolve(use.entity, use.path)[-1]
    except KeyError:
        return
    for target in attribute.targets:
        name = snapshot.entities[target].primary_name.key
        if len(attribute.targets) == 1:
            yield Use(use.surface, use.entity, f"{use.path}.{name}", where=use.where, needs=use.needs)
        else:
            yield Use(f"{use.surface}/{use.path}", target, name, where=use.where, needs=((use.entity, "read"),))


def read_uses(snapshot: Snapshot, form: Form) -> Iterator[Use]:
    """What a form that is read shows, and what its buttons write."""
    surface = f"form:{form.key}"
    for path in form_paths(snapshot, form):
        yield from shown(snapshot, Use(surface, form.entity, path))
    if form.history is not None:
        yield Use(f"{surface}/history", form.entity, ROWS, "history")
        if form.history.restore:
            yield Use(f"{surface}/history/restore", form.entity, ROWS, "write", needs=((form.entity, "history"),))
    for action in form.actions:
        yield from action_uses(snapshot, form, action, surface)
    yield from chain.from_iterable(
        related_uses(snapshot, form, section.related, f"{surface}/related")
        for tab in form.tabs
        for section in tab.sections
        if section.related is not None
    )


def action_uses(snapshot: Snapshot, form: Form, action: RecordAction, surface: str) -> Iterator[Use]:
    """What an action of a form writes, and what of the record it sends away or shows in an address."""
    here = f"{surface}/action:{action.key}"
    for item in action.values:
        yield Use(here, form.entity, item.attribute, "write")
    needs: Any = ((form.entity, "write"),)
    for kind, path in told_paths(snapshot, form.entity, action):
        yield Use(f"{here}/{kind}", form.entity, path, needs=needs)
    if action.onwards is not None:
        yield from onwards_uses(snapshot, form.entity, action.onwards, here, needs)


def onwards_uses(snapshot: Snapshot, entity: str, onwards: Onwards, surface: str, needs: Any = ()) -> Iterator[Use]:
    """What of a record the address gets to which people are led."""
    way = f"{surface}/onwards>{onwards.url}" if onwards.url else f"{surface}/onwards"
    for path in asked_paths(snapshot, entity, [item.value for item in onwards.query]):
        yield Use(way, entity, path, needs=needs)


def row_action_uses(snapshot: Snapshot, form: str, action: str, surface: str) -> Iterator[Use]:
    """What an action of a form does on the rows of a list."""
    found = snapshot.forms[form]
    for item in found.actions:
        if item.key == action:
            yield from action_uses(snapshot, found, item, surface)


def related_uses(snapshot: Snapshot, form: Form, related: RelatedList, surface: str) -> Iterator[Use]:
    """What a related list shows of its rows, and what may be done with them."""
    view = snapshot.views[related.view]
    way = f"{surface}:{related.relationship or view.entity}"
    needs: Any = ((form.entity, "read"),)
    for use in within(view_uses(snapshot, view), way):
        yield Use(use.surface, use.entity, use.path, where=use.where, needs=(*use.needs, *needs))
    for name, mode in ((related.create_form, "create"), (related.edit_form, "write")):
        if name:
            yield from within(entry_uses(snapshot, snapshot.forms[name], mode), way)
    if related.delete:
        yield Use(f"{way}/delete", view.entity, ROWS, "delete")
    for deed in related.actions:
        yield from row_action_uses(snapshot, deed.form, deed.action, way)
    if related.link_view or related.unlink:
        for entity in {form.entity, view.entity}:
            yield Use(f"{way}/link", entity, ROWS, "append")
            yield Use(f"{way}/link", entity, ROWS, "append_to")
    if related.link_view:
        yield from within(view_uses(snapshot, snapshot.views[related.link_view]), f"{way}/link")


def entry_uses(snapshot: Snapshot, form: Form, mode: Any) -> Iterator[Use]:
    """What a form that is filled in shows and takes. What it sets by itself is written as well."""
    surface = f"form:{form.key}"
    for field in form_fields(form):
        if "." in field.attribute:
            continue
        fixed = field.read_only or (field.hidden and field.set_on_save is None)
        if mode == "write" and not field.hidden:
            yield from shown(snapshot, Use(surface, form.entity, field.attribute))
        if not fixed:
            yield Use(surface, form.entity, field.attribute, mode)
    for rule in form.rules:
        for given in rule.default:
            yield Use(surface, form.entity, given.attribute, mode)
    yield Use(surface, form.entity, ROWS, mode)
    if form.onwards is not None:
        yield from onwards_uses(snapshot, form.entity, form.onwards, surface)
    for place in places_of(snapshot, form):
        for path in filter(None, (ROWS, place.lookup.key, place.attribute.key, place.named)):
            way = f"{surface}/files:{place.relationship.key}"
            yield Use(way, place.entity, path, "create", needs=((form.entity, mode),))


def lookup_uses(snapshot: Snapshot, form: Form) -> Iterator[Use]:
    """The rows that lookups of a form offer, wherever the form is: names, small print, and forms for new rows."""
    attributes = snapshot.entities[form.entity].attributes
    for field in form_fields(form):
        attribute = attributes.get(field.attribute)
        if attribute is None or not attribute.targets or field.read_only or field.hidden or field.set_on_save is not None:
            continue
        for mode in ("create", "write"):
            needs: Any = ((form.entity, mode),)
            for use in _offered(snapshot, form, field, attribute.targets):
                yield Use(use.surface, use.entity, use.path, use.action, where=use.where, needs=(*use.needs, *needs))


def _offered(snapshot: Snapshot, form: Form, field: FormField, targets: tuple[str, ...]) -> Iterator[Use]:
    surface = f"lookup:{form.key}.{field.attribute}"
    for target in targets:
        needs: Any = ((target, "append_to"),)
        view = snapshot.views.get(field.view)
        paths = [snapshot.entities[target].primary_name.key]
        if view is not None and view.entity == target:
            paths += [path for column in view.columns for path in (column.attribute, column.second) if path]
        for path in dict.fromkeys(paths):
            yield Use(surface, target, path, where=filter_text(view.filter) if view else "", needs=needs)
    if field.create_form:
        yield from within(entry_uses(snapshot, snapshot.forms[field.create_form], "create"), surface)


def multistep_uses(snapshot: Snapshot, model: MultistepForm) -> Iterator[Use]:
    """What a form in steps takes, and what it asks of other rows for its estimate."""
    for step in model.steps:
        form = snapshot.forms.get(step.form)
        if form is not None:
            yield from within(entry_uses(snapshot, form, "create"), f"multistep:{model.key}")
        if step.total and form is not None:
            for path in total_paths(step.total):
                yield from _estimated(snapshot, f"multistep:{model.key}/estimate", form.entity, path)
    if model.onwards is not None:
        yield from onwards_uses(snapshot, model.entity, model.onwards, f"multistep:{model.key}")
    for path in model.requires:
        yield Use(f"multistep:{model.key}/requires", "contact", path)


def _estimated(snapshot: Snapshot, surface: str, entity: str, path: str) -> Iterator[Use]:
    found = tier_path(snapshot, entity, path)
    if found is None:
        yield Use(surface, entity, path)
    else:
        yield Use(surface, found.entity, found.value)
