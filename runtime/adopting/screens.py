"""A first view and first forms of an entity, and for a site a list, its pages and an entry of the menu."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from metadata.model import (
    Attribute,
    Block,
    Component,
    ComponentId,
    Form,
    FormField,
    ListComponent,
    Page,
    RelatedList,
    RowAction,
    Section,
    Sort,
    Tab,
    View,
    ViewColumn,
    WebLink,
    WebLinkSet,
)
from metadata.text import Text
from metadata.types import TYPES
from runtime.adopting import naming
from runtime.adopting.findings import NOTE, Notes, why
from runtime.adopting.known import World, columns_of
from runtime.adopting.making import Made

MOST_COLUMNS = 7
MOST_RELATED = 6
IN_ADDRESS = ("text", "integer", "unique_id")
NEVER_IN_A_COLUMN = ("long_text",)
NOT_SORTED = ("long_text", "lookup", "unique_id")


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


def _key(world: World, kind: str, entity: str, end: str, site: str = "") -> str:
    key = naming.free(f"{entity.replace('_', '-')}{end}", world.taken(kind, site), "-")
    world.taken(kind, site).add(key)
    return key


def _title(made: Made) -> Text:
    return Text.of(naming.words(made.draft.table.name.rpartition(".")[2]))


def _view(made: Made, world: World) -> View:
    attributes = {item.key: item for item in made.entity.attributes}
    first = [*made.table_map.integration_key, made.entity.primary_name]
    ordered = dict.fromkeys(key for key in (*first, *attributes) if key)
    shown = [key for key in ordered if attributes[key].type not in NEVER_IN_A_COLUMN or key in first][:MOST_COLUMNS]
    sorted_by = (key for key in first if key and attributes[key].type not in NOT_SORTED and TYPES[attributes[key].type].ordered)
    return View(
        key=_key(world, "view", made.entity.key, ""),
        entity=made.entity.key,
        label=_title(made),
        columns=tuple(ViewColumn(attribute=key) for key in shown),
        sort=tuple(Sort(attribute=key) for key in dict.fromkeys(sorted_by)),
    )


def _screens(made: Made, views: dict[str, View], tables: Sequence[Made], world: World, notes: Notes) -> Screens:
    key, title = made.entity.key, _title(made)
    fields = tuple(FormField(attribute=part.attribute.key) for part in made.added)
    read = Form(
        key=_key(world, "form", key, ""),
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
    key = _key(world, "form", made.entity.key, end)
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
    pages = [item for item in world.components.values() if isinstance(item, Page) and item.site == site]
    root = next((page for page in pages if not page.parent), None)
    if found is None or root is None:
        notes.add("", "", NOTE, why("no_root", site=site))
        return
    parts = {page.partial_url.lower() for page in pages if page.parent == root.key}
    links: list[WebLink] = []
    for item in screens:
        listed = _key(world, "page", item.made.entity.key, "-list", site)
        part = naming.free(item.made.entity.key.replace("_", "-"), parts, "-")
        parts.add(part)
        yield from _of_site(item, site, root.key, (listed, part), world)
        links.append(WebLink(page=listed))
    menu = world.components.get(ComponentId("web_link_set", found.menu, site)) if found.menu else None
    if isinstance(menu, WebLinkSet):
        yield replace(menu, links=(*menu.links, *links))
    elif links:
        notes.add("", "", NOTE, why("no_menu", site=site))


def _of_site(item: Screens, site: str, root: str, place: tuple[str, str], world: World) -> Iterator[Component]:
    made, (listed, part) = item.made, place
    entity, title = made.entity.key, _title(made)
    record = _key(world, "page", entity, "", site)
    edit = _key(world, "page", entity, "-edit", site) if item.edit else ""
    insert = _key(world, "page", entity, "-new", site) if item.insert else ""
    actions = [RowAction(type="details", page=record), *([RowAction(type="edit", page=edit)] if edit else [])]
    rows = ListComponent(
        key=_key(world, "list", entity, "", site),
        site=site,
        label=title,
        views=(item.view.key,),
        create_page=insert,
        actions=tuple(actions),
    )
    yield rows
    blocks = (Block(type="list", list=rows.key),)
    yield Page(key=listed, site=site, label=title, parent=root, partial_url=part, blocks=blocks)
    yield Page(
        key=record,
        site=site,
        label=title,
        parent=listed,
        record_entity=entity,
        record_key=_in_address(made),
        blocks=(Block(type="form", form=item.read.key),),
    )
    if item.edit:
        yield _writing(edit, site, title, record, "edit", item.edit)
    if item.insert:
        yield _writing(insert, site, title, listed, "insert", item.insert)


def _writing(key: str, site: str, title: Text, parent: str, mode: str, form: Form) -> Page:
    block = Block(type="form", form=form.key, mode=mode)
    part = "new" if mode == "insert" else mode
    return Page(key=key, site=site, label=title, parent=parent, partial_url=part, blocks=(block,), hidden=True)


def _in_address(made: Made) -> str:
    """The attribute that stands in the address of a record: a key of one attribute, or the row's own."""
    kinds = {item.key: item.type for item in made.entity.attributes}
    alone = [key.attributes[0] for key in made.entity.keys if len(key.attributes) == 1]
    return next((key for key in alone if kinds[key] in IN_ADDRESS), "id")
