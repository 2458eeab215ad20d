"""The way from a row to a person, as a permission's scope goes it, told with the names of the rows that are there.

For those who administer a site; a principal's own pages never say any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, literal_column, select

from metadata.model import EntityPermission
from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Principal
from runtime.access.scopes import Reach
from runtime.records.details import fetch_record

MOST_PARENTS = 1
MOST_ABOVE = 50
MARK = "'condition'"
"""What the statement around a condition selects, so that its own part is told from that of the rows it names before."""
SYSTEM = Principal.system("admin")


@dataclass(frozen=True, slots=True)
class Stop:
    """A row on the way: its entity and what it is called; `by` is the lookup or relationship that led there."""

    entity: str
    name: str
    by: str = ""

    def __str__(self) -> str:
        place = f"{self.entity} {self.name or '(none)'}"
        return f"{self.by} -> {place}" if self.by else place


def way_of(
    connection: Connection, snapshot: Snapshot, site: CompiledSite, principal: Principal, permission: EntityPermission, row: int
) -> tuple[Stop, ...]:
    """The stops from a row to whom its scope leads; of several parents one that is within reach, if there is one."""
    start = Stop(permission.entity, name_of(connection, snapshot, permission.entity, row))
    return (start, *_onward(connection, snapshot, (site, principal), permission, row))


def name_of(connection: Connection, snapshot: Snapshot, entity: str, row: int | None) -> str:
    """What a row is called; "" for none."""
    if row is None:
        return ""
    key = snapshot.entities[entity].primary_name.key
    found = fetch_record(connection, snapshot, SYSTEM, entity, "id", row, (key,))
    return "" if found is None else str(found.values.get(key) or row)


def predicate_text(snapshot: Snapshot, site: CompiledSite, permission: EntityPermission, connection: Connection) -> str:
    """The condition of a permission as SQL, with names for the values of the person."""
    reach = Reach(snapshot, site, permission)
    named: Any = type(connection.dialect)
    table = reach.entity.table
    asked: Select[Any] = select(literal_column(MARK)).select_from(table).where(reach.rows(table))
    named_rows, _, rest = " ".join(str(asked.compile(dialect=named(paramstyle="named"))).split()).partition(f"SELECT {MARK}")
    return "; ".join(filter(None, (rest.partition(" WHERE ")[2] or "true", named_rows.strip())))


def _onward(
    connection: Connection, snapshot: Snapshot, who: tuple[CompiledSite, Principal], permission: EntityPermission, row: int
) -> Iterator[Stop]:
    site, principal = who
    if permission.scope in ("contact", "account"):
        entity, target = permission.scope, row
        if permission.via:
            value = _held(connection, snapshot, permission.entity, permission.via, row)
            entity, target = value if isinstance(value, tuple) else (permission.scope, value)
            yield Stop(entity, name_of(connection, snapshot, entity, target), permission.via)
        if permission.subsidiaries and entity == "account":
            yield from _above(connection, snapshot, principal.account, target)
    elif permission.scope == "parent" and permission.parent in site.permissions:
        above = site.permissions[permission.parent]
        parent = _parent(connection, snapshot, who, permission, row)
        yield Stop(above.entity, name_of(connection, snapshot, above.entity, parent), permission.relationship)
        if parent is not None:
            yield from _onward(connection, snapshot, who, above, parent)


def _above(connection: Connection, snapshot: Snapshot, own: int | None, account: int | None) -> Iterator[Stop]:
    """The accounts above one, up to the person's own; all there are where that is none of them."""
    known = {account}
    while account is not None and account != own and len(known) < MOST_ABOVE:
        account = _held(connection, snapshot, "account", "parent_account", account)
        if account is None or account in known:
            return
        known.add(account)
        yield Stop("account", name_of(connection, snapshot, "account", account), "parent_account")


def _held(connection: Connection, snapshot: Snapshot, entity: str, attribute: str, row: int) -> Any:
    found = fetch_record(connection, snapshot, SYSTEM, entity, "id", row, (attribute,))
    return None if found is None else found.values.get(attribute)


def _parent(
    connection: Connection, snapshot: Snapshot, who: tuple[CompiledSite, Principal], permission: EntityPermission, row: int
) -> int | None:
    site, principal = who
    above = site.permissions[permission.parent]
    entity = snapshot.entities[permission.entity]
    attribute = entity.attributes.get(permission.relationship)
    if attribute is not None:
        value = _held(connection, snapshot, permission.entity, attribute.key, row)
        kind, parent = value if isinstance(value, tuple) else (above.entity, value)
        return parent if kind == above.entity else None
    relationship = entity.relationships.get(permission.relationship)
    if relationship is None:
        return None
    parents = snapshot.entities[above.entity].table
    reach = Reach(snapshot, site, above)
    query = select(parents.c.id)
    if relationship.link is not None:
        link = relationship.link
        query = query.join(link, link.c[relationship.far] == parents.c.id).where(link.c[relationship.near] == row)
    else:
        back = snapshot.entities[above.entity].attributes[relationship.attribute]
        query = query.where(parents.c[back.column.name] == row)
        if back.target_column is not None:
            query = query.where(parents.c[back.target_column.name] == permission.entity)
    nearest = query.order_by(case((reach.rows(parents), 0), else_=1), parents.c.id).limit(MOST_PARENTS)
    return connection.execute(nearest, dict(principal.binds)).scalar()
