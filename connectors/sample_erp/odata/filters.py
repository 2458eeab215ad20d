"""`$filter` and `$orderby` as conditions and orders of a table. What is not known is refused with its place."""

import operator
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, not_, or_, select

from connectors.sample_erp.odata.model import Wrong, literal, navigations

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([()])|([^\s()']+))")
COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip


def condition(table: Table, text: str) -> ColumnElement[bool]:
    """The condition of a `$filter`. Raises Wrong."""
    parser = _Parser(table, text)
    found = parser.either()
    parser.end()
    return found


def order(table: Table, text: str) -> list[tuple[Column[Any], bool]]:
    """The columns of an `$orderby`, each with whether it falls. Raises Wrong."""
    found = []
    for part in filter(None, (item.strip() for item in text.split(","))):
        name, _, way = part.partition(" ")
        if way.strip() not in ("", "asc", "desc"):
            raise Wrong(400, f"$orderby cannot be read at {part!r}.")
        found.append((column(table, name), way.strip() == "desc"))
    return found


def column(table: Table, name: str) -> Column[Any]:
    """A property by name. Raises Wrong."""
    if name not in table.c:
        raise Wrong(400, f"Could not find a property named '{name}' on type '{table.name}'.")
    return table.c[name]


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Wrong(400, f"$filter cannot be read at {text[at : at + 20]!r}.")
        found.append(next(filter(None, match.groups())))
        at = match.end()
    return found


class _Parser:
    """Reads from left to right: or, and, not, comparison."""

    def __init__(self, table: Table, text: str) -> None:
        self._table = table
        self._tokens = _tokens(text)
        self._at = 0

    def either(self) -> ColumnElement[bool]:
        """Terms that are joined by or."""
        found = self._both()
        while self._take("or"):
            found = or_(found, self._both())
        return found

    def end(self) -> None:
        """Nothing may follow."""
        if self._at < len(self._tokens):
            raise Wrong(400, f"$filter cannot be read at {self._tokens[self._at]!r}.")

    def _both(self) -> ColumnElement[bool]:
        found = self._one()
        while self._take("and"):
            found = and_(found, self._one())
        return found

    def _one(self) -> ColumnElement[bool]:
        if self._take("not"):
            return not_(self._one())
        if self._take("("):
            found = self.either()
            if not self._take(")"):
                raise Wrong(400, "$filter: a bracket is not closed.")
            return found
        name, sign, text = self._next(), self._next(), self._next()
        if sign not in COMPARE:
            raise Wrong(400, f"$filter: {sign!r} is not a comparison.")
        navigation, _, there = name.partition("/")
        if there and navigation in navigations(self._table):
            pointing, target = navigations(self._table)[navigation]
            (key,) = target.primary_key.columns
            matching = select(key).where(_compared(column(target, there), sign, text))
            return pointing.is_(None) if (sign, text) == ("eq", "null") else pointing.in_(matching)
        return _compared(column(self._table, name), sign, text)

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == word:
            self._at += 1
            return True
        return False

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise Wrong(400, "$filter ends in the middle of a comparison.")
        self._at += 1
        return self._tokens[self._at - 1]


def _compared(found_column: Column[Any], sign: str, text: str) -> ColumnElement[bool]:
    value = literal(found_column, text)
    if value is None:
        return found_column.is_not(None) if sign == "ne" else found_column.is_(None)
    if sign == "ne":
        return or_(found_column != value, found_column.is_(None))
    return COMPARE[sign](found_column, value)
