"""Web roles, page rules and permissions. What cannot be said just so grants nothing."""

from __future__ import annotations

import dataclasses

from metadata.model import (
    Attribute,
    AttributePermission,
    AttributeRight,
    ComponentId,
    Entity,
    EntityPermission,
    Page,
    PageAccessRule,
    WebRole,
)
from metadata.model.base import Privilege
from metadata.text import Text
from runtime.dualwrite.source import BY_HAND, CONVERTED
from runtime.powerpages.reading import Record
from runtime.powerpages.report import Making

SCOPES = {756150000: "global", 756150001: "contact", 756150002: "account", 756150003: "parent", 756150004: "self"}
PRIVILEGES: tuple[tuple[str, Privilege], ...] = (
    ("read", "read"),
    ("write", "write"),
    ("create", "create"),
    ("delete", "delete"),
    ("append", "append"),
    ("appendto", "append_to"),
)
GRANT_CHANGE, RESTRICT_READ = 1, 2
CREATE, READ, UPDATE = 746610000, 746610001, 746610002
ALL_CONTENT = 756150000


def make_roles(making: Making) -> None:
    """Web roles, with what everybody holds, and who sees drafts."""
    preview = {
        role
        for record in making.export.of("websiteaccess")
        if record.active and record.flag("previewunpublishedentities")
        for role in record.ids("websiteaccess_webrole")
    }
    for record in making.export.of("webrole"):
        if not record.active:
            making.by_hand(record, "it is inactive")
            continue
        anonymous, signed_in = record.flag("anonymoususersrole"), record.flag("authenticatedusersrole")
        default = "anonymous" if anonymous else "authenticated" if signed_in else ""
        notes = ("it counts for strangers alone; give those who are signed in another one",) if anonymous and signed_in else ()
        role = WebRole(
            key=making.key("web_role", record),
            site=making.site,
            label=Text.of(record.name),
            default=default,
            preview=record.id in preview and not anonymous,
        )
        making.add(role, record, notes)
    for record in making.export.of("websiteaccess"):
        if any(record.flag(name) for name in ("managecontentsnippets", "managesitemarkers", "manageweblinksets")):
            making.by_hand(record, "who works on texts and menus does so in the studio: give the role the right content")
        else:
            making.tell(record, CONVERTED, made="web_role")


def roles_of(making: Making, record: Record, column: str) -> tuple[str, ...]:
    """The keys of the roles that a record lists, of those that are made."""
    found = (making.keys.get(role) for role in record.ids(column))
    return tuple(key for key in found if key and ComponentId("web_role", key, making.site) in making.made)


def make_rules(making: Making) -> None:
    """Rules on branches of pages. A page whose rule cannot be said here becomes a draft, which hides it with all below."""
    for record in making.export.of("webpagerule"):
        page = making.keys.get(record.text("webpageid").lower(), "")
        name = ComponentId("page", page, making.site)
        if not page or not record.active or name not in making.made:
            making.by_hand(record, "it is inactive, or its page is not made")
            continue
        roles = roles_of(making, record, "webpageaccesscontrolrule_webrole")
        named = tuple(role for role in roles if not _is_anonymous(making, role))
        right = {GRANT_CHANGE: "grant_change", RESTRICT_READ: "restrict_read"}.get(record.number("right"))
        state = making.export.find(record.text("publishingstateid"))
        if right is None or not named or state is not None:
            if right != "grant_change":
                _hide(making, name)
            hidden = "" if right == "grant_change" else "; the page is a draft until then"
            making.by_hand(record, f"it has no role that is signed in, or holds for one state only{hidden}")
            continue
        notes: tuple[str, ...] = ("a page rule does not count for the role of strangers",) if named != roles else ()
        rule = PageAccessRule(
            key=making.key("page_access_rule", record),
            site=making.site,
            page=page,
            right=right,
            roles=named,
        )
        if record.number("scope") not in (0, ALL_CONTENT):
            notes = (*notes, "it counts for the files of its page too; leave them out yourself")
        making.add(rule, record, notes)


def _is_anonymous(making: Making, role: str) -> bool:
    found = making.made.get(ComponentId("web_role", role, making.site))
    return isinstance(found, WebRole) and found.default == "anonymous"


def _hide(making: Making, name: ComponentId) -> None:
    page = making.made[name]
    if isinstance(page, Page):
        making.made[name] = dataclasses.replace(page, state="draft")


