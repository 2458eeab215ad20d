"""The rows of a plan by the option of a choice: the first ones of each, and how many each has. One statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, literal, or_, select

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.passing import passing
from runtime.records.ask import ListAsk
from runtime.records.classed import note_rows
from runtime.records.errors import Denied
from runtime.records.lists import rights_of, shape_of, values_of
from runtime.records.plan import ListPlan
from runtime.records.prepared import Prepared, Row
from runtime.records.proof import Reader
from runtime.records.shapes import kept
from runtime.records.source import Source
from runtime.records.statement import Places, Shape, conditions, limit, order_of, ordered, parts


@dataclass(frozen=True, slots=True)
class Lanes:
    """By what rows are parted: a path to a choice, the options that count, and whether rows without any do."""

    path: str
    options: tuple[str, ...]
    without: bool = False


@passing
class Parted:
    """The first rows of each lane, lane by lane in no order. `options` has the option of each row, `can` which of write and
    delete may be tried on it; `sizes` says how many rows there are with each option that has any."""

    rows: list[Row]
    ids: list[int]
    keys: list[Any]
    can: list[frozenset[str]]
    options: list[str | None]
    sizes: dict[str | None, int]


def fetch_lanes(connection: Reader, plan: ListPlan, principal: Principal, ask: ListAsk, lanes: Lanes, most: int) -> Parted:
    """At most so many rows of each lane, in the order asked for. Raises Denied for a plan that was made for others."""
    if plan.standing != principal.standing:
        raise Denied(plan.entity.key)
    shape = shape_of(plan, ask)
    dialect = connection.dialect

    def make() -> tuple[Prepared, Places]:
        statement, places = _statement(plan, shape, lanes)
        return Prepared(statement, dialect), places

    keep = kept if shape.narrowings else Snapshot.derive
    prepared, places = keep(plan.snapshot, ("lanes", plan, shape, lanes, dialect.name), make)
    values = values_of(prepared, principal, ask, None)
    values["a_limit"] = most
    rows = prepared.rows(connection, values)
    if rows:
        note_rows(plan)
    return Parted(
        rows=rows,
        ids=[row[0] for row in rows],
        keys=[row[1] for row in rows],
        can=rights_of(places, rows),
        options=[row[-2] for row in rows],
        sizes={row[-2]: row[-1] for row in rows},
    )


def _statement(plan: ListPlan, shape: Shape, lanes: Lanes) -> tuple[Select[Any], Places]:
    """A window numbers the rows of each lane, with no more joins than that needs; those within the limit are fetched."""
    all_rows = Source(plan.snapshot, plan.standing, plan.entity.key)
    where = conditions(plan, shape, all_rows)
    lane = all_rows.value(lanes.path)
    where.append(_within(lane, lanes))
    window: Any = all_rows.rows.c.id if lane is None else lane
    first = ordered(order_of(plan, shape, all_rows))
    numbered = (
        select(
            all_rows.rows.c.id,
            window.label("lane"),
            func.row_number().over(partition_by=window, order_by=first).label("place"),
            func.count().over(partition_by=window).label("size"),
        )
        .select_from(all_rows.joined)
        .where(*where)
        .correlate(None)
        .subquery("lanes")
    )
    source = Source(plan.snapshot, plan.standing, plan.entity.key)
    columns, order, places = parts(plan, shape, source)
    labelled = [column.label(f"c{index}") for index, column in enumerate(columns)]
    joined = source.joined.join(numbered, numbered.c.id == source.rows.c.id)
    statement = select(*labelled, numbered.c.lane, numbered.c.size).select_from(joined)
    return statement.where(numbered.c.place <= limit()).order_by(*ordered(order)), places


def _within(lane: ColumnElement[Any] | None, lanes: Lanes) -> ColumnElement[bool]:
    """The rows with an option that counts; none where the choice may not be read."""
    if lane is None:
        return false()
    known = lane.in_([literal(option, lane.type) for option in lanes.options]) if lanes.options else false()
    return or_(known, lane.is_(None)) if lanes.without else known
