"""Why somebody may, or may not, do something with the rows of an entity: what each permission comes to, and what it lacks.

For those who administer a site; a principal's own pages never say any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from metadata.model import EntityPermission
from metadata.model.base import Privilege
from metadata.snapshot import CompiledSite, Snapshot
from metadata.told import told
from runtime.access import Access, Principal, access_for
from runtime.access.scopes import holders, lineage
from runtime.records.details import fetch_record


@dataclass(frozen=True, slots=True)
class Part:
    """What one permission comes to. `lacks` is why it does not count, empty where it does; `vain` is why one that counts
    reaches no row of this person, whichever there are.

    `reaches` tells whether it reaches the row that was asked about; None where none was. `covers` tells whether it counts for
    the attribute that was asked about.
    """

    permission: str
    scope: str
    lacks: str = ""
    reaches: bool | None = None
    covers: bool = True
    vain: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer: `allowed` on the row asked about, or on any row. `attributes` are those it may be done with."""

    allowed: bool
    parts: tuple[Part, ...]
    attributes: frozenset[str]
    found: bool = True


def explain(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    privilege: Privilege,
    key: str = "",
    attribute: str = "",
) -> Explanation:
    """What decides whether the principal holds a privilege on an entity, and on the row that `key` names: its primary name, an
    alternate key of one attribute, or its id; and there with one attribute.

    `found` is false where there is no such row. Raises KeyError for an entity or site that there is not.
    """
    compiled, site = snapshot.entities[entity], snapshot.sites[principal.site]
    access = access_for(snapshot, principal, entity, privilege)
    row = find_row(connection, snapshot, entity, key) if key else None
    if key and row is None:
        return Explanation(False, (), access.attributes, found=False)
    reached = _reached(connection, access, compiled.table, principal, row) if row is not None else {}
    covering = {grant.permission for grant in access.grants if not attribute or attribute in grant.attributes}
    parts = (
        *(Part(grant.permission, "", reaches=reached.get(grant.permission)) for grant in access.grants if _implicit(grant)),
        *(_parts(site, principal, entity, privilege, access, reached)),
    )
    judged = tuple(replace(part, covers=part.permission in covering) if not part.lacks else part for part in parts)
    allowed = any(reached[permission] for permission in covering) if row is not None else bool(covering)
    return Explanation(allowed, judged, access.attributes)


def _implicit(grant: Any) -> bool:
    return bool(grant.permission.startswith("("))


def _parts(
    site: CompiledSite, principal: Principal, entity: str, privilege: str, access: Access, reached: dict[str, bool]
) -> Iterator[Part]:
    counted = {grant.permission for grant in access.grants}
    for permission in sorted(site.permissions.values(), key=lambda found: (found.key not in counted, found.key)):
        if permission.entity == entity:
            lacks = "" if permission.key in counted else _lack(site, principal, permission, privilege)
            vain = "" if lacks else vain_for(site, principal, permission)
            yield Part(permission.key, permission.scope, lacks, reached.get(permission.key), vain=vain)


def vain_for(site: CompiledSite, principal: Principal, permission: EntityPermission) -> str:
    """Why a permission reaches no row of this person, whichever there are; empty where it may reach some."""
    root = (lineage(site, permission) or (permission,))[-1]
    if root.scope in ("contact", "self") and principal.contact is None:
        return told("the person is not signed in")
    if root.scope == "account" and principal.account is None:
        return told("the person belongs to no account")
    return ""


def _lack(site: CompiledSite, principal: Principal, permission: EntityPermission, privilege: str) -> str:
    """The first thing that keeps a permission from counting."""
    if privilege not in permission.privileges:
        return told("it does not give {privilege}", privilege=privilege)
    chain = lineage(site, permission)
    if not chain:
        return told("it, or a permission above it, is inactive or missing")
    if not principal.roles & set(permission.roles):
        return told("it is for {roles}", roles=_listed(permission.roles))
    if not principal.roles & holders(site, permission):
        above = next((link for link in chain[1:] if not principal.roles & set(link.roles)), None)
        if above is None:
            return told("no one web role of the person is on it and on all permissions above it")
        return told("the permission above it, {permission}, is for {roles}", permission=above.key, roles=_listed(above.roles))
    return told("it does not count")


def _listed(roles: tuple[str, ...]) -> str:
    if not roles:
        return told("no web role")
    if len(roles) == 1:
        return told("the web role {role}", role=roles[0])
    return told("the web roles {roles}", roles=", ".join(roles))


def find_row(connection: Connection, snapshot: Snapshot, entity: str, key: str) -> int | None:
    """The id of the row that is called so: by its primary name, an alternate key of one attribute, or its id."""
    system = Principal.system("admin")
    model = snapshot.entities[entity].model
    names = [item.attributes[0] for item in model.keys if len(item.attributes) == 1]
    for attribute in dict.fromkeys((snapshot.entities[entity].primary_name.key, *names, "id")):
        if attribute != "id" or (key.isascii() and key.isdecimal() and len(key) < 19):
            found = fetch_record(connection, snapshot, system, entity, attribute, key, ())
            if found is not None:
                return found.id
    return None


def _reached(connection: Connection, access: Access, table: Any, principal: Principal, row: int) -> dict[str, bool]:
    if not access.grants:
        return {}
    columns = [grant.rows(table).label(f"g{place}") for place, grant in enumerate(access.grants)]
    found = connection.execute(select(*columns).select_from(table).where(table.c.id == row), dict(principal.binds)).one()
    return {grant.permission: bool(value) for grant, value in zip(access.grants, found, strict=True)}
