"""A page of a list: one statement for its rows, their rights and their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Dialect

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.passing import passing
from runtime.records.ask import ListAsk
from runtime.records.classed import note_rows
from runtime.records.errors import Denied
from runtime.records.keyset import make_token
from runtime.records.plan import ListPlan, plan_list
from runtime.records.prepared import Prepared, Row
from runtime.records.proof import Reader
from runtime.records.shapes import kept
from runtime.records.statement import (
    CAP,
    DEEP_PAGE,
    Places,
    Right,
    Shape,
    count_statement,
    list_statement,
    term_pattern,
)
from runtime.records.words import bind_values

_RIGHTS = {
    (False, False): frozenset[str](),
    (True, False): frozenset({"write"}),
    (False, True): frozenset({"delete"}),
    (True, True): frozenset({"write", "delete"}),
}


@passing
class ListPage:
    """A page of rows; the plan's columns say where each value stands in a row.

    `keys` are the rows' human keys (None where it is empty or may not be read). `total` is None where there are more than the
    cap (`total_capped`) or where it was not counted, as on keyset pages. `next_after` and `previous_before` are tokens of the
    pages beside, None where there is none. `can` has for each row which of write and delete may be tried on it.
    """

    rows: list[Row]
    ids: list[int]
    keys: list[Any]
    total: int | None
    total_capped: bool
    page: int
    pages: int | None
    next_after: str | None
    previous_before: str | None
    can: list[frozenset[str]]


def fetch_list(
    connection: Reader, plan: ListPlan, principal: Principal, ask: ListAsk | None = None, *, near: int | None = None
) -> ListPage:
    """The page asked for; without an ask the first ten rows. `near` is the id of the record for a plan of related rows.

    Raises Denied for a plan that was made for others.
    """
    if plan.standing != principal.standing:
        raise Denied(plan.entity.key)
    wanted = ask or ListAsk(plan.view)
    shape = shape_of(plan, wanted)
    prepared, places = _prepared(plan, shape, connection.dialect)
    values = values_of(prepared, principal, wanted, near)
    rows = prepared.rows(connection, values)
    if rows:
        note_rows(plan)
    if shape.counted and not rows and wanted.page > 1:
        counted: int | None = _count(connection, plan, principal, shape, values)
    else:
        counted = (rows[0][places.count] if rows else 0) if places.count is not None else None
    return _page(wanted, shape, places, rows, counted)


def fetch_row(connection: Reader, plan: ListPlan, principal: Principal, row: int, *, near: int | None = None) -> Row | None:
    """The row with this id as the plan selects it, or None where the plan has no such row. `near` is as in `fetch_list`."""
    if plan.standing != principal.standing:
        raise Denied(plan.entity.key)
    shape = Shape((), window="row", counted=False)
    prepared, _ = _prepared(plan, shape, connection.dialect)
    rows = prepared.rows(connection, {**values_of(prepared, principal, ListAsk(plan.view), near), "a_row": row})
    if rows:
        note_rows(plan, row)
    return rows[0] if rows else None


def count_rows(connection: Reader, plan: ListPlan, principal: Principal, near: int | None = None) -> int:
    """The number of rows of a plan, at most the cap."""
    if plan.standing != principal.standing:
        raise Denied(plan.entity.key)
    ask = ListAsk(plan.view)
    shape = shape_of(plan, ask)
    return min(CAP, _count(connection, plan, principal, shape, {"a_near": near}))


def count_view(connection: Reader, snapshot: Snapshot, principal: Principal, view: str) -> int:
    """The number of rows of a view that may be read, at most the cap. Raises Denied."""
    return count_rows(connection, plan_list(snapshot, principal, view), principal)


def shape_of(plan: ListPlan, ask: ListAsk) -> Shape:
    """What of an ask the text of its statement depends on."""
    sort = ask.sort or plan.sort
    shape = Shape(sort, len(ask.terms), ask.scope, counted=ask.counted, narrowings=ask.narrowings)
    if ask.direction:
        empties = tuple(value is None for value in ask.anchor)
        return replace(shape, window=ask.direction, empties=empties, counted=False)
    return replace(shape, window="deep") if ask.page > DEEP_PAGE else shape


def _prepared(plan: ListPlan, shape: Shape, dialect: Dialect) -> tuple[Prepared, Places]:
    def make() -> tuple[Prepared, Places]:
        statement, places = list_statement(plan, shape, dialect.name)
        return Prepared(statement, dialect), places

    keep = kept if shape.narrowings or plan.chosen else Snapshot.derive
    return keep(plan.snapshot, ("list statement", plan, shape, dialect.name), make)


def _count(connection: Reader, plan: ListPlan, principal: Principal, shape: Shape, values: Mapping[str, Any]) -> int:
    dialect = connection.dialect
    key = ("count statement", plan, shape.terms, shape.scope, shape.narrowings, dialect.name)
    keep = kept if shape.narrowings or plan.chosen else Snapshot.derive
    prepared = keep(plan.snapshot, key, lambda: Prepared(count_statement(plan, shape), dialect))
    return int(prepared.rows(connection, {**values, **bind_values(principal, prepared.names)})[0][0])


def values_of(prepared: Prepared, principal: Principal, ask: ListAsk, near: int | None) -> dict[str, Any]:
    """The values of the binds of a statement for an ask."""
    values = bind_values(principal, prepared.names)
    values["a_limit"] = ask.page_size + 1
    values["a_offset"] = ask.skip + (ask.page - 1) * ask.page_size
    values["a_near"] = near
    for index, term in enumerate(sorted(ask.terms, key=len, reverse=True)):  # what few rows have is asked for first
        values[f"a_term{index}"] = term_pattern(term)
    for index, value in enumerate(ask.anchor):
        values[f"a_anchor{index}"] = value
    values.update(ask.bound)
    return values


def _page(ask: ListAsk, shape: Shape, places: Places, rows: list[Row], counted: int | None) -> ListPage:
    more = len(rows) > ask.page_size
    rows = rows[: ask.page_size]
    backwards = ask.direction == "before"
    if backwards:
        rows.reverse()
    has_next = ask.placed and bool(rows) and (more or backwards)
    has_previous = ask.placed and bool(rows) and (more if backwards else ask.direction == "after" or ask.page > 1)
    capped = counted is not None and counted > CAP
    return ListPage(
        rows=rows,
        ids=[row[0] for row in rows],
        keys=[row[1] for row in rows],
        total=None if capped else counted,
        total_capped=capped,
        page=ask.page,
        pages=None if capped or counted is None else max(1, -(-counted // ask.page_size)),
        next_after=_token(shape, places, rows[-1]) if has_next else None,
        previous_before=_token(shape, places, rows[0]) if has_previous else None,
        can=rights_of(places, rows),
    )


def _token(shape: Shape, places: Places, row: Row) -> str:
    return make_token(shape.sort, [row[place] for place in places.sort], row[0])


def rights_of(places: Places, rows: list[Row]) -> list[frozenset[str]]:
    """Which of write and delete may be tried on each row."""
    write, delete = places.write, places.delete
    if write.index is None and delete.index is None:
        return [_RIGHTS[write.constant, delete.constant]] * len(rows)
    return [_RIGHTS[_may(write, row), _may(delete, row)] for row in rows]


def _may(right: Right, row: Row) -> bool:
    return right.constant if right.index is None else bool(row[right.index])
