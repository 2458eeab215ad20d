"""Statements of which the request chooses the shape, such as which attributes are given: kept, but not without end."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from metadata.snapshot import Snapshot

MOST_SHAPES = 1000
Made = TypeVar("Made")


def kept(snapshot: Snapshot, key: Hashable, make: Callable[[], Made]) -> Made:
    """What was made for this key. When there are too many keys all is forgotten, as somebody is inventing them."""
    shelf: dict[Hashable, Any] = snapshot.derive("shapes", dict)
    found = shelf.get(key)
    if found is None:
        if len(shelf) >= MOST_SHAPES:
            shelf.clear()
        found = shelf[key] = make()
    return cast(Made, found)
