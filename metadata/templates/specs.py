"""What a query tag asks for, as constants that a compiled template can carry."""

from __future__ import annotations

from typing import Any, NamedTuple


class Condition(NamedTuple):
    """A comparison of a path with a `value` that is written out, or with the value number `place` of those worked out."""

    path: str
    operator: str
    value: Any = None
    place: int | None = None


class QuerySpec(NamedTuple):
    """Rows of an `entity`, or those of a `view`: paths to select, conditions, order (path, descending), largest number."""

    entity: str = ""
    view: str = ""
    columns: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int = 20

    def constant(self) -> tuple[Any, ...]:
        """The same as plain tuples."""
        return (*self[:3], tuple(tuple(item) for item in self.conditions), *self[4:])

    @classmethod
    def of(cls, constant: tuple[Any, ...]) -> QuerySpec:
        """The spec of such tuples."""
        entity, view, columns, conditions, order, limit = constant
        return cls(entity, view, columns, tuple(Condition(*item) for item in conditions), order, limit)
