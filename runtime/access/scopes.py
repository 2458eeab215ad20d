"""The five scopes: which rows a permission reaches, as SQL over an alias of the entity's table.

Values of the person are bind parameters, so the text depends on metadata alone. A scope that cannot be told (a lookup
that is not there, a parent on another entity) reaches nothing. A person without a value reaches nothing either: nothing
equals NULL, and no predicate here is ever negated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, and_, bindparam, exists, false, literal_column, select, true

from metadata.model import EntityPermission
from metadata.snapshot import CompiledAttribute, CompiledEntity, CompiledSite, Snapshot
from metadata.types import KEY_TYPE

Predicate = ColumnElement[bool]


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """A permission in its site, on its way to becoming a predicate."""

    snapshot: Snapshot
    site: CompiledSite
    permission: EntityPermission

    @property
    def entity(self) -> CompiledEntity:
        """The entity on which the permission is."""
        return self.snapshot.entities[self.permission.entity]

    def rows(self, rows: FromClause) -> Predicate:
        """Whether a row of `rows` (the entity's table or an alias of it) lies within the permission's scope."""
        return SCOPES[self.permission.scope](self, rows)

    @property
    def holds_own(self) -> bool:
        """Whether, of contacts, each person's own row surely lies within the scope, once they belong to an account."""
        scope, via = self.permission.scope, self.permission.via
        whose = scope == "self" or (scope == "contact" and not via) or (scope == "account" and via == "account")
        return whose and self.entity.key == "contact" and not self.permission.subsidiaries


def person(name: str) -> ColumnElement[int]:
    """The bind parameter for one of `p_contact`, `p_account`, `p_company`."""
    return bindparam(name, type_=KEY_TYPE)


def lineage(site: CompiledSite, permission: EntityPermission) -> tuple[EntityPermission, ...]:
    """A permission and its ancestors, nearest first; empty where one is missing, inactive or its own ancestor."""
    chain = [permission]
    while chain[-1].scope == "parent":
        parent = site.permissions.get(chain[-1].parent)
        if parent is None or parent in chain:
            return ()
        chain.append(parent)
    return tuple(chain) if all(link.active for link in chain) else ()


def holders(site: CompiledSite, permission: EntityPermission) -> frozenset[str]:
    """The roles for which a permission counts: known to the site, on the permission and on every ancestor of it."""
    chain = lineage(site, permission)
    return frozenset(site.roles).intersection(*(link.roles for link in chain)) if chain else frozenset()


def subsidiaries(snapshot: Snapshot) -> CTE:
    """The person's account and all accounts below it; one object per snapshot, as a statement may hold it only once."""
    return snapshot.derive(("subsidiaries",), lambda: _make_subsidiaries(snapshot))


def points_at(rows: FromClause, attribute: CompiledAttribute, target: str, value: ColumnElement[int]) -> Predicate:
    """Whether a lookup holds the row `value` of the entity `target`; a polymorphic one must also name the entity."""
    held: Predicate = rows.c[attribute.column.name] == value
    if attribute.target_column is None:
        return held
    return and_(rows.c[attribute.target_column.name] == target, held)


def _make_subsidiaries(snapshot: Snapshot) -> CTE:
    account = snapshot.entities["account"].table
    above = select(account.c.id).where(account.c.id == person("p_account")).cte("foyer_reach", recursive=True)
    below = account.alias("foyer_below")
    return above.union(select(below.c.id).join(above, below.c.parent_account == above.c.id))


def _lookup(reach: Reach, target: str) -> CompiledAttribute | None:
    attribute = reach.entity.attributes.get(reach.permission.via)
    return attribute if attribute is not None and target in attribute.targets else None


def _global(reach: Reach, rows: FromClause) -> Predicate:
    return true()


def _contact(reach: Reach, rows: FromClause) -> Predicate:
    if not reach.permission.via:
        return _self(reach, rows)
    attribute = _lookup(reach, "contact")
    return points_at(rows, attribute, "contact", person("p_contact")) if attribute else false()


def _self(reach: Reach, rows: FromClause) -> Predicate:
    return rows.c.id == person("p_contact") if reach.entity.key == "contact" else false()


def _account(reach: Reach, rows: FromClause) -> Predicate:
    attribute = _lookup(reach, "account")
    if (reach.permission.via and attribute is None) or (not reach.permission.via and reach.entity.key != "account"):
        return false()
    held = rows.c[attribute.column.name] if attribute else rows.c.id
    if not reach.permission.subsidiaries:
        within = held == person("p_account")
    else:
        within = held.in_(select(subsidiaries(reach.snapshot).c.id))
    if attribute is None or attribute.target_column is None:
        return within
    return and_(rows.c[attribute.target_column.name] == "account", within)


def _parent(reach: Reach, rows: FromClause) -> Predicate:
    above = reach.site.permissions.get(reach.permission.parent)
    if above is None or above.entity not in reach.snapshot.entities:
        return false()
    upper = Reach(reach.snapshot, reach.site, above)
    parents = upper.entity.table.alias()
    attribute = reach.entity.attributes.get(reach.permission.relationship)
    if attribute is not None and above.entity in attribute.targets:
        tie = points_at(rows, attribute, above.entity, parents.c.id)
        return exists(_one(parents, and_(tie, upper.rows(parents))))
    relationship = reach.entity.relationships.get(reach.permission.relationship)
    if relationship is None or relationship.entity != above.entity:
        return false()
    if relationship.link is None:
        back = upper.entity.attributes[relationship.attribute]
        return exists(_one(parents, and_(points_at(parents, back, reach.entity.key, rows.c.id), upper.rows(parents))))
    link = relationship.link.alias()
    tied = link.join(parents, link.c[relationship.far] == parents.c.id)
    return exists(_one(tied, and_(link.c[relationship.near] == rows.c.id, upper.rows(parents)), link, parents))


def _one(source: FromClause, where: Predicate, *own: FromClause) -> Select[Any]:
    """SELECT 1 over `source`, everything else that `where` mentions being rows of the statement around it."""
    return select(literal_column("1")).select_from(source).where(where).correlate_except(*(own or (source,)))


SCOPES: dict[str, Callable[[Reach, FromClause], Predicate]] = {
    "global": _global,
    "contact": _contact,
    "account": _account,
    "self": _self,
    "parent": _parent,
}
