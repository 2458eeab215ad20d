"""An expression as plain data: for the browser's evaluator, and as the text by which SQLite names it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from metadata.expressions.evaluate import Value
from metadata.expressions.tree import Aggregate, Call, Kind, Literal, Name, Node, Scalar


def to_data(node: Node) -> list[Any]:
    """Nested lists: ["number", "12.5"], ["name", path, kind], [function, kind, arguments...].

    Raises ValueError for an aggregate, as only a database knows the related rows.
    """
    match node:
        case Literal():
            return [node.kind, plain_value(node.value)]
        case Name():
            return ["name", node.path, node.kind]
        case Call():
            return [node.function, node.kind, *map(to_data, node.arguments)]
        case Aggregate():
            raise ValueError(f"{node.function} over {node.relationship} is known to the database only")


def from_data(data: list[Any]) -> Node:
    """The tree of data that `to_data` made. Raises ValueError for anything else."""
    match data:
        case ["name", path, kind]:
            return Name(path, kind)
        case [kind, value] if kind in KINDS and not isinstance(value, list):
            return Literal(_value(kind, value), kind)
        case [function, kind, *arguments]:
            return Call(function, tuple(map(from_data, arguments)), kind)
    raise ValueError("this is not an expression")


KINDS = frozenset({"boolean", "number", "text", "date", "moment", "set", "row", "empty"})


def plain_value(value: Value) -> Any:
    """A value as JSON has it: numbers and days as texts."""
    match value:
        case Decimal():
            return f"{value:f}"
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat()
        case dt.date():
            return value.isoformat()
    return value


def _value(kind: Kind, value: Any) -> Scalar:
    if value is None:
        return None
    match kind:
        case "number":
            return Decimal(value)
        case "date":
            return dt.date.fromisoformat(value)
        case "moment":
            return dt.datetime.fromisoformat(value)
    return value  # type: ignore[no-any-return]
