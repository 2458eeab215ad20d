"""Values of one type to another, in Python, so that both databases agree on what can be converted."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, TableClause, bindparam, func, select, true, update
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table

from metadata.migrate.shapes import family, text_length, type_for
from metadata.types import PRECISION

CHUNK = 2000
LARGEST = 2**63


def convert(value: Any, before: str, after: str) -> Any:
    """The equal value in another type, or None where there is none. Types are words of `metadata.migrate.shapes`."""
    target, rule = family(after)
    source, _ = family(before)
    try:
        match target:
            case "text":
                text = _as_text(value, source)
                return text if text is not None and len(text) <= text_length(after) else None
            case "integer":
                return _as_integer(value, source)
            case "decimal":
                return _as_decimal(value, source, int(rule))
            case "date":
                return value.date() if source == "datetime" else dt.date.fromisoformat(value)
            case "datetime":
                return _as_moment(value, source)
            case "boolean":
                return {"true": True, "false": False, 1: True, 0: False}.get(value)
            case "uuid":
                return uuid.UUID(value)
            case "choices":
                return (value,) if source == "text" and value and "|" not in value else None
    except (ValueError, TypeError, AttributeError, InvalidOperation):
        return None
    return None


def _as_text(value: Any, source: str) -> str | None:
    match source:
        case "lookup":
            return None
        case "choices":
            return value[0] if len(value) == 1 else None
        case "boolean":
            return "true" if value else "false"
        case "date" | "datetime":
            return str(value.isoformat())
        case "decimal":
            return f"{value:f}"
    return str(value)


def _as_integer(value: Any, source: str) -> int | None:
    if source == "lookup":
        return None
    number = Decimal(value)
    whole = number == number.to_integral_value() and abs(number) < LARGEST
    return int(number) if whole else None


def _as_decimal(value: Any, source: str, scale: int) -> Decimal | None:
    if source == "lookup":
        return None
    number = Decimal(value)
    rounded = number.quantize(Decimal(1).scaleb(-scale))
    return rounded if abs(rounded) < Decimal(10) ** (PRECISION - scale) else None


def _as_moment(value: Any, source: str) -> dt.datetime:
    if source == "date":
        return dt.datetime.combine(value, dt.time(), dt.UTC)
    moment = dt.datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def count_lost(connection: Connection, table: str, column: str, types: tuple[str, str]) -> int:
    """How many values of a column have no equal in its new type; those that would be rounded are counted too."""
    values = _rows(table, column, types[0]).c[column]
    found = connection.execute(select(values, func.count()).where(values.is_not(None)).group_by(values))
    return sum(count for value, count in found if _loses(value, types))


def _loses(value: Any, types: tuple[str, str]) -> bool:
    converted = convert(value, *types)
    return converted is None or (isinstance(converted, Decimal) and converted != Decimal(value))


def fill(connection: Connection, table: str, column: str, target: str, types: tuple[str, str]) -> None:
    """Write each value of `column`, converted, to the column `target` of the same row."""
    rows = _rows(table, target, types[1])
    value = bindparam("value", type_=rows.c[target].type)
    statement = update(rows).where(rows.c.id == bindparam("row")).values({target: value})
    for chunk in _chunks(connection, _rows(table, column, types[0]), column):
        found = [{"row": row, "value": convert(old, *types)} for row, old in chunk]
        if changed := [change for change in found if change["value"] is not None]:
            connection.execute(statement, changed)


def _chunks(connection: Connection, rows: TableClause, column: str) -> Iterator[list[tuple[int, Any]]]:
    """The keys and values of rows that have one, some at a time, so that memory stays flat."""
    wanted = select(rows.c.id, rows.c[column]).where(rows.c[column].is_not(None)).order_by(rows.c.id).limit(CHUNK)
    after: ColumnElement[bool] = true()
    while chunk := [(row[0], row[1]) for row in connection.execute(wanted.where(after))]:
        yield chunk
        after = rows.c.id > chunk[-1][0]


def _rows(table: str, column: str, word: str) -> TableClause:
    return sql_table(table, sql_column("id", BigInteger()), sql_column(column, type_for(word)))
