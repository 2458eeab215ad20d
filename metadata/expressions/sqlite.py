"""Expressions for SQLite: what compares or combines is SQL, what computes is a call of the Python evaluator.

SQLite has no exact decimals (an overflow becomes a binary float) and knows letters of ASCII only, so that its own
arithmetic would give other answers. `install` adds the two functions that the statements call to a connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from metadata.expressions.columns import Columns
from metadata.expressions.data import to_data
from metadata.expressions.sqlite_functions import FOLD, FUNCTION, install
from metadata.expressions.tree import Aggregate, Call, Kind, Literal, Name, Node, aggregates, names
from metadata.types import ChoiceSet, ExactDecimal, UtcDateTime

__all__ = ["Compiler", "install"]

Column = ColumnElement[Any]
_COMPARE = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})
_NOTHING = {"count": "0", "sum": "0", "any": "0", "all": "1"}
"""What the aggregates give over no rows, where it is not empty."""


class Compiler:
    """Nodes to columns. `columns` says where values stand."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def condition(self, node: Node) -> ColumnElement[bool]:
        """True or false, never unknown."""
        if isinstance(node, Call) and node.function in ("or", "and"):
            parts = [self.condition(argument) for argument in node.arguments]
            return or_(false(), *parts) if node.function == "or" else and_(*parts)
        if isinstance(node, Call) and node.function == "not":
            return not_(self.condition(node.arguments[0]))
        if isinstance(node, Call) and node.function in _COMPARE:
            plain = self._compared(node)
            if plain is not None:
                return plain
        if isinstance(node, Name):
            found = self._columns.column(node.path)
            return false() if found is None else func.coalesce(found, false())
        return func.coalesce(type_coerce(self._computed(node, 0), Boolean()), false())

    def value(self, node: Node, scale: int) -> Column:
        """The value, a number as a whole number of the units of this scale."""
        if node.kind == "boolean":
            return self.condition(node)
        if isinstance(node, Name) and node.kind != "number":
            found = self._columns.column(node.path)
            return null() if found is None else found
        plain = self._plain(node, scale) if isinstance(node, Aggregate) else None
        return type_coerce(self._computed(node, scale) if plain is None else plain, _result(node.kind, scale))

    def _plain(self, node: Aggregate, scale: int) -> Column | None:
        """An aggregate that SQLite's own whole numbers give exactly, in units of this scale; None for any other."""
        related = self._columns.related(node.relationship)
        if related is None or node.kind != "number" or node.function not in _PLAIN:
            return None
        inner = Compiler(related.columns)
        found: Column | None = None
        if node.body is not None:
            found = inner._units(node.body, scale, _PLAIN[node.function])
        elif not scale:
            found = func.count()
        condition = None if node.condition is None else inner.condition(node.condition)
        return None if found is None else related.one(found, condition)

    def _units(self, node: Node, scale: int, fold: Callable[[Column], Column]) -> Column | None:
        column = self._columns.column(node.path) if isinstance(node, Name) else None
        if column is None or _scale(column) != scale or isinstance(column.type, Boolean):
            return None
        return fold(type_coerce(column, Integer()))

    def _compared(self, node: Call) -> ColumnElement[bool] | None:
        """A column against a column or a value of its type, which an index may answer; None for anything else."""
        sides = self._sides(*node.arguments)
        if sides is None:
            return None
        a, b = sides
        match node.function:
            case "eq":
                return a.is_not_distinct_from(b)
            case "ne":
                return a.is_distinct_from(b)
            case "lt":
                return func.coalesce(a < b, false())
            case "le":
                return func.coalesce(a <= b, false())
            case "gt":
                return func.coalesce(a > b, false())
        return func.coalesce(a >= b, false())

    def _sides(self, left: Node, right: Node) -> tuple[Column, Column] | None:
        if isinstance(left, Literal):
            turned = self._sides(right, left) if isinstance(right, Name) else None
            return None if turned is None else (turned[1], turned[0])
        column = self._columns.column(left.path) if isinstance(left, Name) else None
        if column is None:
            return None
        if isinstance(right, Name):
            other = self._columns.column(right.path)
            alike = other is not None and _scale(column) == _scale(other) and left.kind == right.kind
            return (column, other) if other is not None and alike else None
        return _beside(column, right) if isinstance(right, Literal) else None

    def _computed(self, node: Node, scale: int) -> Column:
        """A call of the evaluator: the expression as data, how its arguments are to be read, and they themselves."""
        used = {name.path: self._name(name) for name in names(node)}
        for place, part in enumerate(aggregates(node)):
            used[f"#{place}"] = self._aggregate(part)
        forms = [[path, kind, of] for path, (_, kind, of) in used.items()]
        program = orjson.dumps([to_data(_flat(node, aggregates(node))), forms, node.kind, scale]).decode()
        call: Column = getattr(func, FUNCTION)(program, *(column for column, _, _ in used.values()))
        return call

    def _name(self, node: Name) -> tuple[Column, str, int]:
        """A column as it is stored, the kind of its value and its scale."""
        found = self._columns.column(node.path)
        return (null(), "empty", 0) if found is None else (found, node.kind, _scale(found))

    def _aggregate(self, node: Aggregate) -> tuple[Column, str, int]:
        related = self._columns.related(node.relationship)
        if related is None:
            none = _NOTHING.get(node.function)
            return (null(), "empty", 0) if none is None else (literal(none), "exact" if node.kind == "number" else "boolean", 0)
        inner = Compiler(related.columns)
        condition = None if node.condition is None else inner.condition(node.condition)
        if node.body is None:
            return related.one(func.count(), condition), "number", 0
        column, kind, scale = inner._body(node.body)
        if kind in ("date", "moment"):
            return related.one(func.min(column) if node.function == "min" else func.max(column), condition), kind, 0
        folded = related.one(getattr(func, FOLD)(node.function, kind, scale, column), condition)
        none = _NOTHING.get(node.function)
        return folded if none is None else func.coalesce(folded, none), "boolean" if node.kind == "boolean" else "exact", 0

    def _body(self, node: Node) -> tuple[Column, str, int]:
        """What is aggregated: a column as it is stored, or what the evaluator gives, numbers as exact text."""
        if isinstance(node, Name):
            return self._name(node)
        return self._computed(node, -1), "exact" if node.kind == "number" else node.kind, 0


