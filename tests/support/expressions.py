"""Random typed expressions over a table of every kind of value and a table of rows related to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Date, ForeignKey, Integer, MetaData, Table, Text, select

from metadata.expressions import Aggregate, Call, Kind, Literal, Name, Node, Row
from metadata.expressions.catalogue import ORDERED
from metadata.expressions.typing import Named
from metadata.types import ChoiceSet, ExactDecimal, UtcDateTime

KINDS: dict[str, Kind] = {
    "whole": "number",
    "amount": "number",
    "weight": "number",
    "flag": "boolean",
    "word": "text",
    "other": "text",
    "day": "date",
    "due": "date",
    "at": "moment",
    "tags": "set",
    "owner": "row",
}
SCALAR: tuple[Kind, ...] = ("boolean", "number", "text", "date", "moment")

tables = MetaData()


def _columns() -> list[Column[Any]]:
    return [
        Column("whole", Integer),
        Column("amount", ExactDecimal(4)),
        Column("weight", ExactDecimal(6)),
        Column("flag", Boolean),
        Column("word", Text),
        Column("other", Text),
        Column("day", Date),
        Column("due", Date),
        Column("at", UtcDateTime()),
        Column("tags", ChoiceSet()),
        Column("owner", BigInteger),
    ]


THINGS = Table("thing", tables, Column("id", Integer, primary_key=True), *_columns())
PARTS = Table("part", tables, Column("id", Integer, primary_key=True), Column("thing", ForeignKey("thing.id")), *_columns())

words = st.text(st.sampled_from("aAbäß %_|'é😀 "), max_size=6)
amounts = st.decimals(-(10**12), 10**12, places=4) | st.sampled_from([Decimal(0), Decimal(1), Decimal("-0.0001")])
days = st.dates() | st.sampled_from([dt.date.min, dt.date.max, dt.date(2026, 1, 31), dt.date(2024, 2, 29)])
moments = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))
tags = st.lists(st.sampled_from(["red", "blue", "a b"]), unique=True, max_size=3).map(tuple)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "whole": st.integers(-1000, 1000) | st.sampled_from([-(2**31), 2**31 - 1]),
    "amount": amounts,
    "weight": st.decimals(-1000, 1000, places=6),
    "flag": st.booleans(),
    "word": words,
    "other": words,
    "day": days,
    "due": days,
    "at": moments,
    "tags": tags,
    "owner": st.integers(1, 3),
}
rows = st.fixed_dictionaries({key: st.none() | values for key, values in VALUES.items()})

LITERALS: dict[Kind, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "number": st.decimals(-1000, 1000, places=3) | st.integers(-5, 5).map(Decimal) | st.sampled_from([Decimal("0.0000000005")]),
    "text": words,
    "date": days,
    "moment": moments,
    "row": st.integers(1, 3),
}


@cache
def leaf(kind: Kind) -> st.SearchStrategy[Node]:
    """A value written out, or a name, or nothing."""
    found: list[st.SearchStrategy[Node]] = [st.sampled_from([Name(path, kind) for path in KINDS if KINDS[path] == kind])]
    if kind in LITERALS and kind != "row":
        found += [LITERALS[kind].map(lambda value: Literal(value, kind)), st.just(Literal(None, kind))]
    return st.one_of(found)


@cache
def trees(kind: Kind, depth: int = 3, related: bool = True) -> st.SearchStrategy[Node]:
    """A typed expression that gives this kind."""
    if depth == 0 or kind in ("set", "row"):
        return leaf(kind)

    def of(wanted: Kind) -> st.SearchStrategy[Node]:
        return trees(wanted, depth - 1, related)

    def call(name: str, *parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        return st.tuples(*parts).map(lambda given: Call(name, given, kind))

    options = [leaf(kind), *_calls(kind, of, call)]
    if related:
        options += _aggregates(kind, depth)
    return st.one_of(options)


def _calls(kind: Kind, of: Any, call: Any) -> list[st.SearchStrategy[Node]]:
    found = [call("if", of("boolean"), of(kind), of(kind)), call("coalesce", of(kind), of(kind))]
    if kind in ORDERED:
        found += [call("least", of(kind), of(kind)), call("greatest", of(kind), of(kind), of(kind))]
    match kind:
        case "boolean":
            for name in ("eq", "ne", "in"):
                found += [call(name, of(one), of(one)) for one in SCALAR]
                found.append(call(name, leaf("row"), leaf("row")))
            for name in ("lt", "le", "gt", "ge"):
                found += [call(name, of(one), of(one)) for one in SCALAR if one in ORDERED]
            found += [call("or", of(kind), of(kind)), call("and", of(kind), of(kind), of(kind)), call("not", of(kind))]
            found += [call("is_empty", of(one)) for one in SCALAR]
            found += [call("is_empty", leaf("set")), call("has", leaf("set"), of("text"))]
            found += [call(name, of("text"), of("text")) for name in ("contains", "starts_with", "ends_with")]
        case "number":
            found += [call(name, of(kind), of(kind)) for name in ("add", "sub", "mul", "div")]
            found += [call("neg", of(kind)), call("abs", of(kind)), call("round", of(kind), leaf(kind))]
            found += [call("length", of("text")), call("days_between", of("date"), of("date"))]
            found += [call(name, of("date")) for name in ("year", "month", "day")]
        case "text":
            found += [call("concat", of(kind), of(kind)), call("trim", of(kind))]
        case "date":
            found.append(call("add_days", leaf(kind), leaf("number")))
    return found


def _aggregates(kind: Kind, depth: int) -> list[st.SearchStrategy[Node]]:
    def part(wanted: Kind) -> st.SearchStrategy[Node]:
        return trees(wanted, depth - 1, False)

    def over(name: str, body: st.SearchStrategy[Node | None]) -> st.SearchStrategy[Node]:
        condition = st.none() | part("boolean")
        return st.builds(lambda of, when: Aggregate(name, "parts", of, when, kind), body, condition)

    match kind:
        case "number":
            return [over("count", st.none()), *(over(name, part(kind)) for name in ("sum", "avg", "min", "max"))]
        case "boolean":
            return [over(name, part(kind)) for name in ("any", "all")]
        case "date" | "moment":
            return [over(name, part(kind)) for name in ("min", "max")]
    return []


@dataclass(frozen=True)
class PlainRow:
    """A row in memory."""

    values: Mapping[str, Any]
    parts: Sequence[Mapping[str, Any]] = ()

    def value(self, path: str) -> Any:
        """A value as the evaluator knows it."""
        found = self.values[path]
        return Decimal(found) if path == "whole" and found is not None else found

    def related(self, relationship: str) -> Iterable[Row]:
        """The parts."""
        return [PlainRow(part) for part in self.parts]


@dataclass(frozen=True)
class TableColumns:
    """The columns of the two tables."""

    table: Table

    def column(self, path: str) -> ColumnElement[Any] | None:
        """A column."""
        return self.table.c[path]

    def related(self, relationship: str) -> PartsOf | None:
        """The parts of a thing."""
        return PartsOf()


class PartsOf:
    """The parts of the thing of the outer statement."""

    columns = TableColumns(PARTS)

    def one(self, value: ColumnElement[Any], condition: ColumnElement[bool] | None) -> ColumnElement[Any]:
        """A value over them."""
        found = select(value).where(PARTS.c.thing == THINGS.c.id)
        return (found if condition is None else found.where(condition)).correlate(THINGS).scalar_subquery()


@dataclass(frozen=True)
class ThingNames:
    """The names that an expression over a thing may use."""

    has_parts: bool = True

    def find(self, path: str) -> Named | None:
        """The kind of a name."""
        return Named(KINDS[path]) if path in KINDS else None

    def related(self, relationship: str) -> ThingNames | None:
        """The names of a part."""
        return ThingNames(has_parts=False) if self.has_parts and relationship == "parts" else None

    def known(self) -> Iterable[str]:
        """All names."""
        return KINDS
