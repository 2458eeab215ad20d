"""The first screens of an entity that somebody has made by hand: a view, forms, a list, pages, an entry and a permission."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from metadata.model import (
    Attribute,
    Component,
    ComponentId,
    Entity,
    EntityPermission,
    Form,
    FormField,
    Language,
    PageAccessRule,
    Section,
    Tab,
    WebRole,
)
from metadata.text import Text
from runtime.adopting import naming
from runtime.adopting.known import World
from runtime.adopting.laid_out import (
    Place,
    Shown,
    first_menu,
    first_view,
    free_key,
    list_and_pages,
    longer_menu,
    pages_of,
    taken_parts,
)

PEOPLE = ("contact", "account")
"""The entities that a lookup leads to where its rows belong to somebody, and the scopes of the same names."""
NEVER_TYPED = ("auto_number",)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made. Without a role nobody gets a permission; `via` is the lookup of the scopes contact and account. The
    titles are those of the pages with forms, the entity's own where missing."""

    site: str
    insert: bool = False
    edit: bool = False
    menu: bool = True
    first_menu: bool = False
    role: str = ""
    scope: str = "global"
    via: str = ""
    insert_title: str = ""
    edit_title: str = ""


def scopes_of(entity: Entity) -> tuple[tuple[str, str], ...]:
    """The scopes that rows of an entity can be given by, each with its lookup: every row, or those of the person or account."""
    led = [(item.target, item.key) for item in entity.attributes if item.type == "lookup" and item.target in PEOPLE]
    return (("global", ""), *sorted(led, key=lambda one: PEOPLE.index(one[0])))


def left_out(entity: Entity, wanted: Wanted, world: World) -> tuple[Attribute, ...]:
    """The lookups that stay off the pages, for the role may not read what they lead to: to it they would always be empty."""
    if not wanted.role:
        return ()
    own = [item for item in world.components.values() if getattr(item, "site", "") == wanted.site]
    held = {wanted.role, *(item.key for item in own if isinstance(item, WebRole) and item.default)}
    given = [item for item in own if isinstance(item, EntityPermission) and item.active and held.intersection(item.roles)]
    readable = {entity.key, *(item.entity for item in given if "read" in item.privileges)}
    return tuple(
        item
        for item in entity.attributes
        if item.type == "lookup" and not readable.intersection((item.target, *item.targets)) and item.key != entity.primary_name
    )


def has_root(world: World, site: str) -> bool:
    """Whether the site has a page that others can stand below."""
    return any(not page.parent for page in pages_of(world, site))


@dataclass(frozen=True, slots=True)
class _Making:
    entity: Entity
    wanted: Wanted
    world: World

    @property
    def one(self) -> Text:
        return self.spoken(self.entity.label) or Text.of(naming.words(self.entity.key))

    @property
    def several(self) -> Text:
        return self.spoken(self.entity.plural) or self.one

    def spoken(self, text: Text) -> Text:
        """A text in the languages that there are; those of what every installation has speak more."""
        tags = {item.key for item in self.world.components.values() if isinstance(item, Language)}
        known = {"", *tags, *(tag.partition("-")[0] for tag in tags)}
        kept = {tag: said for tag, said in text.values if tag in known}
        return Text.of(kept or text.in_language("en"))

    def titled(self, title: str) -> Text:
        return Text.of(title) if title else self.one

    def key(self, kind: str, end: str = "", site: str = "") -> str:
        return free_key(self.world, kind, self.entity.key, end, site)

    def form(self, end: str, label: Text, fields: list[FormField], columns: int = 1) -> Form:
        sections = (Section(columns=columns, fields=tuple(fields)),)
        return Form(key=self.key("form", end), entity=self.entity.key, label=label, tabs=(Tab(sections=sections),))

    @property
    def shown(self) -> list[Attribute]:
        """What people read."""
        left = left_out(self.entity, self.wanted, self.world)
        return [item for item in self.entity.attributes if item not in left]

    @property
    def typed(self) -> list[Attribute]:
        """What people fill in. What must be filled in is asked even where the role finds nothing to choose."""
        left = [item for item in left_out(self.entity, self.wanted, self.world) if item.required != "required"]
        given = (item for item in self.entity.attributes if item not in left)
        return [item for item in given if not item.formula and item.type not in NEVER_TYPED]

    def inserted(self) -> list[FormField]:
        """The fields of a new row. The lookup by which it belongs to somebody is set, not asked.

        By the words of the request, for @contact.account is an attribute that the role may not be allowed to read.
        """
        owned = {"contact": "@contact", "account": "@account"}.get(self.wanted.scope)
        fields = [FormField(attribute=item.key) for item in self.typed if item.key != self.wanted.via]
        if owned and self.wanted.via:
            fields.append(FormField(attribute=self.wanted.via, hidden=True, set_on_save=owned))
        return fields

    def changed(self) -> list[FormField]:
        fixed = {item.key for item in self.typed if item.immutable} | {self.wanted.via}
        return [FormField(attribute=item.key) for item in self.typed if item.key not in fixed]


