"""Attribute rights: which attributes of an entity a set of roles may read, give on a new row, or change."""

from __future__ import annotations

from metadata.model import AttributePermission
from metadata.snapshot import CompiledEntity, CompiledSite

RIGHTS = {"read": "read", "create": "create", "write": "update"}
ALWAYS_READ = frozenset({"id", "version"})


def attributes_for(site: CompiledSite, roles: frozenset[str], entity: CompiledEntity, privilege: str) -> frozenset[str]:
    """The attributes that roles may use for a privilege, within their entity permissions.

    Privileges that touch no attribute give all. What the engine keeps is never given or changed, and may be read unless
    every permission that applies lists it as not to be read; `id` and `version` are always read.
    """
    if privilege not in RIGHTS:
        return frozenset(entity.attributes)
    right = RIGHTS[privilege]
    applying = [
        permission
        for permission in site.attribute_permissions
        if permission.entity == entity.key and roles.intersection(permission.roles)
    ]
    declared = frozenset(key for key, attribute in entity.attributes.items() if attribute.calculated or not attribute.system)
    kept = frozenset(entity.attributes) - declared if right == "read" else frozenset()
    if not applying:
        return declared | kept
    allowed = frozenset().union(*(_allowed(permission, right, declared, kept) for permission in applying))
    return allowed | (ALWAYS_READ & kept)


def _allowed(permission: AttributePermission, right: str, declared: frozenset[str], kept: frozenset[str]) -> frozenset[str]:
    listed = {item.attribute: bool(getattr(item, right)) for item in permission.attributes}
    named = frozenset(key for key, allowed in listed.items() if allowed) & (declared | kept)
    rest = declared - listed.keys() if right in permission.others else frozenset()
    return named | rest | (kept - listed.keys())
