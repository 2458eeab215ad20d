"""A list, a record page, forms, an entry of the menu and a permission for an entity, made in one go."""

from __future__ import annotations

from flask import Response, flash, request

from metadata.compiler import assign_site
from metadata.model import Attribute, Component, ComponentId, component_id
from metadata.store import EditedMeanwhile
from runtime.adopting.adopting import as_stored
from runtime.adopting.by_hand import Wanted, first_screens, has_root, left_out, scopes_of
from runtime.adopting.known import World
from runtime.errors import AccessDenied, BadRequest, ChangedMeanwhile, PageNotFound
from runtime.studio.bench import Item
from runtime.studio.desk import Desk, open_desk
from runtime.studio.permissions.cells import columns
from runtime.studio.uses import uses_of
from runtime.studio.viewing.window import look_as_holder

KIND = "entity"
PERMISSION = "entity_permission"


def screens(key: str) -> Response:
    """What would be made, to be chosen from."""
    desk, item = _desk(key)
    world, _ = _world(desk)
    return _page(desk, item, world)


def submit_screens(key: str) -> Response:
    """Make it, as drafts, and go to the page with the list. Raises BadRequest for what the page does not offer."""
    desk, item = _desk(key)
    world, stored = _world(desk)
    entity = world.entities.get(key)
    if entity is None or not has_root(world, desk.reach.site) or not entity.attributes:
        return _page(desk, item, world, status=422)
    wanted = _wanted(desk, desk.label(item))
    if wanted.role and (wanted.scope, wanted.via) not in scopes_of(entity):
        raise BadRequest
    made = [as_stored(one, stored) for one in first_screens(entity, wanted, world)]
    _save(desk, item, made)
    if wanted.role and desk.reach.views_as:
        look_as_holder(desk, wanted.role)
    flash(desk.say("studio.screens_made", count=len(made)), "good")
    left = [_called(desk, one) for one in left_out(entity, wanted, world)]
    if left:
        flash(desk.say("studio.screens_left_out", what=", ".join(left), role=_role(desk, wanted.role)), "info")
    return desk.go_to("design", component_id(made[0]))


def _role(desk: Desk, key: str) -> str:
    """What people call a web role."""
    return next((desk.label(item) for item in desk.bench.by_kind["web_role"] if item.id.key == key), key)


def _called(desk: Desk, attribute: Attribute) -> str:
    told = attribute.label.in_language(desk.context.language, desk.context.site.model.default_language)
    return told or attribute.key.replace("_", " ").capitalize()


def _desk(key: str) -> tuple[Desk, Item]:
    desk = open_desk()
    item = desk.item(KIND, key)
    if item.head.deleted:
        raise PageNotFound
    if not desk.makes_screens(item):
        raise AccessDenied
    return desk, item


def _world(desk: Desk) -> tuple[World, dict[ComponentId, ComponentId]]:
    """What there is, each under its own site, and under which name the store has it."""
    existing = desk.readable()
    assigned = {component_id(one): one for one in assign_site(existing.values())}
    return World(assigned), dict(zip(assigned, existing, strict=True))


def _wanted(desk: Desk, name: str) -> Wanted:
    posted = request.form
    role = posted.get("role", "") if PERMISSION in desk.reach.kinds else ""
    if role and role not in {one.key for one in columns(desk)}:
        raise BadRequest
    scope, _, via = posted.get("rows", "global").partition(" ")
    return Wanted(
        desk.reach.site,
        insert=posted.get("insert") == "yes",
        edit=posted.get("edit") == "yes",
        menu=posted.get("menu") == "yes",
        first_menu="site" in desk.reach.kinds,
        role=role,
        scope=scope if role else "global",
        via=via if role else "",
        insert_title=desk.say("studio.new_of", kind=name),
        edit_title=desk.say("studio.change_of", kind=name),
    )


def _save(desk: Desk, item: Item, made: list[Component]) -> None:
    desk.prove()
    heads = {name: desk.bench.all[name].head.number if name in desk.bench.all else 0 for name in map(component_id, made)}
    try:
        saved = desk.store.save(made, desk.author, f"screens of {item.id.key}", expected=heads)
    except EditedMeanwhile as error:
        raise ChangedMeanwhile from error
    desk.note("draft", KIND, item.head.number, component=str(item.id), components=[str(name) for name in saved])


def _page(desk: Desk, item: Item, world: World, status: int = 200) -> Response:
    entity = world.entities.get(item.id.key)
    return desk.page(
        "screens.html",
        title=desk.say("studio.screens"),
        status=status,
        opened=item,
        item=item,
        tab="screens",
        uses=len(uses_of(desk.bench, item.id)),
        entity=entity if entity and entity.attributes else None,
        rooted=has_root(world, desk.reach.site),
        roles=columns(desk) if PERMISSION in desk.reach.kinds else (),
        scopes=scopes_of(entity) if entity else (),
    )
