"""The day on which the span of time of a date begins, in SQL: its week from Monday, its month, its quarter, its year."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, Dialect, Text, bindparam, cast, func, literal, type_coerce

from metadata.expressions.sqlite_functions import LOCAL_DAY

ZONE = "g_zone"
"""The bind with the name of the time zone by whose clock moments have days."""


def span_start(column: ColumnElement[Any], span: str, moments: bool, dialect: Dialect) -> ColumnElement[Any]:
    """The first day of the span in which a date, or a moment, lies."""
    if dialect.name == "sqlite":
        return type_coerce(_sqlite(column, span, moments), Date())
    local = func.timezone(_zone(), column) if moments else cast(column, DateTime())
    return cast(func.date_trunc(literal(span, Text()), local), Date())


def _zone() -> ColumnElement[Any]:
    return cast(bindparam(ZONE, type_=Text()), Text())


def _sqlite(column: ColumnElement[Any], span: str, moments: bool) -> ColumnElement[Any]:
    text = type_coerce(column, Text())
    day = getattr(func, LOCAL_DAY)(text, bindparam(ZONE, type_=Text())) if moments else text
    match span:
        case "week":
            return func.date(day, "weekday 0", "-6 days")
        case "month":
            return func.date(day, "start of month")
        case "quarter":
            behind = (func.strftime("%m", day) - 1) % 3
            return func.date(day, "start of month", func.printf("-%d months", behind))
        case "year":
            return func.date(day, "start of year")
    return func.date(day)