def make_permissions(making: Making) -> None:
    """Table permissions on entities that are there, parents first; children only for roles of the one above."""
    waiting = list(making.export.of("tablepermission"))
    while waiting:
        ready = [record for record in waiting if making.export.find(record.text("parententitypermission")) not in waiting]
        if not ready:
            for record in waiting:
                making.by_hand(record, "its parents go in a circle")
            return
        for record in ready:
            _permission(making, record)
        waiting = [record for record in waiting if record not in ready]


def _permission(making: Making, record: Record) -> None:
    entity = _entity(making, record.text("entitylogicalname") or record.text("entityname"))
    scope = SCOPES.get(record.number("scope"), "")
    if entity is None:
        making.by_hand(record, f"there is no entity {record.text('entitylogicalname')}: make it, then take the site in again")
        return
    roles = roles_of(making, record, "entitypermission_webrole")
    above = making.made.get(
        ComponentId("entity_permission", making.keys.get(record.text("parententitypermission").lower(), ""), making.site)
    )
    way = _way(entity, scope, above)
    if way is None:
        making.by_hand(record, f"the scope {record.text('scope')} needs exactly one lookup that leads there; choose it")
        return
    notes = [f"its relationship is taken for the lookup {way}"] if way else []
    if isinstance(above, EntityPermission) and set(roles) - set(above.roles):
        roles = tuple(role for role in roles if role in above.roles)
        notes.append("only for roles that the permission above has")
    permission = EntityPermission(
        key=making.key("entity_permission", record),
        site=making.site,
        label=Text.of(record.name),
        entity=entity.key,
        scope=scope,
        via=way if scope in ("contact", "account") else "",
        relationship=way if scope == "parent" else "",
        parent=above.key if isinstance(above, EntityPermission) and scope == "parent" else "",
        privileges=tuple(ours for theirs, ours in PRIVILEGES if record.flag(theirs)),
        roles=roles,
        active=record.active,
    )
    making.add(permission, record, tuple(notes))


def _entity(making: Making, name: str) -> Entity | None:
    found = making.there.get(ComponentId("entity", name.lower()))
    return found if isinstance(found, Entity) else None


def _way(entity: Entity, scope: str, above: object) -> str | None:
    """The lookup that a scope goes by: "" where it needs none, None where there is not just one."""
    if scope in ("global", "self"):
        return "" if scope == "global" or entity.key == "contact" else None
    if scope in ("contact", "account"):
        if entity.key == scope:
            return ""
        target = scope
    elif scope == "parent" and isinstance(above, EntityPermission):
        target = above.entity
    else:
        return None
    found = [item.key for item in entity.attributes if item.type == "lookup" and target in _targets(item)]
    return found[0] if len(found) == 1 else None


def _targets(attribute: Attribute) -> tuple[str, ...]:
    return attribute.targets or (attribute.target,)


def make_profiles(making: Making) -> None:
    """Profiles of column permissions; here they hold for lists and forms as well."""
    for record in making.export.of("columnpermissionprofile"):
        entity = _entity(making, record.text("tablename"))
        roles = roles_of(making, record, "columnpermissionprofile_webrole")
        columns = [
            item for item in making.export.of("columnpermission") if item.text("columnpermissionprofileid").lower() == record.id
        ]
        if entity is None or not roles or not record.active:
            for item in (record, *columns):
                making.by_hand(item, f"there is no entity {record.text('tablename')}, or no role has the profile")
            continue
        known = {attribute.key for attribute in entity.attributes}
        for item in columns:
            is_known = item.text("columnname") in known
            made = f"attribute_permission {making.site}/{making.key('attribute_permission', record)}"
            making.tell(item, CONVERTED if is_known else BY_HAND, "" if is_known else "the entity has no such attribute", made)
        rights = tuple(_right(item) for item in columns if item.text("columnname") in known)
        others = tuple(name for code, name in _RIGHTS if str(code) in record.ids("allcolumnpermissions"))
        profile = AttributePermission(
            key=making.key("attribute_permission", record),
            site=making.site,
            entity=entity.key,
            roles=roles,
            others=others,
            attributes=rights,
        )
        making.add(profile, record, ("it holds for lists and forms too, not for the web API alone",))


_RIGHTS = ((CREATE, "create"), (READ, "read"), (UPDATE, "update"))


def _right(record: Record) -> AttributeRight:
    given = {int(code) for code in record.ids("permissions") if code.isdecimal() and len(code) < 12}
    return AttributeRight(
        attribute=record.text("columnname"), read=READ in given, create=CREATE in given, update=UPDATE in given
    )
