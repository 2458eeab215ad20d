"""How old the rows of an entity are: the port through which pages ask, and what they are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Freshness:
    """The age of an entity's rows. `as_of` is None until the first synchronisation has finished.

    `late` says that the next update should have come by now; `minutes` is the usual distance of two updates, 0 where
    there is none.
    """

    as_of: dt.datetime | None
    late: bool = False
    minutes: int = 0


class FreshnessPort(Protocol):
    """Tells the freshness of an entity, or None where its rows come from no other system."""

    def __call__(self, entity: str) -> Freshness | None:
        """The freshness of an entity's rows."""
        ...


def unknown(entity: str) -> Freshness | None:
    """The port of an installation without connections."""
    return None


def oldest(found: Iterable[Freshness | None]) -> Freshness | None:
    """What is said of a page whose rows are of several ages: of those that are late, else of the oldest; None for no age."""
    known = [(not one.late, one.as_of, one) for one in found if one is not None and one.as_of is not None]
    return min(known, key=lambda one: one[:2])[2] if known else None
