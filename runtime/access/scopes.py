"""The five scopes: which rows a permission reaches, as SQL over an alias of the entity's table.

Values of the person are bind parameters, so the text depends on metadata alone. A scope that cannot be told (a lookup
that is not there, a parent on another entity) reaches nothing. A person without a value reaches nothing either: nothing
equals NULL, and no predicate here is ever negated.

A predicate comes in two forms that reach the same rows. For one row, or the few that hang on one, a parent is looked up from
the row (EXISTS). For many rows it is the other way round: what the person reaches is gathered and rows are found by it (IN),
as not every database turns the one into the other.
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

    def rows(self, rows: FromClause, *, many: bool = False) -> Predicate:
        """Whether a row of `rows` (the entity's table or an alias of it) lies within the permission's scope.

        `many`: all rows that do are asked for, so that what they hang on is gathered instead of looked up from each.
        """
        return SCOPES[self.permission.scope](self, rows, many)

    @property
    def gathers(self) -> bool:
        """Whether it begins with rows of the person's, so that gathering them is less than looking at all."""
        chain = lineage(self.site, self.permission)
        return bool(chain) and chain[-1].scope != "global"

    @property
    def reaches_below(self) -> bool:
        """Whether it reaches accounts below the person's as well."""
        chain = lineage(self.site, self.permission)
        return bool(chain) and chain[-1].subsidiaries

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


def points_among(rows: FromClause, attribute: CompiledAttribute, target: str, ids: Select[Any]) -> Predicate:
    """Whether a lookup holds one of some rows of the entity `target`; as `points_at`."""
    held = rows.c[attribute.column.name].in_(ids)
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


def _global(reach: Reach, rows: FromClause, many: bool) -> Predicate:
    return true()


def _contact(reach: Reach, rows: FromClause, many: bool) -> Predicate:
    if not reach.permission.via:
        return _self(reach, rows, many)
    attribute = _lookup(reach, "contact")
    return points_at(rows, attribute, "contact", person("p_contact")) if attribute else false()


def _self(reach: Reach, rows: FromClause, many: bool) -> Predicate:
    return rows.c.id == person("p_contact") if reach.entity.key == "contact" else false()


def _account(reach: Reach, rows: FromClause, many: bool) -> Predicate:
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


def _parent(reach: Reach, rows: FromClause, many: bool) -> Predicate:
    above = reach.site.permissions.get(reach.permission.parent)
    if above is None or above.entity not in reach.snapshot.entities:
        return false()
    upper = Reach(reach.snapshot, reach.site, above)
    parents = upper.entity.table.alias()
    gathered = many and upper.gathers
    within = upper.rows(parents, many=gathered)
    attribute = reach.entity.attributes.get(reach.permission.relationship)
    if attribute is not None and above.entity in attribute.targets:
        if gathered:
            return points_among(rows, attribute, above.entity, _those(parents.c.id, parents, within))
        return exists(_one(parents, and_(points_at(rows, attribute, above.entity, parents.c.id), within)))
    relationship = reach.entity.relationships.get(reach.permission.relationship)
    if relationship is None or relationship.entity != above.entity:
        return false()
    if relationship.link is None:
        back = upper.entity.attributes[relationship.attribute]
        if gathered:
            held = parents.c[back.column.name]
            named = true() if back.target_column is None else parents.c[back.target_column.name] == reach.entity.key
            return rows.c.id.in_(_those(held, parents, and_(held.is_not(None), named, within)))
        return exists(_one(parents, and_(points_at(parents, back, reach.entity.key, rows.c.id), within)))
    link = relationship.link.alias()
    tied = link.join(parents, link.c[relationship.far] == parents.c.id)
    if gathered:
        return rows.c.id.in_(_those(link.c[relationship.near], tied, within))
    return exists(_one(tied, and_(link.c[relationship.near] == rows.c.id, within), link, parents))


def _one(source: FromClause, where: Predicate, *own: FromClause) -> Select[Any]:
    """SELECT 1 over `source`, everything else that `where` mentions being rows of the statement around it."""
    return select(literal_column("1")).select_from(source).where(where).correlate_except(*(own or (source,)))


def _those(column: ColumnElement[Any], source: FromClause, where: Predicate) -> Select[Any]:
    """The ids in a column of `source`, which depend on no row of the statement around it; none of them is empty."""
    return select(column).select_from(source).where(where).correlate(None)


SCOPES: dict[str, Callable[[Reach, FromClause, bool], Predicate]] = {
    "global": _global,
    "contact": _contact,
    "account": _account,
    "self": _self,
    "parent": _parent,
}
