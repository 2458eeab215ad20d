"""The web roles that contacts hold on a site."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from metadata.snapshot import CompiledSite
from runtime.identity.tables import contact_roles


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
