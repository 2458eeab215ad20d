"""The tree of an expression: four kinds of node, frozen. Operators are calls, so that every evaluator is one table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as OneOf

Kind = OneOf["boolean", "number", "text", "date", "moment", "set", "row", "empty"]
Scalar = bool | Decimal | str | dt.date | dt.datetime | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that was written out."""

    value: Scalar
    kind: Kind
    at: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A value that is found by its name: an attribute, a path over lookups, or a word of the request such as @today."""

    path: str
    kind: Kind = "empty"
    at: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator over values."""

    function: str
    arguments: tuple[Node, ...]
    kind: Kind = "empty"
    at: int = 0


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value over the related rows: `function` of `body` where `condition` holds; both are about a related row."""

    function: str
    relationship: str
    body: Node | None = None
    condition: Node | None = None
    kind: Kind = "empty"
    at: int = 0


Node = Literal | Name | Call | Aggregate


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node that are about the same row."""
    return node.arguments if isinstance(node, Call) else ()


def names(node: Node) -> tuple[Name, ...]:
    """Every name that an expression uses of its own row, each once, in order."""
    if isinstance(node, Name):
        return (node,)
    found = {name.path: name for child in children(node) for name in names(child)}
    return tuple(found.values())


def aggregates(node: Node) -> tuple[Aggregate, ...]:
    """Every aggregate in an expression, each once, in order."""
    found = [node] if isinstance(node, Aggregate) else [part for child in children(node) for part in aggregates(child)]
    return tuple(dict.fromkeys(found))


def levels(node: Node) -> list[int]:
    """How many parts an expression has on each level, those about related rows included. However deep it is, this is a loop."""
    found: list[int] = []
    level: list[Node] = [node]
    while level:
        found.append(len(level))
        level = [part for one in level for part in _below(one)]
    return found


def _below(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Aggregate):
        return tuple(part for part in (node.body, node.condition) if part is not None)
    return children(node)
