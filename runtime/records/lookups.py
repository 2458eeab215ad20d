"""What a lookup may be set to: rows that may be read and pointed at, as its view limits and sorts them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, bindparam, false

from metadata.snapshot import Snapshot
from metadata.types import KEY_TYPE
from runtime.access import Principal
from runtime.records.ask import ListAsk, search_terms
from runtime.records.lists import fetch_list, fetch_row
from runtime.records.plan import ListOptions, ListPlan, plan_entity, plan_list
from runtime.records.prepared import Row
from runtime.records.source import Source

Belonging = tuple[str, int]
"""A path from a row to another one, and that one's id."""
_CHOOSABLE = ListOptions(privileges=("read", "append_to"))


@dataclass(frozen=True, slots=True)
class Offer:
    """A row that a lookup may point at: its name, and the view's first other column as small print."""

    id: int
    label: Any
    second: Any = None


@dataclass(frozen=True, slots=True)
class _Within:
    """Only rows from which a path leads to the row that is bound; none where it may not be read."""

    path: str
    ranks: ClassVar[bool] = False

    def condition(self, source: Source) -> ColumnElement[bool]:
        value = source.value(self.path)
        return false() if value is None else value == bindparam("a_within", type_=KEY_TYPE)

    def rank(self, source: Source) -> None:
        return None


@dataclass(frozen=True, slots=True)
class _Only:
    """Only the row with the id that is bound."""

    ranks: ClassVar[bool] = False

    def condition(self, source: Source) -> ColumnElement[bool]:
        found: ColumnElement[bool] = source.rows.c.id == bindparam("a_only", type_=KEY_TYPE)
        return found

    def rank(self, source: Source) -> None:
        return None


def offer(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    *,
    view: str = "",
    q: str = "",
    limit: int = 20,
    within: Belonging | None = None,
) -> list[Offer]:
    """The rows to choose from, searched by `q`, of those that belong to a row where `within` names one.

    Raises Denied where none may be chosen and BadAsk for a search too long.
    """
    plan = offer_plan(snapshot, principal, entity, view)
    ask = _narrowed(ListAsk(view, page_size=limit, terms=search_terms(q), counted=False), within)
    return [_offer(plan, row) for row in fetch_list(connection, plan, principal, ask).rows]


def resolve_offer(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    id: int,
    *,
    view: str = "",
    within: Belonging | None = None,
) -> Offer | None:
    """The row with this id as an offer, or None where it may not be chosen. Raises Denied where no row may be."""
    plan = offer_plan(snapshot, principal, entity, view)
    if within is None:
        row = fetch_row(connection, plan, principal, id)
        return None if row is None else _offer(plan, row)
    ask = ListAsk(view, page_size=1, narrowings=(_Only(),), bound=(("a_only", id),), counted=False)
    rows = fetch_list(connection, plan, principal, _narrowed(ask, within)).rows
    return _offer(plan, rows[0]) if rows else None


def _narrowed(ask: ListAsk, within: Belonging | None) -> ListAsk:
    if within is None:
        return ask
    path, row = within
    return replace(ask, narrowings=(*ask.narrowings, _Within(path)), bound=(*ask.bound, ("a_within", row)))


def offer_plan(snapshot: Snapshot, principal: Principal, entity: str, view: str = "") -> ListPlan:
    """The plan of what is offered. Raises Denied where none may be chosen and KeyError for a view of another entity."""
    if not view:
        return plan_entity(snapshot, principal, entity, _CHOOSABLE)
    if snapshot.views[view].entity != entity:
        raise KeyError(view)
    return plan_list(snapshot, principal, view, _CHOOSABLE)


def _offer(plan: ListPlan, row: Row) -> Offer:
    second = next((column for column in plan.columns if column.path != plan.key and not column.attribute.type.is_file), None)
    place = None if second is None else second.index if second.label_index is None else second.label_index
    return Offer(row[0], row[1], None if place is None else row[place])
