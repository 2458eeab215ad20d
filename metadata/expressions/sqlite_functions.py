"""The functions that a SQLite connection is given: the evaluator for one row, exact folds over rows, and days by a clock."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from metadata.expressions.data import from_data
from metadata.expressions.evaluate import Row, Value, evaluate
from metadata.expressions.numbers import add, divide, fitted
from metadata.expressions.tree import Node

FUNCTION = "foyer_expression"
FOLD = "foyer_fold"
LOCAL_DAY = "foyer_local_day"
EXACT = -1
"""The scale of a number that is given as text, with all its digits."""


def install(connection: sqlite3.Connection) -> None:
    """Add the functions to a connection of the standard library's driver."""
    connection.create_function(FUNCTION, -1, _answer, deterministic=True)
    connection.create_function(LOCAL_DAY, 2, _local_day, deterministic=True)
    connection.create_aggregate(FOLD, 4, _Fold)  # type: ignore[arg-type]


def _local_day(moment: str | None, zone: str) -> str | None:
    """The day that a stored moment is on the clocks of a time zone."""
    if moment is None:
        return None
    utc = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    try:
        return utc.astimezone(ZoneInfo(zone)).date().isoformat()
    except OverflowError:  # at the ends of time there is no other clock
        return utc.date().isoformat()


@dataclass(frozen=True, slots=True)
class _Program:
    node: Node
    forms: tuple[tuple[str, str, int], ...]
    kind: str
    scale: int


@lru_cache(maxsize=1000)
def _program(text: str) -> _Program:
    data, forms, kind, scale = orjson.loads(text)
    return _Program(from_data(data), tuple(map(tuple, forms)), kind, scale)


@dataclass(frozen=True, slots=True)
class _Values:
    """The arguments of a call as a row."""

    values: dict[str, Value]

    def value(self, path: str) -> Value:
        return self.values[path]

    def related(self, relationship: str) -> Iterable[Row]:
        return ()


def _answer(text: str, *arguments: Any) -> Any:
    program = _program(text)
    forms = zip(program.forms, arguments, strict=True)
    row = _Values({path: _read(kind, scale, raw) for (path, kind, scale), raw in forms})
    return _written(evaluate(program.node, row), program.kind, program.scale)


def _read(kind: str, scale: int, raw: Any) -> Value:
    """A stored value as the evaluator knows it."""
    if raw is None or kind == "empty":
        return None
    match kind:
        case "number":
            return Decimal(raw).scaleb(-scale) if scale else Decimal(raw)
        case "exact":
            return Decimal(raw)
        case "boolean":
            return bool(int(raw))
        case "date":
            return dt.date.fromisoformat(raw)
        case "moment":
            return dt.datetime.fromisoformat(raw).replace(tzinfo=dt.UTC)
        case "set":
            return tuple(item for item in raw.split("|") if item)
    return raw  # type: ignore[no-any-return]


def _written(value: Value, kind: str, scale: int) -> Any:
    """A value as SQLite stores one of its kind."""
    match value:
        case None:
            return None
        case bool():
            return int(value)
        case Decimal():
            found = value if scale == EXACT else fitted(value, scale)
            if found is None:
                return None
            return f"{found:f}" if scale == EXACT else int(found.scaleb(scale))
        case dt.datetime():
            return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        case dt.date():
            return value.isoformat()
        case tuple():
            return "|" + "".join(f"{item}|" for item in value)
    return value


class _Fold:
    """An aggregate over the values that are there, exactly and in constant memory; numbers are given back as text."""

    def __init__(self) -> None:
        self._function = ""
        self._found: Any = None
        self._count = 0

    def step(self, function: str, kind: str, scale: int, raw: Any) -> None:
        """One row."""
        self._function = function
        value = _read(kind, scale, raw)
        if value is not None:
            self._found = value if self._count == 0 else FOLDS[function](self._found, value)
            self._count += 1

    def finalize(self) -> Any:
        """The answer; nothing where there was no value."""
        if self._function == "avg" and self._count:
            self._found = divide(self._found, Decimal(self._count))
        return _written(self._found, "number", EXACT)


FOLDS: dict[str, Callable[[Any, Any], Any]] = {
    "sum": add,
    "avg": add,
    "min": min,
    "max": max,
    "any": lambda a, b: a or b,
    "all": lambda a, b: a and b,
}
