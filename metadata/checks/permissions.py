"""Rules on who may do what: scopes lead to a person or customer, parents fit, roles make sense."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.formulas import read
from metadata.checks.row_actions import fault_in_deed
from metadata.checks.world import Link, World, repeated, targets_of
from metadata.errors import Problem
from metadata.expressions.tree import names
from metadata.model import AttributePermission, EntityPermission, Form, PageAccessRule, PermissionTest, SharedAction, WebRole
from metadata.schema.faults import did_you_mean, shown
from metadata.told import told
from metadata.types import TYPES

SHARED_TYPES = frozenset({"text", "long_text", "email", "phone", "url", "integer", "decimal", "boolean", "date"})
"""What whoever opens a link may fill in, there without the forms and look-ups of the site."""
TOUCHING = ("read", "create", "write")
NO_CONTACTS = ("anonymous", "signed-in")
"""Whom a permission test names that is no contact."""


def scopes(world: World) -> Iterator[Problem]:
    """A scope has what it needs to find the person's rows."""
    for permission in world.all(EntityPermission):
        if permission.entity not in world.entities:
            continue
        if permission.scope in ("contact", "account"):
            fault = fault_in_via(world, permission)
            if fault:
                yield world.problem(permission, "via" if permission.via else "scope", "scope", fault)
        elif permission.scope == "self" and permission.entity != "contact":
            message = told("The scope self is the person's own contact; use it on the entity contact, or the scope contact.")
            yield world.problem(permission, "scope", "scope", message)


def shares(world: World) -> Iterator[Problem]:
    """What may be shared is what the permission gives: the row's own attributes, and plain values where they are changed."""
    for permission in world.all(EntityPermission):
        if permission.share_read and "read" not in permission.privileges:
            message = told("A link lets others read what its maker reads: add read to the privileges, or remove share_read.")
            yield world.problem(permission, "share_read", "share", message)
        if permission.share_write and "write" not in permission.privileges:
            message = told(
                "A link lets others change what its maker changes: add write to the privileges, or remove share_write."
            )
            yield world.problem(permission, "share_write", "share", message)
        for name in ("share_read", "share_write"):
            for index, key in enumerate(getattr(permission, name)):
                fault = _unshareable(world, permission, name, key)
                if fault:
                    yield world.problem(permission, f"{name}.{index}", "share", fault)


def shared_actions(world: World) -> Iterator[Problem]:
    """An action that may be shared writes values of the row and does nothing else, on a condition that the link may tell."""
    for permission in world.all(EntityPermission):
        if permission.share_actions and not (permission.share_read and "write" in permission.privileges):
            message = told("A link lets others press what its maker may write: add write to the privileges, and share_read.")
            yield world.problem(permission, "share_actions", "share", message)
        for index, shared in enumerate(permission.share_actions):
            fault = fault_in_deed(world, permission.entity, shared.form, shared.action)
            fault = fault or _unpressable(world, permission, shared)
            if fault:
                yield world.problem(permission, f"share_actions.{index}", "share", fault)


def _unpressable(world: World, permission: EntityPermission, shared: SharedAction) -> str:
    form = world.find("form", shared.form)
    action = next((one for one in form.actions if one.key == shared.action), None) if isinstance(form, Form) else None
    if action is None or permission.entity not in world.entities:
        return ""
    if action.mail or action.call or action.task:
        return told(
            "{action} sends something in the name of the link's maker; only what writes values is shared.", action=action.key
        )
    own = world.entities[permission.entity].attributes
    for given in action.values:
        if given.attribute in own and TYPES[own[given.attribute].type].labelled:
            return told(
                "{attribute} leads to another row or to a file; a link is to the row's own values alone.",
                attribute=given.attribute,
            )
    found = read(world, permission.entity, action.when, "boolean").node if action.when else None
    for name in names(found) if found is not None else ():
        if name.path not in permission.share_read and not name.path.startswith("@"):
            return told(
                "{action} hangs on {attribute}, which a link would tell: add it to share_read.",
                action=action.key,
                attribute=name.path,
            )
    return ""


