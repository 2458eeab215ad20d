"""Expressions for PostgreSQL: numeric arithmetic, two-valued logic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Text,
    and_,
    case,
    cast,
    extract,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    type_coerce,
)

from metadata.expressions.columns import Columns
from metadata.expressions.evaluate import LAST_DAY
from metadata.expressions.numbers import LARGEST, SCALE
from metadata.expressions.tree import Aggregate, Call, Kind, Literal, Name, Node
from metadata.types import UtcDateTime

Column = ColumnElement[Any]
EXTRA_DIGITS = Decimal("1." + "0" * 60)
"""What a dividend is multiplied with, so that rounding the quotient to ten digits sees all that decides it."""
TYPES: dict[Kind, Any] = {
    "boolean": Boolean(),
    "number": Numeric(),
    "text": Text(),
    "date": Date(),
    "moment": UtcDateTime(),
    "set": Text(),
    "row": Integer(),
    "empty": Text(),
}


class Compiler:
    """Nodes to columns. `columns` says where values stand."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def condition(self, node: Node) -> ColumnElement[bool]:
        """True or false, never unknown."""
        if isinstance(node, Call) and node.kind == "boolean" and node.function in _CERTAIN:
            return self._call(node)
        return func.coalesce(self._of(node), false())

    def value(self, node: Node, scale: int) -> Column:
        """The value, a number fitted to a column of this scale."""
        if node.kind == "boolean":
            return self.condition(node)
        if node.kind != "number":
            return self._of(node)
        if isinstance(node, Aggregate):
            # Fitted where it is folded: outside, the related rows would be read once for each time that the value is named.
            return self._aggregate(node, lambda found: _fitted(found, scale))
        return _fitted(self._of(node), scale)

    def _of(self, node: Node) -> Column:
        match node:
            case Literal():
                return _literal(node)
            case Name():
                return self._name(node)
            case Aggregate():
                return self._aggregate(node)
            case Call():
                return self._call(node)

    def _name(self, node: Name) -> Column:
        found = self._columns.column(node.path)
        if found is None:
            return cast(null(), TYPES[node.kind])
        if node.kind == "number":
            return cast(type_coerce(found, Numeric()), Numeric())
        return type_coerce(found, Text()) if node.kind in ("text", "set") else found

    def _call(self, node: Call) -> Column:
        if node.function in ("or", "and"):
            parts = [self.condition(argument) for argument in node.arguments]
            return or_(false(), *parts) if node.function == "or" else and_(*parts)
        if node.function == "not":
            return not_(self.condition(node.arguments[0]))
        if node.function == "if":
            chosen, then, otherwise = node.arguments
            kind = TYPES[node.kind]
            return case((self.condition(chosen), cast(self._of(then), kind)), else_=cast(self._of(otherwise), kind))
        values = [self._of(argument) for argument in node.arguments]
        if node.function == "is_empty":
            return _is_empty(node.arguments[0].kind, values[0])
        return FUNCTIONS[node.function](*values)

    def _aggregate(self, node: Aggregate, finished: Callable[[Column], Column] = lambda found: found) -> Column:
        """The aggregate; a number is `finished` within the query that folds the rows."""
        related = self._columns.related(node.relationship)
        if related is None:
            none = _nothing(node)
            return finished(none) if node.kind == "number" else none
        inner = Compiler(related.columns)
        condition = None if node.condition is None else inner.condition(node.condition)
        if node.body is None:
            return cast(related.one(func.count(), condition), Numeric())
        if node.function in ("any", "all"):
            fold = func.bool_or if node.function == "any" else func.bool_and
            # Rows without an answer count for nothing, as they do in every aggregate.
            found = related.one(fold(inner._of(node.body)), condition)
            return func.coalesce(found, node.function == "all")
        folded = _folded(node.function, inner._of(node.body))
        return related.one(finished(folded) if node.kind == "number" else folded, condition)


def _folded(function: str, body: Column) -> Column:
    match function:
        case "sum":
            return func.coalesce(func.sum(body), literal_column("0", Numeric()))
        case "avg":
            return _divided(func.sum(body), func.count(body))
        case "min":
            return func.min(body)
    return func.max(body)


