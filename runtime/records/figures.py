"""What the rows of a plan come to, group by group: one statement, under the same predicate as the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Dialect, Select, case, func, literal, null, select, type_coerce

from metadata.snapshot import CompiledAttribute
from runtime.access import Principal
from runtime.passing import passing
from runtime.records.calendar_spans import ZONE, span_start
from runtime.records.errors import Denied
from runtime.records.plan import ListPlan
from runtime.records.prepared import Prepared, Row
from runtime.records.proof import Reader
from runtime.records.source import Source, name_paths, trace
from runtime.records.statement import Shape, conditions
from runtime.records.words import bind_values


@dataclass(frozen=True, slots=True)
class Grouping:
    """How rows are grouped and what is worked out: `path` is that of the groups, empty for all rows in one; `by` the span of
    time of dates; `aggregate` of the values at `of`, whose path is empty where rows are counted. At most so many groups."""

    path: str
    by: str
    aggregate: str
    of: str
    most: int


@passing
class Group:
    """A group: its key (an option, an id, the first day of a span of time, ...), None for rows without; the name of the row
    that a lookup leads to; the figure, None where no row has a value; and the number of rows."""

    key: Any
    name: str
    figure: Decimal | None
    rows: int


@passing
class Groups:
    """The groups in order, and one figure for what is left out, where there is more and its figure can be told."""

    found: list[Group]
    rest: Group | None


def attribute_of(plan: ListPlan, path: str) -> CompiledAttribute | None:
    """The attribute at the end of a path, or None where it may not be read; of a lookup not without a name."""
    leaves = trace(plan.snapshot, plan.standing, plan.entity.key, path)
    if leaves is None:
        return None
    found = leaves[-1].attribute
    if found.type.name == "lookup" and not name_paths(plan.snapshot, plan.standing, plan.entity.key, path):
        return None
    return found


def fetch_figures(connection: Reader, plan: ListPlan, principal: Principal, grouping: Grouping, zone: str) -> Groups:
    """The groups of a plan's rows; moments fall into spans of time by the clock of a zone.

    Raises Denied for a plan that was made for others, and where the groups or their values may not be read.
    """
    if plan.standing != principal.standing:
        raise Denied(plan.entity.key)
    for path in (grouping.path, grouping.of):
        if path and attribute_of(plan, path) is None:
            raise Denied(plan.entity.key, attribute=path)
    dialect = connection.dialect
    prepared = plan.snapshot.derive(
        ("figures", plan, grouping, dialect.name), lambda: Prepared(_statement(plan, grouping, dialect), dialect)
    )
    rows = prepared.rows(connection, {**bind_values(principal, prepared.names), ZONE: zone})
    return _groups(grouping, rows)


def _statement(plan: ListPlan, grouping: Grouping, dialect: Dialect) -> Select[Any]:
    """The rows with their keys and values, and around them the groups: so each expression stands in the text once."""
    source = Source(plan.snapshot, plan.standing, plan.entity.key)
    where = conditions(plan, Shape(()), source)
    key, name = _key(plan, grouping, source, dialect)
    value = source.value(grouping.of) if grouping.of else None
    given = select(key.label("key"), name.label("name"), (null() if value is None else value).label("value")).select_from(
        source.joined
    )
    rows = given.where(*where).subquery("given")
    of = rows.c.value
    kind = Date() if value is None else value.type
    figure: ColumnElement[Any] = null() if value is None else type_coerce(_figure(grouping, of), kind)
    count, filled = func.count(), func.count(of)
    if not grouping.path:
        return select(null().label("key"), null().label("name"), figure, count, filled, null(), null()).select_from(rows)
    everything: ColumnElement[Any] = null() if value is None else type_coerce(func.sum(func.sum(of)).over(), kind)
    statement = select(rows.c.key, func.min(rows.c.name), figure, count, filled, everything, func.sum(count).over())
    statement = statement.select_from(rows).group_by(rows.c.key)
    # The group of rows without a key is always shown: it stands first, and behind it as many as are wanted.
    without = case((rows.c.key.is_(None), 0), else_=1)
    largest = _rank(grouping, of).desc() if not grouping.by else rows.c.key.desc()
    return statement.order_by(without, largest, rows.c.key).limit(literal(grouping.most + 1))


def _key(plan: ListPlan, grouping: Grouping, source: Source, dialect: Dialect) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What makes a row's group, and its name; a row that may not be read has no name, and makes no group of its own."""
    column = source.value(grouping.path) if grouping.path else None
    attribute = attribute_of(plan, grouping.path) if grouping.path else None
    if column is None or attribute is None:
        return null(), null()
    if attribute.type.name == "lookup":
        name = source.label(grouping.path)
        return (null(), null()) if name is None else (case((name.is_not(None), column), else_=None), name)
    if grouping.by:
        return span_start(column, grouping.by, attribute.type.name == "datetime", dialect), null()
    return column, null()


def _figure(grouping: Grouping, of: ColumnElement[Any]) -> ColumnElement[Any]:
    """The sum serves the average as well, which is divided outside: a database may round, or forget decimals."""
    match grouping.aggregate:
        case "min":
            return func.min(of)
        case "max":
            return func.max(of)
    return func.sum(of)


def _rank(grouping: Grouping, of: ColumnElement[Any]) -> ColumnElement[Any]:
    """By what the largest group is told. Empty figures are the smallest in every database."""
    if not grouping.of:
        return func.count()
    figure = func.avg(of) if grouping.aggregate == "average" else _figure(grouping, of)
    return func.coalesce(figure, literal(-(2**62)))


def _groups(grouping: Grouping, rows: Sequence[Row]) -> Groups:
    without = [row for row in rows if row[0] is None]
    keyed = [row for row in rows if row[0] is not None]
    shown = keyed[: grouping.most] if grouping.path else []
    found = [_group(grouping, row) for row in shown]
    if grouping.by:
        found.reverse()
    found += [_group(grouping, row) for row in without if row[3] or not grouping.path]
    return Groups(found, _rest(grouping, rows, [*shown, *without]))


def _group(grouping: Grouping, row: Row) -> Group:
    key, name, figure, rows, filled = row[:5]
    return Group(key, "" if name is None else str(name), _value(grouping, figure, rows, filled), int(rows))


def _value(grouping: Grouping, figure: Any, rows: int, filled: int) -> Decimal | None:
    if not grouping.of:
        return Decimal(rows)
    if figure is None:
        return None
    return Decimal(figure) / Decimal(filled) if grouping.aggregate == "average" else Decimal(figure)


def _rest(grouping: Grouping, rows: Sequence[Row], shown: Sequence[Row]) -> Group | None:
    """What is left out, where sums and counts tell it; of dates it is long ago, and left out without a word."""
    if not rows or not grouping.path or grouping.by or grouping.aggregate not in ("count", "sum"):
        return None
    left = int(rows[0][6]) - sum(int(row[3]) for row in shown)
    if left <= 0:
        return None
    if not grouping.of:
        return Group(None, "", Decimal(left), left)
    total = Decimal(rows[0][5] or 0) - sum((Decimal(row[2] or 0) for row in shown), Decimal(0))
    return Group(None, "", total, left)
