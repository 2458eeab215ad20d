"""A narrowing by one comparison whose value is known only when it is asked, such as one out of the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, false

from metadata.snapshot import Snapshot
from runtime.access import Standing
from runtime.records.operators import operator_for
from runtime.records.source import Source, trace
from runtime.records.values import read_value


@dataclass(frozen=True, slots=True)
class Compared:
    """A path, an operator and the name of the bind that holds the value."""

    path: str
    operator: str
    kind: Any
    name: str
    ranks = False

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What the value of a row must meet."""
        column = source.value(self.path)
        operator = operator_for(self.operator, self.kind)
        if column is None or operator is None:
            return false()
        return operator.apply(column, [bindparam(self.name, type_=column.type)])

    def rank(self, source: Source) -> None:
        """The order stays."""


def compare(
    snapshot: Snapshot, standing: Standing, entity: str, path: str, operator: str, name: str, value: Any
) -> tuple[Compared, tuple[str, Any]] | None:
    """The narrowing and its bind; None where nothing can match: the path may not be read, or it has no such values."""
    leaves = trace(snapshot, standing, entity, path)
    if leaves is None or value is None:
        return None
    kind = leaves[-1].attribute.type
    try:
        typed = read_value(kind.name, value)
    except (ValueError, ArithmeticError, KeyError):
        return None
    return Compared(path, operator, kind, name), (name, typed)
