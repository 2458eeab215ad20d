"""The Python evaluator. Nothing fails: what has no answer is None, and a condition without an answer does not hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Protocol

from metadata.expressions.numbers import add, divide, multiply, rounded
from metadata.expressions.tree import Aggregate, Call, Literal, Name, Node

Value = bool | Decimal | str | dt.date | dt.datetime | tuple[str, ...] | int | None
FIRST_DAY, LAST_DAY = dt.date.min.toordinal(), dt.date.max.toordinal()


class Row(Protocol):
    """The values that an expression is about."""

    def value(self, path: str) -> Value:
        """The value of a name: numbers as Decimal, moments with their zone, options as a tuple; None where it is empty."""
        ...

    def related(self, relationship: str) -> Iterable[Row]:
        """The rows of a relationship."""
        ...


def evaluate(node: Node, row: Row) -> Value:
    """The value of a typed expression for a row."""
    match node:
        case Literal():
            return node.value
        case Name():
            return row.value(node.path)
        case Aggregate():
            return _aggregate(node, row)
        case Call():
            return _call(node, row)


def _call(node: Call, row: Row) -> Value:
    lazy = LAZY.get(node.function)
    if lazy is not None:
        return lazy(node.arguments, row)
    values = [evaluate(argument, row) for argument in node.arguments]
    whole = WHOLE.get(node.function)
    if whole is not None:
        return whole(values)
    if any(value is None for value in values):
        return False if node.kind == "boolean" else None
    return PLAIN[node.function](*values)


def _or(arguments: Sequence[Node], row: Row) -> bool:
    return any(evaluate(argument, row) is True for argument in arguments)


def _and(arguments: Sequence[Node], row: Row) -> bool:
    return all(evaluate(argument, row) is True for argument in arguments)


def _if(arguments: Sequence[Node], row: Row) -> Value:
    return evaluate(arguments[1 if evaluate(arguments[0], row) is True else 2], row)


def _coalesce(arguments: Sequence[Node], row: Row) -> Value:
    return next((found for argument in arguments if (found := evaluate(argument, row)) is not None), None)


def _is_empty(values: Sequence[Value]) -> bool:
    return values[0] is None or values[0] == "" or values[0] == ()


def _extreme(choose: Callable[[Iterable[Any]], Any]) -> Callable[[Sequence[Value]], Value]:
    def found(values: Sequence[Value]) -> Value:
        given = [value for value in values if value is not None]
        return choose(given) if given else None

    return found


def _concat(values: Sequence[Value]) -> str:
    return "".join(str(value) for value in values if value is not None)


def _add_days(day: dt.date, number: Decimal) -> dt.date | None:
    at = day.toordinal() + int(number)
    return dt.date.fromordinal(at) if FIRST_DAY <= at <= LAST_DAY else None


LAZY: dict[str, Callable[[Sequence[Node], Row], Value]] = {"or": _or, "and": _and, "if": _if, "coalesce": _coalesce}
"""Those that need not look at all of their arguments."""

WHOLE: dict[str, Callable[[Sequence[Value]], Value]] = {
    "not": lambda values: values[0] is not True,
    "eq": lambda values: values[0] == values[1],
    "ne": lambda values: values[0] != values[1],
    "in": lambda values: values[0] in values[1:],
    "is_empty": _is_empty,
    "least": _extreme(min),
    "greatest": _extreme(max),
    "concat": _concat,
}
"""Those that have an answer where an argument is empty."""

PLAIN: dict[str, Callable[..., Value]] = {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "add": add,
    "sub": lambda a, b: add(a, -b),
    "mul": multiply,
    "div": divide,
    "neg": lambda a: -a,
    "abs": lambda a: abs(a),
    "round": rounded,
    "length": lambda text: Decimal(len(text)),
    "trim": lambda text: text.strip(" "),
    "contains": lambda text, part: part in text,
    "starts_with": lambda text, part: text.startswith(part),
    "ends_with": lambda text, part: text.endswith(part),
    "has": lambda options, one: one in options,
    "year": lambda day: Decimal(day.year),
    "month": lambda day: Decimal(day.month),
    "day": lambda day: Decimal(day.day),
    "days_between": lambda a, b: Decimal((b - a).days),
    "add_days": _add_days,
}
"""Those that are empty, or do not hold, where any argument is empty."""


def _aggregate(node: Aggregate, row: Row) -> Value:
    rows = [one for one in row.related(node.relationship) if node.condition is None or evaluate(node.condition, one) is True]
    if node.body is None:
        return Decimal(len(rows))
    body = node.body
    return AGGREGATE[node.function]([value for one in rows if (value := evaluate(body, one)) is not None])


def _sum(values: Sequence[Any]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = add(total, value)
    return total


AGGREGATE: dict[str, Callable[[Sequence[Any]], Value]] = {
    "count": lambda values: Decimal(len(values)),
    "sum": _sum,
    "avg": lambda values: divide(_sum(values), Decimal(len(values))),
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "any": any,
    "all": all,
}
"""Over the values that are not empty."""
