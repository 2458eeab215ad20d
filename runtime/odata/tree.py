"""Expressions of $filter as trees, as they were written: names are not resolved and nothing is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
Quantifier = Literal["any", "all"]


@dataclass(frozen=True, slots=True)
class Value:
    """A literal. `kind` is null, boolean, integer, decimal, text, date, moment, time or guid."""

    kind: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Path:
    """Names with slashes between them, the first perhaps the variable of a lambda around it."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A call of a built-in function."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and eq, ne, gt, ge, lt or le between them."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Among:
    """A value and those that it may be."""

    left: Node
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """Conditions that must all hold, or of which one must (`word` is and, or)."""

    word: Literal["and", "or"]
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    part: Node


@dataclass(frozen=True, slots=True)
class Lambda:
    """Whether a condition holds for any, or for all, of what a path leads to. Without a condition: whether there is any."""

    path: Path
    quantifier: Quantifier
    variable: str = ""
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of what a path leads to, of those for which a condition holds."""

    path: Path
    condition: Node | None = None


Node = Value | Path | Function | Comparison | Among | Both | Not | Lambda | Count
