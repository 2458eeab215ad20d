"""How attributes are compared: a small frozen object per operator, told by its name and the types that it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, literal, or_

from metadata.types import AttributeType, ChoiceSet
from runtime.records.likeness import escaped, like

Column = ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to compare. `values` is how many it takes: 0, 1, 2, or -1 for any number from one.

    An operator `on_text` takes pieces of text, whatever the attribute's type.
    """

    name: str
    values: int
    takes: Callable[[AttributeType], bool]
    compare: Callable[[Column, Sequence[Any]], ColumnElement[bool]]
    on_text: bool = False

    def parse(self, raw: Any) -> tuple[Any, ...]:
        """The raw value of a condition as the values to compare with. Raises ValueError where their number is wrong."""
        given = () if self.values == 0 else tuple(raw) if isinstance(raw, (list, tuple)) else (raw,)
        if (self.values >= 0 and len(given) != self.values) or (self.values < 0 and not given):
            raise ValueError(f"{self.name} takes {self.values} values, not {len(given)}")
        return given

    def apply(self, column: Column, values: Sequence[Any]) -> ColumnElement[bool]:
        """The condition on a column; `values` are literals or expressions."""
        return self.compare(column, values)


def _text(before: str, after: str) -> Callable[[Column, Sequence[Any]], ColumnElement[bool]]:
    def compare(column: Column, values: Sequence[Any]) -> ColumnElement[bool]:
        return like(column, literal(f"{before}{escaped(str(values[0]))}{after}", Text()))

    return compare


def _contains(column: Column, values: Sequence[Any]) -> ColumnElement[bool]:
    within = _text("%|", "|%") if isinstance(column.type, ChoiceSet) else _text("%", "%")
    return within(column, values)


def _any_type(kind: AttributeType) -> bool:
    return True


def _ordered(kind: AttributeType) -> bool:
    return kind.ordered and kind.name not in ("lookup", "boolean")


def _single(kind: AttributeType) -> bool:
    return kind.name != "choices"


def _words(kind: AttributeType) -> bool:
    return kind.textual


def _textual(kind: AttributeType) -> bool:
    return kind.textual or kind.name == "choices"


_ALL = (
    Operator("eq", 1, _single, lambda column, values: column == values[0]),
    Operator("ne", 1, _single, lambda column, values: or_(column != values[0], column.is_(None))),
    Operator("lt", 1, _ordered, lambda column, values: column < values[0]),
    Operator("le", 1, _ordered, lambda column, values: column <= values[0]),
    Operator("gt", 1, _ordered, lambda column, values: column > values[0]),
    Operator("ge", 1, _ordered, lambda column, values: column >= values[0]),
    Operator("between", 2, _ordered, lambda column, values: and_(column >= values[0], column <= values[1])),
    Operator("in", -1, _single, lambda column, values: column.in_(values)),
    Operator("not_in", -1, _single, lambda column, values: or_(column.not_in(values), column.is_(None))),
    Operator("contains", 1, _textual, _contains, True),
    Operator("starts_with", 1, _words, _text("", "%"), True),
    Operator("ends_with", 1, _words, _text("%", ""), True),
    Operator("empty", 0, _any_type, lambda column, values: column.is_(None)),
    Operator("not_empty", 0, _any_type, lambda column, values: column.is_not(None)),
)
OPERATORS: dict[str, Operator] = {operator.name: operator for operator in _ALL}


def operator_for(name: str, kind: AttributeType) -> Operator | None:
    """The operator of this name for attributes of this type, or None."""
    found = OPERATORS.get(name)
    return found if found is not None and found.takes(kind) else None