def _fitted(found: Column, scale: int) -> Column:
    """A number as a column of this scale keeps it; empty where it is too large."""
    exact = func.round(found, literal_column(str(scale), Integer()))
    limit = literal_column(f"{Decimal(LARGEST).scaleb(-scale):f}", Numeric())
    return case((func.abs(exact) <= limit, exact), else_=None)


def _nothing(node: Aggregate) -> Column:
    """The aggregate of no rows."""
    match node.function:
        case "count" | "sum":
            return literal(Decimal(0), Numeric())
        case "any" | "all":
            return literal(node.function == "all", Boolean())
    return cast(null(), TYPES[node.kind])


def _literal(node: Literal) -> Column:
    if node.value is None:
        return cast(null(), TYPES[node.kind])
    return cast(literal(node.value, TYPES[node.kind]), TYPES[node.kind])


def _is_empty(kind: Kind, value: Column) -> Column:
    if kind == "text":
        return func.coalesce(value, "") == ""
    if kind == "set":
        return func.coalesce(value, "|") == "|"
    return value.is_(None)


def _divided(over: Column, under: Column) -> Column:
    return func.round(over * literal(EXTRA_DIGITS, Numeric()) / func.nullif(under, 0), SCALE)


def _add_days(day: Column, number: Column) -> Column:
    """Decided by the day's number first: PostgreSQL's own dates end in an error."""
    at = (day - literal(dt.date.min, Date())) + func.trunc(number)
    return case((and_(at >= 0, at < LAST_DAY), day + cast(func.trunc(number), Integer())), else_=None)


def _rounded(value: Column, digits: Column) -> Column:
    clamped = func.least(func.greatest(func.trunc(digits), 0), SCALE)
    return case((digits.is_not(None), func.round(value, cast(clamped, Integer()))), else_=None)


def _has(options: Column, one: Column) -> Column:
    return func.coalesce(
        and_(func.strpos(one, "|") == 0, one != "", func.strpos(options, func.concat("|", one, "|")) > 0), false()
    )


def _starts(text: Column, part: Column) -> Column:
    return func.coalesce(func.left(text, func.length(part)) == part, false())


def _ends(text: Column, part: Column) -> Column:
    return func.coalesce(func.right(text, func.length(part)) == part, false())


def _certain(compare: Callable[[Column, Column], Column]) -> Callable[[Column, Column], Column]:
    return lambda a, b: func.coalesce(compare(a, b), false())


_CERTAIN = frozenset(
    {"or", "and", "not", "eq", "ne", "in", "lt", "le", "gt", "ge", "is_empty", "contains", "starts_with", "ends_with", "has"}
)

FUNCTIONS: dict[str, Callable[..., Column]] = {
    "eq": lambda a, b: a.is_not_distinct_from(b),
    "ne": lambda a, b: a.is_distinct_from(b),
    "in": lambda one, *others: or_(false(), *(one.is_not_distinct_from(other) for other in others)),
    "lt": _certain(lambda a, b: a < b),
    "le": _certain(lambda a, b: a <= b),
    "gt": _certain(lambda a, b: a > b),
    "ge": _certain(lambda a, b: a >= b),
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: func.round(a * b, SCALE),
    "div": _divided,
    "neg": lambda a: -a,
    "abs": func.abs,
    "round": _rounded,
    "coalesce": func.coalesce,
    "least": func.least,
    "greatest": func.greatest,
    "concat": func.concat,
    "length": lambda text: cast(func.length(text), Numeric()),
    "trim": lambda text: func.btrim(text, " "),
    "contains": _certain(lambda text, part: func.strpos(text, part) > 0),
    "starts_with": _starts,
    "ends_with": _ends,
    "has": _has,
    "year": lambda day: cast(extract("year", day), Numeric()),
    "month": lambda day: cast(extract("month", day), Numeric()),
    "day": lambda day: cast(extract("day", day), Numeric()),
    "days_between": lambda a, b: cast(b - a, Numeric()),
    "add_days": _add_days,
}
