"""What a lookup may be set to: rows that may be read and pointed at, as its view limits and sorts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.records.ask import ListAsk, search_terms
from runtime.records.lists import fetch_list, fetch_row
from runtime.records.plan import ListOptions, ListPlan, plan_entity, plan_list
from runtime.records.prepared import Row

_CHOOSABLE = ListOptions(privileges=("read", "append_to"))


@dataclass(frozen=True, slots=True)
class Offer:
    """A row that a lookup may point at: its name, and the view's first other column as small print."""

    id: int
    label: Any
    second: Any = None


def offer(
    connection: Connection,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    *,
    view: str = "",
    q: str = "",
    limit: int = 20,
) -> list[Offer]:
    """The rows to choose from, searched by `q`. Raises Denied where none may be chosen and BadAsk for a search too long."""
    plan = _plan(snapshot, principal, entity, view)
    page = fetch_list(connection, plan, principal, ListAsk(view, page_size=limit, terms=search_terms(q)))
    return [_offer(plan, row) for row in page.rows]


def resolve_offer(
    connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, id: int, *, view: str = ""
) -> Offer | None:
    """The row with this id as an offer, or None where it may not be chosen. Raises Denied where no row may be."""
    plan = _plan(snapshot, principal, entity, view)
    row = fetch_row(connection, plan, principal, id)
    return None if row is None else _offer(plan, row)


def _plan(snapshot: Snapshot, principal: Principal, entity: str, view: str) -> ListPlan:
    if not view:
        return plan_entity(snapshot, principal, entity, _CHOOSABLE)
    if snapshot.views[view].entity != entity:
        raise KeyError(view)
    return plan_list(snapshot, principal, view, _CHOOSABLE)


def _offer(plan: ListPlan, row: Row) -> Offer:
    second = next((column for column in plan.columns if column.path != plan.key and not column.attribute.type.is_file), None)
    place = None if second is None else second.index if second.label_index is None else second.label_index
    return Offer(row[0], row[1], None if place is None else row[place])
