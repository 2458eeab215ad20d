"""Numbers over the rows of an entity, for all of them or for each combination of values: one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, func, select

from metadata.snapshot import Snapshot
from runtime.access import Principal, Standing, access_of
from runtime.records.clauses import Of
from runtime.records.errors import BadAsk, Denied
from runtime.records.narrowing import Narrowing
from runtime.records.prepared import Prepared
from runtime.records.proof import Reader
from runtime.records.shapes import kept
from runtime.records.source import Source
from runtime.records.words import bind_values

MOST_GROUPS = 5_000
DIGITS = Decimal(1).scaleb(-10)


@dataclass(frozen=True, slots=True)
class Number:
    """A number over rows: `sum`, `average`, `min`, `max` or `countdistinct` of a value, or the `count` of rows."""

    method: str
    of: Of | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """What is asked: the values to group by, the numbers, and which rows count."""

    by: tuple[Of, ...]
    numbers: tuple[Number, ...]
    narrowings: tuple[Narrowing, ...] = ()


def fetch_groups(
    connection: Reader, snapshot: Snapshot, principal: Principal, entity: str, wanted: Groups, bound: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """A tuple for each group: its values, then its numbers. What may not be read is empty, and counts for nothing.

    Raises Denied where no row may be read, and BadAsk where there are too many groups.
    """
    standing, dialect = principal.standing, connection.dialect
    if not access_of(snapshot, standing, entity, "read").allowed:
        raise Denied(entity)
    key = ("groups", standing, entity, wanted, dialect.name)
    prepared = kept(snapshot, key, lambda: Prepared(_statement(snapshot, standing, entity, wanted), dialect))
    values = {**bind_values(principal, prepared.names), **bound, "a_most": MOST_GROUPS + 1}
    rows = prepared.rows(connection, values)
    if len(rows) > MOST_GROUPS:
        raise BadAsk("$apply")
    return [_finished(wanted, row) for row in rows]


def _statement(snapshot: Snapshot, standing: Standing, entity: str, wanted: Groups) -> Select[Any]:
    """Values first and numbers around them, because not every database knows a calculated value again in its GROUP BY."""
    source = Source(snapshot, standing, entity)
    by = [_column(source, of).label(f"g{place}") for place, of in enumerate(wanted.by)]
    of = [_column(source, number.of).label(f"n{place}") for place, number in enumerate(wanted.numbers) if number.of]
    access = access_of(snapshot, standing, entity, "read")
    where = [] if access.unrestricted else [access.predicate(source.rows, many=True)]
    where += [part.condition(source) for part in wanted.narrowings]
    inner = select(source.rows.c.id, *by, *of).select_from(source.joined).where(*where).subquery("found")
    groups = [inner.c[f"g{place}"] for place in range(len(by))]
    numbers: list[ColumnElement[Any]] = []
    for place, number in enumerate(wanted.numbers):
        column = inner.c[f"n{place}"] if number.of else inner.c.id
        numbers += [made.label(f"m{place}_{index}") for index, made in enumerate(_made(number.method, column))]
    found = select(*groups, *numbers).select_from(inner)
    if groups:
        found = found.group_by(*groups).order_by(*groups)
    return found.limit(bindparam("a_most", type_=BigInteger()))


def _column(source: Source, of: Of) -> ColumnElement[Any]:
    found = of.column((source,))
    if found is None:
        raise Denied(source.entity.key, attribute=of.path)
    return found


def _made(method: str, column: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    match method:
        case "count":
            return [func.count(column)]
        case "countdistinct":
            return [func.count(column.distinct())]
        case "average":
            return [func.sum(column, type_=column.type), func.count(column)]
        case "min":
            return [func.min(column, type_=column.type)]
        case "max":
            return [func.max(column, type_=column.type)]
    return [func.sum(column, type_=column.type)]


def _finished(wanted: Groups, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row with averages worked out exactly, which no database does for every type."""
    found, place = list(row[: len(wanted.by)]), len(wanted.by)
    for number in wanted.numbers:
        if number.method == "average":
            total, count = row[place : place + 2]
            found.append((Decimal(total) / count).quantize(DIGITS).normalize() if count else None)
            place += 2
            continue
        found.append(int(row[place]) if number.method == "sum" and _whole(row[place]) else row[place])
        place += 1
    return tuple(found)


def _whole(value: Any) -> bool:
    """The sum of whole numbers, which PostgreSQL gives as a decimal without digits after the point."""
    return isinstance(value, Decimal) and value.as_tuple().exponent == 0