def _unshareable(world: World, permission: EntityPermission, name: str, key: str) -> str:
    attribute = world.attribute(permission.entity, key) if permission.entity in world.entities else None
    if "." in key or (attribute is not None and TYPES[attribute.type].labelled):
        return told("{attribute} leads to another row or to a file; a link is to the row's own values alone.", attribute=key)
    if name == "share_write" and key not in permission.share_read:
        return told("{attribute} can be changed only where it is read: add it to share_read.", attribute=key)
    if name == "share_write" and attribute is not None and (attribute.type not in SHARED_TYPES or attribute.formula):
        return told("{attribute} cannot be filled in by a link: only texts, numbers, dates and yes and no can.", attribute=key)
    return ""


def fault_in_via(world: World, permission: EntityPermission) -> str:
    """Why `via` does not lead to the person or to the customer."""
    target = permission.scope
    if not permission.via:
        if permission.entity == target:
            return ""
        lookups = [key for key, item in world.entities[permission.entity].attributes.items() if target in targets_of(item)]
        hint = told(" Its lookups to {target}: {lookups}.", target=target, lookups=", ".join(lookups)) if lookups else ""
        return told(
            "The scope {target} needs via: with the lookup of {entity} that leads to {target}.{hint}",
            target=target,
            entity=permission.entity,
            hint=hint,
        )
    attribute = world.attribute(permission.entity, permission.via)
    if attribute is None or target in targets_of(attribute):
        return ""
    return told(
        "{attribute} is no lookup to {target}, which the scope {target} needs.", attribute=permission.via, target=target
    )


def unused_properties(world: World) -> Iterator[Problem]:
    """A permission does not say what its scope does not read."""
    reads = {"contact": {"via"}, "account": {"via", "subsidiaries"}, "parent": {"parent", "relationship"}}
    for permission in world.all(EntityPermission):
        for name in ("via", "subsidiaries", "parent", "relationship"):
            if getattr(permission, name) and name not in reads.get(permission.scope, ()):
                message = told(
                    "The scope {scope} does not read {property}; remove it or change the scope.",
                    scope=permission.scope,
                    property=name,
                )
                yield world.problem(permission, name, "scope", message)


def parents(world: World) -> Iterator[Problem]:
    """The scope parent names a permission, and a relationship that leads to its entity."""
    for permission in world.all(EntityPermission):
        if permission.scope != "parent" or permission.entity not in world.entities:
            continue
        if not permission.parent or not permission.relationship:
            message = told("The scope parent needs parent: (a permission) and relationship: (the way to its entity).")
            yield world.problem(permission, "scope", "parent", message)
            continue
        above = parent_of(world, permission)
        links = links_from(world, permission.entity)
        link = links.get(permission.relationship, ())
        if not link:
            hint = did_you_mean(permission.relationship, links)
            message = told(
                "{entity} has no lookup or relationship {relationship!r}.{hint}",
                entity=permission.entity,
                relationship=permission.relationship[:80],
                hint=hint,
            )
            yield world.problem(permission, "relationship", "unknown-relationship", message)
        elif above and above.entity not in link:
            message = told(
                "{relationship} leads to {entities}, but {parent} is on {entity}.",
                relationship=permission.relationship,
                entities=", ".join(link),
                parent=above.key,
                entity=above.entity,
            )
            yield world.problem(permission, "relationship", "parent", message)


def links_from(world: World, entity: str) -> dict[str, tuple[str, ...]]:
    """The entities that each lookup or relationship of an entity leads to."""
    facts = world.entities[entity]
    lookups = {key: targets_of(item) for key, item in facts.attributes.items() if targets_of(item)}
    named: dict[str, Link] = dict(facts.links)
    return {key: (link.entity,) for key, link in named.items()} | lookups


def parent_of(world: World, permission: EntityPermission) -> EntityPermission | None:
    """The permission above, or None."""
    found = world.find("entity_permission", permission.parent, permission.site) if permission.scope == "parent" else None
    return found if isinstance(found, EntityPermission) else None


