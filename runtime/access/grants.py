"""Grants and their union: what a principal may do with an entity, as one SQL predicate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, false, or_, true

from metadata.model import EntityPermission
from metadata.model.base import Privilege
from metadata.snapshot import CompiledSite, Snapshot
from runtime.access.attributes import ALWAYS_READ, attributes_for
from runtime.access.principal import Principal, Standing
from runtime.access.profile import profile_attributes
from runtime.access.scopes import Predicate, Reach, holders
from runtime.access.sharing import Share, SharedReach, shareable

PROFILE = "(profile)"
SYSTEM = "(system)"


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """One permission that counts for the principal. `permission` is its key, or a word in brackets for an implicit one.

    `reach` tells its rows; None means all of them. `attributes` are those it may be used for.
    """

    permission: str
    reach: Reach | SharedReach | None
    attributes: frozenset[str]

    def rows(self, rows: FromClause, *, many: bool = False) -> Predicate:
        """Whether the grant reaches a row; `many` as in `Reach.rows`."""
        return true() if self.reach is None else self.reach.rows(rows, many=many)

    @property
    def holds_own(self) -> bool:
        """On contacts: whether the person's own row is surely among those, once they belong to an account."""
        return self.reach is None or (isinstance(self.reach, Reach) and self.reach.holds_own)


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """The union of a principal's grants for one privilege on one entity. Without grants it denies."""

    entity: str
    privilege: str
    grants: tuple[Grant, ...]
    attributes: frozenset[str]

    @property
    def allowed(self) -> bool:
        """There is at least one grant, though it may reach no row."""
        return bool(self.grants)

    @property
    def unrestricted(self) -> bool:
        """Every row may be used with every attribute, so that no predicate is needed."""
        return any(grant.reach is None and self.attributes <= grant.attributes for grant in self.grants)

    @property
    def reaches_all(self) -> bool:
        """Every row is within reach, though perhaps not with every attribute."""
        return any(grant.reach is None for grant in self.grants)

    @property
    def reaches_below(self) -> bool:
        """A grant reaches rows of accounts below the person's, so that these belong to what is the company's."""
        return any(isinstance(grant.reach, Reach) and grant.reach.reaches_below for grant in self.grants)

    def predicate(self, rows: FromClause, attributes: Iterable[str] = (), *, many: bool = False) -> Predicate:
        """Whether a row is within reach and, where `attributes` are given, each of them may be used on that row.

        `rows` is the entity's table or an alias of it. The binds are those of `Principal.binds`. `many` says that all such rows
        are asked for, not one or those that hang on one: the same rows, but found from what the person reaches.
        """
        needed = {tuple(grant for grant in self.grants if key in grant.attributes) for key in attributes}
        return and_(*(_union(grants, rows, many=many) for grants in (needed or {self.grants})))

    def column(self, rows: FromClause, attribute: str, column: str) -> ColumnElement[Any]:
        """A column of `attribute`, empty on rows where a grant reaches the row but not the attribute."""
        return self.masked(rows, attribute, rows.c[column])

    def masked(self, rows: FromClause, attribute: str, found: ColumnElement[Any]) -> ColumnElement[Any]:
        """A value of `attribute`, empty on rows where a grant reaches the row but not the attribute."""
        if self.covers(attribute):
            return found
        return case((_union(self.covering(attribute), rows), found), else_=None)

    def covers(self, attribute: str) -> bool:
        """The attribute may be used on every row that is within reach."""
        covering = self.covering(attribute)
        return covering == self.grants or any(grant.reach is None for grant in covering)

    def covering(self, attribute: str) -> tuple[Grant, ...]:
        """The grants that may be used for an attribute."""
        return tuple(grant for grant in self.grants if attribute in grant.attributes)

    def reaches_own(self, attribute: str) -> bool:
        """On contacts: the attribute may surely be used on the person's own row, once they belong to an account."""
        return any(grant.holds_own for grant in self.covering(attribute))

    def implies(self, other: Access) -> bool:
        """Every row within reach of this access is certainly within reach of the other, whatever its attributes."""
        theirs = {grant.permission for grant in other.grants}
        return other.unrestricted or all(grant.permission in theirs for grant in self.grants)


