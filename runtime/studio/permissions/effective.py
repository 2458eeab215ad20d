"""What a contact may do in the end, drafts included: each privilege with the permission, the role and the way it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import PRIVILEGES
from metadata.snapshot import CompiledSite
from runtime.access import Principal, access_for
from runtime.access.scopes import lineage
from runtime.studio.desk import Desk
from runtime.studio.viewing.eyes import drafted, principal_of
from runtime.studio.viewing.guise import Guise


@dataclass(frozen=True, slots=True)
class Reason:
    """One permission that counts: its scope, the roles of the contact that have it, and the permissions above it.

    `by_default` are those of the roles that everybody holds who is signed in, or who is not.
    """

    permission: str
    scope: str
    roles: tuple[str, ...]
    by_default: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True)
class Right:
    """What may be done with the rows of one entity, and why."""

    entity: str
    label: str
    held: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of somebody: its name, its roles, and the entities of which it may do anything."""

    name: str
    roles: tuple[str, ...]
    default_roles: tuple[str, ...]
    rights: tuple[Right, ...]


def rights_of(desk: Desk, guise: Guise) -> Rights:
    """The rights with all drafts. Raises PageNotFound for a contact or role that there is not."""
    context = desk.context
    snapshot = drafted(context).snapshot
    site = snapshot.sites[context.site.key]
    principal = principal_of(context, snapshot, site, guise, context.language)
    default = tuple(sorted(role for role in principal.roles if site.roles[role].default))
    found = []
    for key, entity in snapshot.entities.items():
        reasons: dict[str, Reason] = {}
        held = []
        for privilege in PRIVILEGES:
            access = access_for(snapshot, principal, key, privilege)
            if access.allowed:
                held.append(privilege)
                for grant in access.grants:
                    if grant.permission not in reasons:
                        reasons[grant.permission] = _reason(site, principal, grant.permission, default)
        if held:
            label = entity.model.label.in_language(context.language, site.model.default_language) or key
            found.append(Right(key, label, tuple(held), tuple(reasons.values())))
    given = tuple(sorted(principal.roles - set(default)))
    return Rights(
        principal.name or desk.say("studio.nobody"), given, default, tuple(sorted(found, key=lambda right: right.label))
    )


def _reason(site: CompiledSite, principal: Principal, key: str, default: tuple[str, ...]) -> Reason:
    permission = site.permissions.get(key)
    if permission is None:  # what everybody may do with their own row
        return Reason(key, "self", (), own=True)
    roles = sorted(set(permission.roles) & principal.roles)
    return Reason(
        key,
        permission.scope,
        tuple(role for role in roles if role not in default),
        tuple(role for role in roles if role in default),
        tuple(link.key for link in lineage(site, permission)[1:]),
    )
