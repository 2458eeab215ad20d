"""How a first view, list and pages of an entity are laid out, whether a table outside or somebody by hand asked for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from metadata.checks.pages import ENGINE
from metadata.model import (
    Block,
    Component,
    ComponentId,
    Entity,
    Form,
    ListComponent,
    Page,
    RowAction,
    Sort,
    View,
    ViewColumn,
    WebLink,
    WebLinkSet,
)
from metadata.text import Text
from metadata.types import TYPES
from runtime.adopting import naming
from runtime.adopting.known import World

MOST_COLUMNS = 7
IN_ADDRESS = ("text", "integer", "unique_id", "auto_number")
NEVER_IN_A_COLUMN = ("long_text",)
NOT_SORTED = ("long_text", "lookup", "unique_id")


@dataclass(frozen=True, slots=True)
class Shown:
    """What the pages of an entity show, and what they are called: `one` a record, `several` the list. A form that is None has
    no page."""

    entity: Entity
    one: Text
    several: Text
    view: View
    read: Form
    insert: Form | None
    edit: Form | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages go: the site, the page above the list, the pages of list and record, the list's part of the address."""

    site: str
    above: str
    listed: str
    record: str
    part: str


def free_key(world: World, kind: str, entity: str, end: str = "", site: str = "") -> str:
    """A key that is named after the entity and taken from now on."""
    taken = world.taken(kind, site)
    key = naming.free(f"{entity.replace('_', '-')}{end}", taken, "-")
    taken.add(key)
    return key


def pages_of(world: World, site: str) -> list[Page]:
    """The pages of a site that there are."""
    return [item for item in world.components.values() if isinstance(item, Page) and item.site == site]


def taken_parts(pages: Sequence[Page], above: str) -> set[str]:
    """The parts of an address that no further page below this one can have."""
    return {*ENGINE, *(page.partial_url.lower() for page in pages if page.parent == above)}


def first_view(world: World, entity: Entity, label: Text, leading: Collection[str]) -> View:
    """The first columns, those that `leading` names before the others, and sorted by these."""
    attributes = {item.key: item for item in entity.attributes}
    first = [key for key in dict.fromkeys(leading) if key in attributes]
    ordered = dict.fromkeys((*first, *attributes))
    shown = [key for key in ordered if attributes[key].type not in NEVER_IN_A_COLUMN or key in first][:MOST_COLUMNS]
    sort = [key for key in first if attributes[key].type not in NOT_SORTED and TYPES[attributes[key].type].ordered]
    return View(
        key=free_key(world, "view", entity.key),
        entity=entity.key,
        label=label,
        columns=tuple(ViewColumn(attribute=key) for key in shown),
        sort=tuple(Sort(attribute=key) for key in sort),
    )


def list_and_pages(world: World, shown: Shown, place: Place) -> Iterator[Component]:
    """The page of the list first, then the list, the page of a record and those of the forms that write."""
    site, entity = place.site, shown.entity
    insert = free_key(world, "page", entity.key, "-new", site) if shown.insert else ""
    edit = free_key(world, "page", entity.key, "-edit", site) if shown.edit else ""
    actions = [RowAction(type="details", page=place.record), *([RowAction(type="edit", page=edit)] if edit else [])]
    rows = ListComponent(
        key=free_key(world, "list", entity.key, "", site),
        site=site,
        label=shown.several,
        views=(shown.view.key,),
        create_page=insert,
        actions=tuple(actions),
    )
    blocks = (Block(type="list", list=rows.key),)
    yield Page(key=place.listed, site=site, label=shown.several, parent=place.above, partial_url=place.part, blocks=blocks)
    yield rows
    yield Page(
        key=place.record,
        site=site,
        label=shown.one,
        parent=place.listed,
        record_entity=entity.key,
        record_key=_in_address(entity),
        blocks=(Block(type="form", form=shown.read.key),),
    )
    if shown.insert:
        yield _writing(insert, site, place.listed, "insert", shown.insert)
    if shown.edit:
        yield _writing(edit, site, place.record, "edit", shown.edit)


def _writing(key: str, site: str, parent: str, mode: str, form: Form) -> Page:
    block = Block(type="form", form=form.key, mode=mode)
    part = "new" if mode == "insert" else mode
    return Page(key=key, site=site, label=form.label, parent=parent, partial_url=part, blocks=(block,), hidden=True)


def longer_menu(world: World, site: str, pages: Sequence[str]) -> WebLinkSet | None:
    """The site's menu with entries for the pages at its end; None where it has no menu."""
    found = world.site(site)
    menu = world.components.get(ComponentId("web_link_set", found.menu, site)) if found and found.menu else None
    if not isinstance(menu, WebLinkSet):
        return None
    return replace(menu, links=(*menu.links, *(WebLink(page=page) for page in pages)))


def first_menu(world: World, site: str, pages: Sequence[str]) -> tuple[Component, ...]:
    """A menu with entries for the pages, and the site that has it from now on; nothing where the site has a menu already."""
    found = world.site(site)
    if found is None or (found.menu and ComponentId("web_link_set", found.menu, site) in world.components):
        return ()
    key = free_key(world, "web_link_set", found.menu or "main", site)
    menu = WebLinkSet(key=key, site=site, links=tuple(WebLink(page=page) for page in pages))
    return menu, replace(found, menu=key)


def _in_address(entity: Entity) -> str:
    """The attribute that stands in the address of a record: one that no two rows share, or the row's own key."""
    kinds = {item.key: item.type for item in entity.attributes}
    alone = [key.attributes[0] for key in entity.keys if len(key.attributes) == 1]
    return next((key for key in alone if kinds.get(key) in IN_ADDRESS), "id")