def access_for(snapshot: Snapshot, principal: Principal, entity: str, privilege: Privilege) -> Access:
    """What the principal may do with an entity. Depends on site, kind and roles alone and is kept on the snapshot.

    An entity that does not exist is one to which there is no access.
    """
    return access_of(snapshot, principal.standing, entity, privilege)


def access_of(snapshot: Snapshot, standing: Standing, entity: str, privilege: Privilege) -> Access:
    """The same from a principal's standing, for plans, which outlive the principal they were first made for."""
    return snapshot.derive(("access", standing, entity, privilege), lambda: _make(snapshot, standing, entity, privilege))


def _union(grants: Iterable[Grant], rows: FromClause, *, many: bool = False) -> Predicate:
    return or_(false(), *(grant.rows(rows, many=many) for grant in grants))


def _make(snapshot: Snapshot, standing: Standing, entity: str, privilege: Privilege) -> Access:
    kind, site_key, roles = standing[:3]
    if entity not in snapshot.entities:
        return Access(entity, privilege, (), frozenset())
    if kind == "system":
        everything = frozenset(snapshot.entities[entity].attributes)
        return Access(entity, privilege, (Grant(SYSTEM, None, everything),), everything)
    site = snapshot.sites.get(site_key)
    if site is None:
        return Access(entity, privilege, (), frozenset())
    held = [
        permission
        for permission in _permissions_on(snapshot, site).get(entity, ())
        if privilege in permission.privileges and roles & holders(site, permission)
    ]
    attributes = attributes_for(site, roles, snapshot.entities[entity], privilege) if held else frozenset()
    grants = [_grant(snapshot, site, permission, attributes) for permission in held]
    if kind == "contact" and entity == "contact":
        grants += _profile(snapshot, site, privilege)
    share = standing[3] if len(standing) > 3 else None
    if share is not None:
        grants = _shared(site, grants, share, entity, privilege)
    usable = frozenset().union(*(grant.attributes for grant in grants))
    return Access(entity, privilege, tuple(grants), usable)


def _permissions_on(snapshot: Snapshot, site: CompiledSite) -> Mapping[str, tuple[EntityPermission, ...]]:
    """The permissions of a site by entity, in the order of their keys in the site."""

    def make() -> Mapping[str, tuple[EntityPermission, ...]]:
        found: dict[str, list[EntityPermission]] = {}
        for permission in site.permissions.values():
            found.setdefault(permission.entity, []).append(permission)
        return {entity: tuple(permissions) for entity, permissions in found.items()}

    return snapshot.derive(("permissions_on", site.key), make)


def _shared(site: CompiledSite, grants: list[Grant], share: Share, entity: str, privilege: Privilege) -> list[Grant]:
    """What a link leaves of its maker's grants: those that may be shared, for what both let be shared, on the link's rows."""
    found = []
    for grant in grants if entity == share.entity else ():
        permission = site.permissions.get(grant.permission)
        if permission is None:
            continue
        left = grant.attributes & share.attributes(privilege) & shareable(permission, privilege, share)
        if left:
            kept = ALWAYS_READ & grant.attributes if privilege == "read" else frozenset()
            found.append(Grant(grant.permission, SharedReach(grant.reach), left | kept))
    return found


def _grant(snapshot: Snapshot, site: CompiledSite, permission: EntityPermission, attributes: frozenset[str]) -> Grant:
    reach = None if permission.scope == "global" else Reach(snapshot, site, permission)
    return Grant(permission.key, reach, attributes)


def _profile(snapshot: Snapshot, site: CompiledSite, privilege: Privilege) -> list[Grant]:
    attributes = profile_attributes(snapshot, site, privilege)
    if not attributes:
        return []
    own = EntityPermission(key=PROFILE, site=site.key, entity="contact", scope="self", privileges=(privilege,))
    return [Grant(PROFILE, Reach(snapshot, site, own), attributes | (ALWAYS_READ if privilege == "read" else frozenset()))]