def first_screens(entity: Entity, wanted: Wanted, world: World) -> Iterator[Component]:
    """The components, the page of the list first. A menu that there is comes with the entry at its end;
    a site without one gets one, where that is wanted too."""
    making = _Making(entity, wanted, world)
    pages = pages_of(world, wanted.site)
    root = next(page.key for page in pages if not page.parent)
    view = first_view(world, replace(entity, attributes=tuple(making.shown)), making.several, (entity.primary_name,))
    read = making.form("", making.one, [FormField(attribute=item.key) for item in making.shown], columns=2)
    record, listed = making.key("page", "", wanted.site), making.key("page", "-list", wanted.site)
    insert = (
        replace(making.form("-new", making.titled(wanted.insert_title), making.inserted()), success_page=record)
        if wanted.insert
        else None
    )
    edit = (
        replace(making.form("-edit", making.titled(wanted.edit_title), making.changed()), success_page=record)
        if wanted.edit
        else None
    )
    parts = taken_parts(pages, root)
    part = naming.free(naming.plain(making.several.in_language("en", "en")).replace("_", "-") or entity.key, parts, "-")
    shown = Shown(entity, making.one, making.several, view, read, insert, edit)
    yield from list_and_pages(world, shown, Place(wanted.site, root, listed, record, part))
    menu = longer_menu(world, wanted.site, (listed,)) if wanted.menu else None
    if wanted.menu and wanted.first_menu:
        yield from first_menu(world, wanted.site, (root, listed))
    yield from (item for item in (menu, view, read, insert, edit) if item is not None)
    if wanted.role:
        yield _permission(making)
        yield from _pointed_at(making)
        yield from _kept_to(making, listed)


def _permission(making: _Making) -> EntityPermission:
    wanted, written = making.wanted, making.wanted.insert or making.wanted.edit
    points = any(item.type == "lookup" for item in making.entity.attributes)
    given = (("read", True), ("write", wanted.edit), ("create", wanted.insert), ("append", written and points))
    return EntityPermission(
        key=making.key("entity_permission", f"-{wanted.role}", wanted.site),
        site=wanted.site,
        entity=making.entity.key,
        scope=wanted.scope,
        via=wanted.via,
        privileges=tuple(name for name, held in given if held),
        roles=(wanted.role,),
    )


def _pointed_at(making: _Making) -> Iterator[EntityPermission]:
    """A new row points at the person or account that it belongs to, which needs a permission on that; most roles have it."""
    wanted = making.wanted
    target = wanted.scope
    if not (wanted.insert and wanted.via):
        return
    there = (item for item in making.world.components.values() if isinstance(item, EntityPermission) and item.active)
    held = (item for item in there if (item.entity, item.site) == (target, wanted.site) and wanted.role in item.roles)
    if any("append_to" in item.privileges for item in held):
        return
    key = naming.free(f"{target}-{wanted.role}", making.world.taken("entity_permission", wanted.site), "-")
    scope = "self" if target == "contact" else target
    yield EntityPermission(
        key=key, site=wanted.site, entity=target, scope=scope, privileges=("append_to",), roles=(wanted.role,)
    )


def _kept_to(making: _Making, listed: str) -> Iterator[PageAccessRule]:
    """The pages open for the role alone, unless it is the one of everybody: what others may not read need not be seen empty."""
    wanted = making.wanted
    role = making.world.components.get(ComponentId("web_role", wanted.role, wanted.site))
    if isinstance(role, WebRole) and role.default == "anonymous":
        return
    key = naming.free(listed, making.world.taken("page_access_rule", wanted.site), "-")
    yield PageAccessRule(key=key, site=wanted.site, page=listed, roles=(wanted.role,))
