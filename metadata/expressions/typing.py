"""What kind of value each part of an expression gives; every mistake at once, with its place.

A text beside a date or a moment is read as one, and one beside a choice must be one of its options.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from metadata.expressions.catalogue import AGGREGATES, FUNCTIONS, Function
from metadata.expressions.grammar import ExpressionError
from metadata.expressions.tree import Aggregate, Call, Kind, Literal, Name, Node, levels
from metadata.schema.faults import did_you_mean
from metadata.told import joined, one_of, told

MOST_PARTS = 200
DEEPEST = 25
"""Parts within parts: what is written out for a database nests several times as deep."""
_BESIDE = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "in", "if", "coalesce", "least", "greatest", "days_between", "has"})
_WORDS: dict[str, str] = {
    "boolean": told("yes or no"),
    "number": told("a number"),
    "text": told("a text"),
    "date": told("a date"),
    "moment": told("a moment"),
    "set": told("several options"),
    "row": told("a record"),
    "empty": told("nothing"),
}


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: the kind of its values, and the options of a choice."""

    kind: Kind
    options: tuple[str, ...] = ()


class Names(Protocol):
    """The names that an expression may use."""

    def find(self, path: str) -> Named | None:
        """What a name stands for, or None where there is no such name."""
        ...

    def related(self, relationship: str) -> Names | None:
        """The names of the rows of a relationship, or None where there is none of this name."""
        ...

    def known(self) -> Iterable[str]:
        """Names to guess from where one is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression with the kind of every part, or what is wrong with it; one of the two is empty."""

    node: Node | None
    faults: tuple[ExpressionError, ...] = ()


def typed(node: Node, names: Names, *wanted: Kind) -> Typed:
    """The tree with kinds. With `wanted` the whole must give one of these kinds (an empty value is any)."""
    parts = levels(node)
    if sum(parts) > MOST_PARTS:
        return Typed(None, (ExpressionError(told("an expression has at most {most} parts; split it", most=MOST_PARTS), 0),))
    if len(parts) > DEEPEST:
        return Typed(
            None,
            (ExpressionError(told("an expression is at most {most} parts deep; split it or set brackets", most=DEEPEST), 0),),
        )
    walk = _Walk(names)
    found = walk.visit(node)
    if not walk.faults and wanted and found.kind not in (*wanted, "empty"):
        found = _read_as(found, wanted[0]) or found
        if found.kind not in wanted:
            asked = one_of(_WORDS[kind] for kind in wanted)
            walk.fault(told("this gives {kind}, where {asked} is needed", kind=_WORDS[found.kind], asked=asked), 0)
    return Typed(None if walk.faults else found, tuple(walk.faults))


class _Walk:
    def __init__(self, names: Names) -> None:
        self._names = names
        self.faults: list[ExpressionError] = []

    def fault(self, message: str, at: int) -> None:
        self.faults.append(ExpressionError(message, at))

    def visit(self, node: Node) -> Node:
        match node:
            case Literal():
                return node
            case Name():
                return self._name(node)
            case Call():
                return self._call(node)
            case Aggregate():
                return self._aggregate(node)

    def _name(self, node: Name) -> Node:
        found = self._names.find(node.path)
        if found is None:
            self.fault(
                told("there is no {path}.{hint}", path=node.path, hint=did_you_mean(node.path, self._names.known())), node.at
            )
            return node
        return replace(node, kind=found.kind)

    def _call(self, node: Call) -> Node:
        before = len(self.faults)
        arguments = tuple(self.visit(argument) for argument in node.arguments)
        if len(self.faults) > before:
            return node
        if node.function in _BESIDE:
            arguments = _alike(arguments)
        function = FUNCTIONS[node.function]
        kind = function.kind([argument.kind for argument in arguments])
        if kind is None:
            given = joined(_WORDS[argument.kind] for argument in arguments) or told("nothing")
            self.fault(
                told("this cannot be done with {given}; it is used like {example}", given=given, example=function.example),
                node.at,
            )
            return node
        for place in function.plain:
            if not isinstance(arguments[place], (Literal, Name)):
                self.fault(
                    told("here a name or a value is needed, no computation, as in {example}", example=function.example), node.at
                )
        self._options(node, arguments)
        return Call(node.function, _settled(function, arguments), kind, node.at)

    def _options(self, node: Call, arguments: tuple[Node, ...]) -> None:
        """A choice compared with a text that is none of its options never holds: that is a slip of the pen."""
        if node.function not in ("eq", "ne", "in", "has"):
            return
        known = [found.options for part in arguments if isinstance(part, Name) and (found := self._names.find(part.path))]
        options = next((given for given in known if given), ())
        for part in arguments:
            if options and isinstance(part, Literal) and isinstance(part.value, str) and part.value not in options:
                self.fault(
                    told("{value!r} is none of the options.{hint}", value=part.value, hint=did_you_mean(part.value, options)),
                    part.at,
                )

    def _aggregate(self, node: Aggregate) -> Node:
        inner = self._names.related(node.relationship)
        if inner is None:
            self.fault(told("there is no relationship {relationship}", relationship=node.relationship), node.at)
            return node
        walk = _Walk(inner)
        body = None if node.body is None else walk.visit(node.body)
        condition = None if node.condition is None else walk.visit(node.condition)
        self.faults.extend(walk.faults)
        if walk.faults:
            return node
        takes = AGGREGATES[node.function]
        if body is not None and body.kind not in takes:
            self.fault(told("{function} cannot be taken of {kind}", function=node.function, kind=_WORDS[body.kind]), node.at)
        if condition is not None and condition.kind not in ("boolean", "empty"):
            self.fault(told("a condition is yes or no, this gives {kind}", kind=_WORDS[condition.kind]), condition.at)
        return replace(node, body=body, condition=condition, kind=_given(node.function, body))


def _given(function: str, body: Node | None) -> Kind:
    if function in ("count", "sum", "avg"):
        return "number"
    if function in ("any", "all") or body is None:
        return "boolean"
    return body.kind


def _settled(function: Function, arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    """The arguments with an empty value being empty of the kind that stands in its place."""
    kinds: tuple[Kind, ...] = function.takes
    if not kinds:
        common: Kind = next((part.kind for part in reversed(arguments) if part.kind != "empty"), "empty")
        kinds = tuple(common for _ in arguments)
    if function.name == "if":
        kinds = ("boolean", *kinds[1:])
    pairs = zip(arguments, kinds, strict=True)
    return tuple(replace(part, kind=kind) if part.kind == "empty" else part for part, kind in pairs)


def _alike(arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    """Texts beside dates or moments, read as such where they can be."""
    wanted: Kind | None = next((part.kind for part in arguments if part.kind in ("date", "moment")), None)
    return arguments if wanted is None else tuple(_read_as(part, wanted) or part for part in arguments)


def _read_as(node: Node, kind: Kind) -> Node | None:
    """A written text as a date or moment, or None."""
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        return None
    try:
        if kind == "date":
            return Literal(dt.date.fromisoformat(node.value), "date", node.at)
        if kind == "moment":
            moment = dt.datetime.fromisoformat(node.value)
            return Literal(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC), "moment", node.at)
    except ValueError:
        return None
    return None
