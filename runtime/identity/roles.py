"""The web roles that contacts hold on a site."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from metadata.snapshot import CompiledSite, Snapshot
from runtime.identity.tables import contact_roles
from runtime.records.memberships import membership_roles


class UnknownRoles(Exception):
    """The site has no such web roles, or they are held by everybody and cannot be given."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(", ".join(self.names))


def require_roles(site: CompiledSite, roles: Iterable[str]) -> tuple[str, ...]:
    """The roles, sorted and once each. Raises UnknownRoles for those that cannot be given on the site."""
    wanted = sorted(set(roles))
    unknown = [role for role in wanted if role not in site.roles or site.roles[role].default]
    if unknown:
        raise UnknownRoles(unknown)
    return tuple(wanted)


def roles_of(connection: Connection, contact: int, site: str) -> frozenset[str]:
    """The roles given to a contact on a site; default roles are not among them."""
    where = (contact_roles.c.contact_id == contact, contact_roles.c.site == site)
    return frozenset(connection.execute(select(contact_roles.c.role).where(*where)).scalars())


def holders_of(connection: Connection, site: str, roles: Iterable[str], most: int) -> tuple[int, ...]:
    """The contacts to whom one of the roles was given on a site, in the order of their ids, at most so many."""
    where = (contact_roles.c.site == site, contact_roles.c.role.in_(tuple(roles)))
    found = select(contact_roles.c.contact_id).where(*where).distinct().order_by(contact_roles.c.contact_id).limit(most)
    return tuple(connection.execute(found).scalars())


def roles_for(connection: Connection, snapshot: Snapshot, contact: int, site: str, acting: int | None) -> frozenset[str]:
    """The roles that a contact has on a site while it acts for an account; None is its own."""
    of_account = None if acting is None else membership_roles(connection, snapshot, contact, acting)
    return roles_of(connection, contact, site) if of_account is None else of_account


def grant_roles(connection: Connection, contact: int, site: str, roles: Iterable[str]) -> frozenset[str]:
    """Give roles to a contact. Returns those that it did not have."""
    missing = frozenset(roles) - roles_of(connection, contact, site)
    for role in sorted(missing):
        connection.execute(insert(contact_roles).values(contact_id=contact, site=site, role=role))
    return missing


def revoke_roles(connection: Connection, contact: int, site: str, roles: Iterable[str]) -> int:
    """Take roles from a contact; the next request is without them. Returns how many it had."""
    where = (contact_roles.c.contact_id == contact, contact_roles.c.site == site, contact_roles.c.role.in_(tuple(roles)))
    return connection.execute(delete(contact_roles).where(*where)).rowcount