def cycles(world: World) -> Iterator[Problem]:
    """No permission is above itself."""
    for permission in world.all(EntityPermission):
        seen: list[EntityPermission] = []
        above = parent_of(world, permission)
        while above is not None and above not in seen:
            seen.append(above)
            above = parent_of(world, above)
        if permission in seen:
            message = told("The permission is above itself; give it, or one above it, another parent.")
            yield world.problem(permission, "parent", "cycle", message)


def child_roles(world: World) -> Iterator[Problem]:
    """The roles of a permission are roles of the one above, without which they reach nothing."""
    for permission in world.all(EntityPermission):
        above = parent_of(world, permission)
        for index, role in enumerate(permission.roles):
            if above and role not in above.roles:
                message = told(
                    "The role {role} is not on the parent {parent}, so this grants it nothing; add it there.",
                    role=role,
                    parent=above.key,
                )
                yield world.problem(permission, f"roles.{index}", "parent-roles", message)


def anonymous_writes(world: World) -> Iterator[Problem]:
    """A warning where people who are not signed in may change rows."""
    anonymous = {(role.site, role.key) for role in world.all(WebRole) if role.default == "anonymous"}
    for permission in world.all(EntityPermission):
        changes = [privilege for privilege in permission.privileges if privilege != "read"]
        for index, role in enumerate(permission.roles):
            if permission.active and changes and (permission.site, role) in anonymous:
                message = told(
                    "Everybody, also without signing in, gets {privileges} on {entity}.",
                    privileges=", ".join(changes),
                    entity=permission.entity,
                )
                yield world.warning(permission, f"roles.{index}", "anonymous-write", message)


def empty_grants(world: World) -> Iterator[Problem]:
    """A warning where a permission or rule counts for nobody."""
    items: tuple[EntityPermission | AttributePermission | PageAccessRule, ...] = (
        *world.all(EntityPermission),
        *world.all(AttributePermission),
        *world.all(PageAccessRule),
    )
    for item in items:
        if not item.roles:
            yield world.warning(item, "roles", "no-roles", told("It has no roles, so it counts for nobody; add some."))
    for permission in world.all(EntityPermission):
        if not permission.privileges:
            yield world.warning(permission, "privileges", "no-privileges", told("It has no privileges, so it grants nothing."))


def attribute_rights(world: World) -> Iterator[Problem]:
    """An attribute permission lists each attribute once."""
    for permission in world.all(AttributePermission):
        keys = [right.attribute for right in permission.attributes]
        for index in repeated(keys):
            message = told("{attribute} is there twice; put its rights together.", attribute=keys[index])
            yield world.problem(permission, f"attributes.{index}.attribute", "duplicate-key", message)


def expectations(world: World) -> Iterator[Problem]:
    """A permission test asks of attributes that there are, with actions that touch attributes, and of accounts of contacts."""
    for test in world.all(PermissionTest):
        if test.account and test.who in NO_CONTACTS:
            message = told("Only a contact acts for an account, not {who}; remove account, or name a contact.", who=test.who)
            yield world.problem(test, "account", "expectation", message)
        for index, item in enumerate(test.expects):
            if not item.attribute or item.entity not in world.entities:
                continue
            known = world.entities[item.entity].attributes
            if item.attribute not in known:
                message = told(
                    "The entity {entity} has no attribute {attribute}.{hint}",
                    entity=item.entity,
                    attribute=shown(item.attribute),
                    hint=did_you_mean(item.attribute, known),
                )
                yield world.problem(test, f"expects.{index}.attribute", "unknown-attribute", message)
            elif item.action not in TOUCHING:
                message = told("{action} is about whole records; leave attribute out.", action=item.action)
                yield world.problem(test, f"expects.{index}.attribute", "expectation", message)


RULES = (
    scopes,
    shares,
    shared_actions,
    unused_properties,
    parents,
    cycles,
    child_roles,
    anonymous_writes,
    empty_grants,
    attribute_rights,
    expectations,
)
