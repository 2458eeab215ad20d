"""What narrows a list beyond its view and its search: conditions that a visitor chooses, of declared shapes.

A narrowing is the shape of a condition, on which the text of the statement depends; its values are bound by their names.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

from sqlalchemy import ColumnElement

from runtime.records.source import Source


class Narrowing(Hashable, Protocol):
    """The shape of one condition. Two that are equal make the same text."""

    @property
    def ranks(self) -> bool:
        """Whether it puts rows into an order of its own."""
        ...

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What a row must meet. False where it speaks of what may not be read."""
        ...

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """What rows are ordered by, smallest first, instead of the order of the list; None where that stays."""
        ...
