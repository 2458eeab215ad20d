"""Long lists of values in parts that fit into a statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

LARGEST = 500
"""Values of one statement: SQLite takes no more than 999 in its oldest builds."""
Some = TypeVar("Some")


def batched(items: Iterable[Some], size: int = LARGEST) -> Iterator[list[Some]]:
    """The items in lists of this many, the last one shorter; what Python 3.12 has in itertools."""
    remaining = iter(items)
    while part := list(islice(remaining, size)):
        yield part
