"""What somebody may share of an entity's rows by a link."""

from __future__ import annotations

from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Principal, access_for
from runtime.access.sharing import Share, shareable


def offered(snapshot: Snapshot, site: CompiledSite, principal: Principal, entity: str) -> Share:
    """The most that somebody may share of an entity's rows: what his permissions let him, and he may do himself."""
    found = {}
    for privilege in ("read", "write"):
        grants = access_for(snapshot, principal, entity, privilege).grants
        known = [(grant, site.permissions[grant.permission]) for grant in grants if grant.permission in site.permissions]
        named = (grant.attributes & shareable(permission, privilege) for grant, permission in known)
        found[privilege] = frozenset[str]().union(*named)
    return Share(entity, found["read"], found["write"] & found["read"])


def may_share(snapshot: Snapshot, site: CompiledSite, principal: Principal, entity: str) -> bool:
    """Whether there is anything of an entity's rows that somebody may share; kept with the snapshot."""
    key = ("may share", principal.standing, entity)
    named = principal.kind == "contact" and not principal.read_only
    return named and snapshot.derive(key, lambda: bool(offered(snapshot, site, principal, entity).reading))
