"""The conditions that a visitor chooses from a list's filters: typed from text, bound by name, of a few fixed shapes.

Two filters must both hold; of the values of one any may. What may not be read cannot be filtered by: it is no filter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import BindParameter, ColumnElement, Text, and_, bindparam, false, or_

from metadata.model import Filter
from metadata.snapshot import CompiledAttribute, Snapshot
from runtime.access import Principal, Standing
from runtime.records.conditions import condition
from runtime.records.likeness import escaped, like
from runtime.records.source import Source, name_paths, trace
from runtime.records.values import LARGEST, options, read_value
from runtime.records.words import zone_of

Kind = Literal["text", "set", "rows", "range", "switch", "conditions"]
Bound = tuple[tuple[str, Any], ...]
MOST_VALUES = 32
LONGEST_TEXT = 200
RANGES = frozenset({"integer", "decimal", "money", "date", "datetime"})


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute that may be filtered by: its path, how, and the beginning of its binds' names.

    Where a filter has conditions of its own they are in `conditions`, by key, and the attribute is what names a row.
    """

    path: str
    kind: Kind
    attribute: CompiledAttribute
    name: str
    conditions: tuple[tuple[str, Filter], ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The narrowing by one field, of so many values; `lower` and `upper` tell which bounds of a range are given."""

    path: str
    kind: Kind
    name: str
    several: bool = False
    count: int = 1
    lower: bool = False
    upper: bool = False

    @property
    def ranks(self) -> bool:
        """No."""
        return False

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What the value of a row must meet."""
        column = source.value(self.path)
        if column is None:
            return false()
        match self.kind:
            case "text":
                return like(column, self._bind(0, Text()))
            case "set" if self.several:
                return or_(false(), *(like(column, self._bind(place, Text())) for place in range(self.count)))
            case "set":
                return column.in_([self._bind(place, column.type) for place in range(self.count)])
            case "rows":
                return self._points(source, column)
            case "switch":
                return column == self._bind(0, column.type)
        return self._between(column)

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """The order stays."""
        return None

    def _points(self, source: Source, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """A row that may not be read has no name here, so that nobody learns what points at it."""
        label = source.label(self.path)
        if label is None:
            return false()
        return and_(column.in_([self._bind(place, column.type) for place in range(self.count)]), label.is_not(None))

    def _between(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        bounds: list[ColumnElement[bool]] = []
        if self.lower:
            bounds.append(column >= self._bind(0, column.type))
        if self.upper:
            upper = self._bind(1, column.type)
            bounds.append(column < upper if self.several else column <= upper)
        return and_(*bounds)

    def _bind(self, place: int, kind: Any) -> BindParameter[Any]:
        return bindparam(f"{self.name}_{place}", type_=kind)


@dataclass(frozen=True, slots=True)
class Met:
    """The narrowing to rows that meet any of some conditions."""

    filters: tuple[Filter, ...]

    @property
    def ranks(self) -> bool:
        """No."""
        return False

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What a row must meet."""
        return or_(false(), *(condition(source.snapshot, source.standing, source, one) for one in self.filters))

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """The order stays."""
        return None


def kind_of(attribute: CompiledAttribute) -> Kind | None:
    """How values of an attribute are chosen, or None where they are not."""
    name = attribute.type.name
    if attribute.type.textual:
        return "text"
    if name in ("choice", "choices"):
        return "set"
    if name == "lookup":
        return "rows" if len(attribute.targets) == 1 else None
    if name in RANGES:
        return "range"
    return "switch" if name == "boolean" else None


def field_for(snapshot: Snapshot, standing: Standing, entity: str, path: str, name: str) -> Field | None:
    """The field of a path, or None where it may not be read or not be filtered by."""
    leaves = trace(snapshot, standing, entity, path)
    kind = None if leaves is None else kind_of(leaves[-1].attribute)
    if leaves is None or kind is None:
        return None
    if kind == "rows" and not name_paths(snapshot, standing, entity, path):
        return None
    return Field(path, kind, leaves[-1].attribute, name)


def conditions_for(
    snapshot: Snapshot, standing: Standing, entity: str, conditions: Sequence[tuple[str, Filter]], name: str
) -> Field | None:
    """The field of named conditions: of those that speak of nothing but what may be read; None where there is none."""
    compiled = snapshot.entities[entity]
    found = tuple(
        (key, wanted)
        for key, wanted in conditions
        if all(trace(snapshot, standing, entity, path) is not None for path in wanted.paths)
    )
    return Field("", "conditions", compiled.primary_name, name, found) if found else None


def choose_conditions(field: Field, values: Sequence[str]) -> tuple[Met, Bound]:
    """The narrowing by some conditions of a field, from their keys. Raises ValueError for what is none."""
    known = dict(field.conditions)
    if not all(value in known for value in values):
        raise ValueError("no condition")
    # In declared order, so that one choice has one statement.
    return Met(tuple(wanted for key, wanted in field.conditions if key in values)), ()


def choose(snapshot: Snapshot, field: Field, values: Sequence[str]) -> tuple[Chosen, Bound]:
    """The narrowing by some values of a field (not of a range), from their texts. Raises ValueError for what is none."""
    typed = list(dict.fromkeys(_typed(snapshot, field, value) for value in values))
    if not 1 <= len(typed) <= MOST_VALUES or (field.kind in ("text", "switch") and len(typed) > 1):
        raise ValueError("too many values")
    size = 1 << (len(typed) - 1).bit_length()
    several = field.attribute.type.name == "choices"
    if several:
        typed = [f"%|{escaped(value)}|%" for value in typed]
    padded = typed + typed[-1:] * (size - len(typed))  # few sizes, so that few statements are kept
    bound = tuple((f"{field.name}_{place}", value) for place, value in enumerate(padded))
    return Chosen(field.path, field.kind, field.name, several, size), bound


def choose_range(field: Field, principal: Principal, lower: str, upper: str) -> tuple[Chosen, Bound]:
    """The narrowing by a range, bounds included; of moments whole days on the person's clock. Raises ValueError."""
    moments = field.attribute.type.name == "datetime"
    bound: list[tuple[str, Any]] = []
    if lower:
        bound.append((f"{field.name}_0", _midnight(principal, lower, 0) if moments else _number(field, lower)))
    if upper:
        bound.append((f"{field.name}_1", _midnight(principal, upper, 1) if moments else _number(field, upper)))
    if not bound:
        raise ValueError("no bounds")
    shape = Chosen(field.path, field.kind, field.name, moments, lower=bool(lower), upper=bool(upper))
    return shape, tuple(bound)


def _typed(snapshot: Snapshot, field: Field, value: str) -> Any:
    if field.kind == "text":
        text = read_value("text", value)
        if len(text) > LONGEST_TEXT:
            raise ValueError("too long")
        return f"%{escaped(text)}%"
    if field.kind == "set":
        if value not in options(snapshot, field.attribute.model.choice):
            raise ValueError("no option")
        return value
    if field.kind == "rows" and not (value.isascii() and value.isdecimal() and int(value) <= LARGEST):
        raise ValueError("no row")
    return read_value(field.attribute.type.name, value)


def _number(field: Field, text: str) -> Any:
    value = read_value(field.attribute.type.name, text)
    if isinstance(value, dt.date):
        return value
    scale = getattr(field.attribute.column.type, "scale", None) or 0
    if abs(value) > LARGEST // 10**scale:
        raise ValueError("too large")
    return value


def _midnight(principal: Principal, text: str, later: int) -> dt.datetime:
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=later)
        return dt.datetime.combine(day, dt.time(), zone_of(principal)).astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("no such day") from error
