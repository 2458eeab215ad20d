"""The pages of the permission matrix: all of it, one cell of it to be changed into a draft, and the rights of a contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, request

from metadata.checks.world import targets_of
from metadata.model import Attribute, ComponentId
from metadata.model.base import PRIVILEGES
from metadata.model.security import SCOPES
from metadata.store import EditedMeanwhile, Sketch
from runtime.errors import AccessDenied, BadRequest, ChangedMeanwhile, PageNotFound
from runtime.studio.desk import Desk, open_desk
from runtime.studio.editing import number_of
from runtime.studio.offering import label_of
from runtime.studio.permissions.cells import KIND, LETTERS, columns, entity_labels, grants_of, lines, named_entities
from runtime.studio.permissions.effective import rights_of
from runtime.studio.saving import Collision, Draft, named, save
from runtime.studio.turning import turned
from runtime.studio.uses import below
from runtime.studio.viewing.guise import read_who
from runtime.studio.viewing.window import people

TEXTS = ("via", "relationship", "parent")
NEW = "new"
AT_ONCE, FEWEST, CELLS = 50, 10, 2_000
"""Entities on a page of the matrix, at most and at least, and its cells: each entity has one for every role."""
OWNERS = ("contact", "account")
AUTHORS = ("created_by", "changed_by")
"""Look-ups that every row has, and that are no way to a row above it."""


def matrix() -> Response:
    """Web roles by entities with scope and privileges; with an entity and a role in the address also the cell to change."""
    desk = _open()
    words, among = request.args.get("q", "").strip(), request.args.get("roles", "").strip()
    entity, role = request.args.get("entity", ""), request.args.get("role", "")
    cell: dict[str, Any] = {}
    if entity or role:
        cell = _cell(desk, entity, role)
    roles = columns(desk, among)
    at_once = min(AT_ONCE, max(FEWEST, CELLS // max(1, len(roles))))
    page = turned(named_entities(desk, words), desk.url("permissions"), {"q": words, "roles": among}, at_once)
    return desk.page(
        "permissions.html",
        title=desk.say("studio.permissions"),
        words=words,
        among=among,
        columns=roles,
        found=page,
        lines=lines(desk, page.lines, roles, (entity, role), _sought()),
        address=_address(desk),
        letters=LETTERS,
        cell=cell,
    )


def submit_matrix() -> Response:
    """One permission of a cell, saved as a draft: changed, made, or taken from the role."""
    desk = _open()
    entity, role = request.form.get("entity", ""), request.form.get("role", "")
    shown = _cell(desk, entity, role)
    posted = _posted(entity, shown)
    key, act, said = request.form.get("key", ""), request.form.get("do", ""), desk.say("studio.saved")
    if act not in ("save", "take"):
        raise BadRequest
    if key == NEW:
        _write(desk, _name(desk, _free(desk, entity, role)), {"roles": [role], **posted}, 0)
    else:
        item = next((grant.item for grant in grants_of(desk, entity, role) if grant.item.id.key == key), None)
        if item is None:
            raise PageNotFound
        base = number_of(request.form.get("base", ""))
        others = [other for other in item.data.get("roles") or () if other != role]
        if act == "take" and not others and below(desk.bench, item.id):
            return desk.go_to("delete", item.id)  # where it is asked what becomes of those that hang on it
        if act == "take" and not others:
            _delete(desk, item.id)
            said = desk.say("studio.deleted", name=desk.label(item))
        elif act == "take":
            _write(desk, item.id, {**item.data, "roles": others}, base)
        elif others and request.form.get("only") == "yes":
            _split(desk, item.id, {**item.data, "roles": others}, _free(desk, entity, role), role, base, posted)
        else:
            kept = {name: value for name, value in item.data.items() if name not in (*TEXTS, "subsidiaries")}
            _write(desk, item.id, {**kept, **posted}, base)
    flash(said, "good")
    response = desk.go("permissions")
    response.location = f"{_address(desk, entity=entity, role=role)}#cell"
    return response


def of_contact() -> Response:
    """What a contact may do, drafts included, with the permissions and roles that it comes from."""
    desk = _open()
    if not desk.reach.views_as:
        raise AccessDenied
    words = request.args.get("q", "").strip()
    guise = read_who(request.args.get("who", ""))
    found = rights_of(desk, guise) if guise is not None else None
    return desk.page(
        "rights.html",
        title=desk.say("studio.rights_of_contact"),
        words=words,
        people=tuple(people(desk, words)),
        found=found,
        letters=LETTERS,
        who=guise.who if guise else "",
    )


def _open() -> Desk:
    desk = open_desk()
    if KIND not in desk.reach.kinds:
        raise AccessDenied
    return desk


def _sought() -> dict[str, str]:
    """What the matrix is narrowed to, which stays so from one cell to the next."""
    return {name: value for name in ("q", "roles", "page") if (value := request.args.get(name, ""))}


def _address(desk: Desk, **more: str) -> str:
    given = urlencode({**more, **_sought()})
    return f"{desk.url('permissions')}?{given}" if given else desk.url("permissions")


def _cell(desk: Desk, entity: str, role: str) -> dict[str, Any]:
    """What the panel of a cell shows. Raises PageNotFound where there is no such entity or role."""
    labels = dict(entity_labels(desk))
    named_role = next((column for column in columns(desk) if column.key == role), None)
    if entity not in labels or named_role is None:
        raise PageNotFound
    facts = desk.bench.entities.get(entity)
    attributes = facts.attributes if facts else {}
    lookups = {key: targets_of(attribute) for key, attribute in attributes.items() if targets_of(attribute)}
    owners = {key: label_of(desk, attributes[key]) for key, targets in lookups.items() if {*targets} & {*OWNERS}}
    own = {key: targets for key, targets in lookups.items() if key not in AUTHORS}
    ways = {**own, **{key: (link.entity,) for key, link in (facts.links if facts else {}).items()}}
    return {
        "entity": entity,
        "label": labels[entity],
        "role": named_role,
        "grants": grants_of(desk, entity, role),
        "scopes": SCOPES,
        "privileges": PRIVILEGES,
        "owners": owners,
        "ways": {key: _way(desk, key, attributes.get(key), targets, labels) for key, targets in ways.items()},
        "parents": _above(desk, role, {target for targets in ways.values() for target in targets}, labels),
    }


def _way(desk: Desk, key: str, attribute: Attribute | None, targets: Iterable[str], labels: Mapping[str, str]) -> str:
    """What a way to a row above is called: the look-up or the relationship, and what it leads to."""
    named = label_of(desk, attribute) if attribute else key
    return f"{named} → {', '.join(labels.get(target, target) for target in targets)}"


def _above(desk: Desk, role: str, entities: set[str], labels: Mapping[str, str]) -> dict[str, str]:
    """The permissions through which a role may reach further rows: its own, on what a way leads to; by key, in words."""
    found: dict[str, str] = {}
    for item in desk.within(KIND):
        entity, scope = str(item.data.get("entity") or ""), str(item.data.get("scope") or "")
        roles = item.data.get("roles")
        if entity in entities and isinstance(roles, list) and role in roles and not item.head.deleted:
            said = desk.say(f"studio.scope.{scope}") if scope in SCOPES else scope
            found[item.id.key] = f"{labels.get(entity, entity)}, {said} ({item.id.key})"
    return found


def _posted(entity: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """What the panel of a cell says, right or wrong. For rows below others, the only way that there is need not be said."""
    found: dict[str, Any] = {"entity": entity, "scope": request.form.get("scope", "")}
    for name in TEXTS:
        if text := request.form.get(name, "").strip():
            found[name] = text
    for name, offered in (("relationship", shown["ways"]), ("parent", shown["parents"])):
        if found["scope"] == "parent" and len(offered) == 1:
            found.setdefault(name, next(iter(offered)))
    if request.form.get("subsidiaries") == "yes":
        found["subsidiaries"] = True
    found["privileges"] = [name for name in PRIVILEGES if name in request.form.getlist("privileges")]
    return found


def _name(desk: Desk, key: str) -> ComponentId:
    return ComponentId(KIND, key, desk.reach.site)


def _free(desk: Desk, entity: str, role: str) -> str:
    """A key that no permission has."""
    start, number = f"{entity}-{role}", 1
    key = start
    while desk.bench.find(KIND, key, desk.reach.site) is not None:
        number += 1
        key = f"{start}-{number}"
    return key


def _write(desk: Desk, name: ComponentId, data: dict[str, Any], base: int) -> None:
    desk.prove()
    outcome = save(desk.context.services.workshop, Draft(name, named(name, data), base), desk.author)
    if isinstance(outcome, Collision):
        raise ChangedMeanwhile
    if outcome.changed:
        desk.note("draft", KIND, outcome.number, component=str(name))


def _delete(desk: Desk, name: ComponentId) -> None:
    desk.prove()
    desk.store.save((), desk.author, f"delete {name}", delete=[name])
    desk.note("draft", KIND, 0, component=str(name), deleted=True)


def _split(
    desk: Desk, name: ComponentId, rest: dict[str, Any], key: str, role: str, base: int, posted: Mapping[str, Any]
) -> None:
    """Give one role a permission of its own, and leave the old one to the others."""
    own = _name(desk, key)
    desk.prove()
    try:
        desk.store.save(
            (),
            desk.author,
            f"{name} parted for {role}",
            expected={name: base, own: 0},
            sketches=[Sketch(name, named(name, rest)), Sketch(own, named(own, {"roles": [role], **posted}))],
        )
    except EditedMeanwhile as error:
        raise ChangedMeanwhile from error
    desk.note("draft", KIND, 1, component=str(own))
