"""What narrows a list beyond its view and its search: conditions that a visitor chooses, of declared shapes.

A narrowing is the shape of a condition, on which the text of the statement depends; its values are bound by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import ColumnElement

from metadata.snapshot import Snapshot
from runtime.records.source import Source

MOST_KEPT = 500
Made = TypeVar("Made")


class Narrowing(Hashable, Protocol):
    """The shape of one condition. Two that are equal make the same text."""

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What a row must meet. False where it speaks of what may not be read."""
        ...

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """What rows are ordered by, smallest first, instead of the order of the list; None where that stays."""
        ...


def kept(snapshot: Snapshot, key: Hashable, make: Callable[[], Made]) -> Made:
    """What was made for a key that a visitor chose. Forgotten all at once when there are too many, so that it has an end."""
    shelf: dict[Hashable, Any] = snapshot.derive("narrowed statements", dict)
    found = shelf.get(key)
    if found is None:
        if len(shelf) >= MOST_KEPT:
            shelf.clear()
        found = shelf[key] = make()
    return cast(Made, found)
