"""Where the values of an expression stand in a statement: what its compilers ask of whoever builds the statement."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import ColumnElement


class Columns(Protocol):
    """Where the values of an expression stand in a statement."""

    def column(self, path: str) -> ColumnElement[Any] | None:
        """The column of a name, typed as its attribute is; None for what may not be read, which is empty."""
        ...

    def related(self, relationship: str) -> Related | None:
        """The rows of a relationship, correlated with the outer row; None where they may not be read."""
        ...


class Related(Protocol):
    """The rows of a relationship."""

    @property
    def columns(self) -> Columns:
        """Where their values stand."""
        ...

    def one(self, value: ColumnElement[Any], condition: ColumnElement[bool] | None) -> ColumnElement[Any]:
        """A scalar subquery that gives `value`, an aggregate, over the rows for which the condition holds."""
        ...
