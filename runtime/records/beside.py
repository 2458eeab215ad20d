"""Rows beside those of a page: what their lookups lead to, or what is related to them, for all of them in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, Select, bindparam, func, select

from metadata.types import KEY_TYPE
from runtime.access import Principal
from runtime.records.ask import ListAsk
from runtime.records.classed import note_rows
from runtime.records.errors import BadAsk, Denied
from runtime.records.plan import ListPlan, Near
from runtime.records.prepared import Prepared, Row
from runtime.records.proof import Reader
from runtime.records.shapes import kept
from runtime.records.source import Source
from runtime.records.statement import Shape, columns_of, conditions, ordering_of
from runtime.records.words import bind_values

MOST_ROWS = 20_000


@dataclass(slots=True)
class Beside:
    """The rows beside one row, at most as many as asked for and one more, and how many there are in all."""

    rows: list[Row] = field(default_factory=list)
    total: int = 0


def fetch_beside(
    connection: Reader, plan: ListPlan, principal: Principal, ask: ListAsk, near: Near | None, ids: Sequence[int]
) -> Mapping[int, Beside]:
    """The rows of a plan of `plan_rows` beside each of `ids`: those related by `near`, or those with these ids themselves.

    Of each the page of the ask, by its sort, filter, `skip` and `page_size`. Raises Denied, and BadAsk where they are more
    than are worth sending.
    """
    if plan.standing != principal.standing:
        raise Denied(plan.entity.key)
    if not ids:
        return {}
    wanted = list(dict.fromkeys(ids))
    size = 1 << (len(wanted) - 1).bit_length()
    shape = Shape(ask.sort or plan.sort, counted=False, narrowings=ask.narrowings)
    dialect = connection.dialect
    prepared = kept(
        plan.snapshot,
        ("beside", plan, shape, near, size, dialect.name),
        lambda: Prepared(_statement(plan, shape, near, size, dialect), dialect),
    )
    values = {**bind_values(principal, prepared.names), **dict(ask.bound)}
    values |= {"a_skip": ask.skip, "a_last": ask.skip + ask.page_size + 1, "a_most": MOST_ROWS + 1}
    values |= {f"a_of{place}": row for place, row in enumerate(wanted + wanted[-1:] * (size - len(wanted)))}
    rows = prepared.rows(connection, values)
    if rows:
        note_rows(plan)
    if len(rows) > MOST_ROWS:
        raise BadAsk("$expand")
    found: dict[int, Beside] = {}
    for owner, total, *row in rows:
        beside = found.setdefault(owner, Beside())
        beside.rows.append(tuple(row))
        beside.total = total
    return found


def _statement(plan: ListPlan, shape: Shape, near: Near | None, size: int, dialect: Dialect) -> Select[Any]:
    source = Source(plan.snapshot, plan.standing, plan.entity.key)
    where = conditions(plan, shape, source, tied=True)
    columns = columns_of(plan, source)
    order = ordering_of(plan, shape, source)
    owner = _owner(plan, source, near, where)
    named = [column.label(f"c{place}") for place, column in enumerate(columns)]
    place = func.row_number().over(partition_by=owner, order_by=order).label("place")
    total = func.count().over(partition_by=owner).label("total")
    among = owner.in_([bindparam(f"a_of{index}", type_=KEY_TYPE) for index in range(size)])
    inner = select(owner.label("owner"), total, place, *named).select_from(source.joined).where(*where, among).subquery("found")
    within = inner.c.place > bindparam("a_skip", type_=BigInteger()), inner.c.place <= bindparam("a_last", type_=BigInteger())
    kept_columns = [inner.c[f"c{index}"] for index in range(len(named))]
    ordered = select(inner.c.owner, inner.c.total, *kept_columns).where(*within).order_by(inner.c.owner, inner.c.place)
    return ordered.limit(bindparam("a_most", type_=BigInteger()))


def _owner(plan: ListPlan, source: Source, near: Near | None, where: list[ColumnElement[bool]]) -> ColumnElement[Any]:
    """The column with the row that each row stands beside. Raises Denied where the lookup to it may not be read."""
    if near is None:
        return source.rows.c.id
    found = plan.snapshot.entities[near.entity].relationships[near.relationship]
    if found.link is not None:
        link = found.link.alias("link")
        source.joined = source.joined.join(link, link.c[found.far] == source.rows.c.id)
        column: ColumnElement[Any] = link.c[found.near]
        return column
    lookup = source.value(found.attribute)
    if lookup is None:
        raise Denied(plan.entity.key, attribute=found.attribute)
    target = source.target(found.attribute)
    if target is not None:
        where.append(target == near.entity)
    return lookup
