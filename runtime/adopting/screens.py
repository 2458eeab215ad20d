"""A first view and first forms of an entity, and for a site a list, its pages and an entry of the menu."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metadata.model import Attribute, Component, Form, FormField, RelatedList, Section, Tab, View
from metadata.text import Text
from runtime.adopting import naming
from runtime.adopting.findings import NOTE, Notes, why
from runtime.adopting.known import World, columns_of
from runtime.adopting.laid_out import Place, Shown, first_view, free_key, list_and_pages, longer_menu, pages_of, taken_parts
from runtime.adopting.making import Made

MOST_RELATED = 6


@dataclass(frozen=True, slots=True)
class Screens:
    """The view and forms of one entity. `edit` and `insert` are there where changes go back."""

    made: Made
    view: View
    read: Form
    edit: Form | None
    insert: Form | None

    @property
    def components(self) -> tuple[Component, ...]:
        """What is to be saved."""
        return (self.view, *(form for form in (self.read, self.edit, self.insert) if form is not None))


def make_screens(tables: Sequence[Made], world: World, notes: Notes) -> tuple[Screens, ...]:
    """For every new entity a view and forms; the form that is read shows the rows that point at the record."""
    views = {made.entity.key: _view(made, world) for made in tables}
    return tuple(_screens(made, views, tables, world, notes) for made in tables)


def _title(made: Made) -> Text:
    return Text.of(naming.words(made.draft.table.name.rpartition(".")[2]))


def _view(made: Made, world: World) -> View:
    return first_view(world, made.entity, _title(made), (*made.table_map.integration_key, made.entity.primary_name))


def _screens(made: Made, views: dict[str, View], tables: Sequence[Made], world: World, notes: Notes) -> Screens:
    key, title = made.entity.key, _title(made)
    fields = tuple(FormField(attribute=part.attribute.key) for part in made.added)
    read = Form(
        key=free_key(world, "form", key),
        entity=key,
        label=title,
        tabs=(Tab(sections=(Section(columns=2, fields=fields), *_related(made, views, tables, notes))),),
    )
    changed = [part for part in made.added if part.mapped.direction == "both"]
    if not changed:
        return Screens(made, views[key], read, None, None)
    of_key = made.table_map.integration_key
    edit = _form(made, world, "-edit", [_field(made, part.attribute) for part in changed if part.attribute.key not in of_key])
    insert = None
    if not made.numbered:
        insert = _form(made, world, "-new", [_field(made, part.attribute) for part in changed])
    return Screens(made, views[key], read, edit, insert)


def _field(made: Made, attribute: Attribute) -> FormField:
    """A field, which must be filled in where the outside takes nothing empty."""
    mapped = next(part.mapped for part in made.added if part.attribute.key == attribute.key)
    columns = [made.draft.table.by_name[name] for name in columns_of(mapped)]
    needed = any(column.needed for column in columns) or attribute.key in made.table_map.integration_key
    return FormField(attribute=attribute.key, required=True if needed and attribute.type != "boolean" else None)


def _form(made: Made, world: World, end: str, fields: list[FormField]) -> Form | None:
    if not fields:
        return None
    sections = (Section(fields=tuple(fields)),)
    key = free_key(world, "form", made.entity.key, end)
    return Form(key=key, entity=made.entity.key, label=_title(made), tabs=(Tab(sections=sections),))


def _related(made: Made, views: dict[str, View], tables: Sequence[Made], notes: Notes) -> Iterator[Section]:
    pointing = [(other, item) for other in tables for item in _lookups(other, made.entity.key)]
    for other, item in pointing[:MOST_RELATED]:
        related = RelatedList(relationship=item.relationship, view=views[other.entity.key].key, label=_title(other))
        yield Section(related=related)
    if len(pointing) > MOST_RELATED:
        left = len(pointing) - MOST_RELATED
        notes.add(made.draft.table.name, "", NOTE, why("more_lists", count=left))


def _lookups(made: Made, target: str) -> list[Attribute]:
    return [part.attribute for part in made.added if part.attribute.target == target]


def make_pages(screens: Sequence[Screens], site: str, world: World, notes: Notes) -> Iterator[Component]:
    """Lists, pages and entries of the menu; the menu is the site's with entries added at its end."""
    found = world.site(site)
    pages = pages_of(world, site)
    root = next((page for page in pages if not page.parent), None)
    if found is None or root is None:
        notes.add("", "", NOTE, why("no_root", site=site))
        return
    parts = taken_parts(pages, root.key)
    added: list[str] = []
    for item in screens:
        entity, title = item.made.entity, _title(item.made)
        listed, record = (free_key(world, "page", entity.key, end, site) for end in ("-list", ""))
        part = naming.free(entity.key.replace("_", "-"), parts, "-")
        parts.add(part)
        shown = Shown(entity, title, title, item.view, item.read, item.insert, item.edit)
        yield from list_and_pages(world, shown, Place(site, root.key, listed, record, part))
        added.append(listed)
    menu = longer_menu(world, site, added)
    if menu is not None:
        yield menu
    elif added:
        notes.add("", "", NOTE, why("no_menu", site=site))