def _flat(node: Node, found: tuple[Aggregate, ...]) -> Node:
    """The expression with a name in the place of each aggregate, which the database has answered already."""
    if isinstance(node, Aggregate):
        return Name(f"#{found.index(node)}", node.kind)
    if isinstance(node, Call):
        return replace(node, arguments=tuple(_flat(argument, found) for argument in node.arguments))
    return node


def _beside(column: Column, value: Literal) -> tuple[Column, Column] | None:
    """A column and a value as the column would keep it; None for a value that it cannot keep exactly."""
    scale, found = _scale(column), value.value
    if found is None or isinstance(column.type, ChoiceSet):
        return None
    if value.kind == "number":
        units = found.scaleb(scale)  # type: ignore[union-attr]
        if units != units.to_integral_value() or abs(units) >= 2**63:
            return None
        return column, literal(found, column.type) if scale else literal(int(units), Integer())
    return column, literal(found, column.type if value.kind != "text" else Text())


def _sum(units: Column) -> Column:
    """The sum; empty where it is too large for a whole number, where SQLite's own sum ends the statement with an error.

    Each half of the numbers has room to be added up, the upper one with its sign.
    """
    lower = func.sum(units.bitwise_and(literal_column(str(_HALF - 1))))
    upper = func.sum(units.bitwise_rshift(literal_column("32"))) + lower.bitwise_rshift(literal_column("32"))
    rest = lower.bitwise_and(literal_column(str(_HALF - 1)))
    fits = and_(upper < literal_column(str(_HALF // 2)), or_(upper > literal_column(str(-_HALF // 2)), rest > 0))
    whole = upper.bitwise_lshift(literal_column("32")).bitwise_or(rest)
    return case((lower.is_(None), literal_column("0")), (and_(upper >= literal_column(str(-_HALF // 2)), fits), whole))


_HALF = 1 << 32
_PLAIN: dict[str, Callable[[Column], Column]] = {"count": func.count, "sum": _sum, "min": func.min, "max": func.max}


def _scale(column: Column) -> int:
    return column.type.scale if isinstance(column.type, ExactDecimal) else 0


def _result(kind: Kind, scale: int) -> TypeEngine[Any]:
    match kind:
        case "number":
            return ExactDecimal(scale)
        case "date":
            return Date()
        case "moment":
            return UtcDateTime()
        case "set":
            return ChoiceSet()
        case "row":
            return Integer()
    return Text()
