"""What somebody may share of an entity's rows by a link."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.model import EntityPermission, RecordAction
from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Principal, access_for
from runtime.access.sharing import Share, shareable, shared_names


def offered(snapshot: Snapshot, site: CompiledSite, principal: Principal, entity: str) -> Share:
    """The most that somebody may share of an entity's rows: what his permissions let him, and he may do himself."""
    found, plain = {}, Share(entity, frozenset())
    for privilege in ("read", "write"):
        grants = access_for(snapshot, principal, entity, privilege).grants
        known = [(grant, site.permissions[grant.permission]) for grant in grants if grant.permission in site.permissions]
        named = (grant.attributes & shareable(permission, privilege, plain) for grant, permission in known)
        found[privilege] = frozenset[str]().union(*named)
    pressing = frozenset(pressable(snapshot, site, principal, entity))
    return Share(entity, found["read"], found["write"] & found["read"], pressing if found["read"] else frozenset())


def pressable(snapshot: Snapshot, site: CompiledSite, principal: Principal, entity: str) -> dict[str, RecordAction]:
    """The actions that somebody may share, or press by the link that he has come by: those whose values one permission that
    names them lets him write, by `form/action`."""
    found = {}
    for permission in site.permissions.values():
        for name, action in _actions(snapshot, permission) if permission.entity == entity else ():
            if name not in found and _may_press(snapshot, principal, permission, name, action):
                found[name] = action
    return found


def sets_of(action: RecordAction) -> frozenset[str]:
    """The attributes that an action sets."""
    return frozenset(value.attribute for value in action.values)


def _actions(snapshot: Snapshot, permission: EntityPermission) -> Iterator[tuple[str, RecordAction]]:
    """The actions that a permission lets its holders share; none that does more than to write."""
    for name in sorted(shared_names(permission)):
        key, _, wanted = name.partition("/")
        form = snapshot.forms.get(key)
        for action in form.actions if form is not None and form.entity == permission.entity else ():
            if action.key == wanted and action.values and not (action.mail or action.call or action.task):
                yield name, action


def _may_press(snapshot: Snapshot, principal: Principal, permission: EntityPermission, name: str, action: RecordAction) -> bool:
    sets, who = sets_of(action), principal
    if principal.share is not None:
        if name not in principal.share.pressing:
            return False
        who = principal.while_pressed(name, sets)
    grants = access_for(snapshot, who, permission.entity, "write").grants
    return any(grant.permission == permission.key and grant.attributes >= sets for grant in grants)


def may_share(snapshot: Snapshot, site: CompiledSite, principal: Principal, entity: str) -> bool:
    """Whether there is anything of an entity's rows that somebody may share; kept with the snapshot."""
    key = ("may share", principal.standing, entity)
    named = principal.kind == "contact" and not principal.read_only
    return named and snapshot.derive(key, lambda: bool(offered(snapshot, site, principal, entity).reading))
