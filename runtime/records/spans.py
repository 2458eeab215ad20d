"""The rows of some days: those that begin in them, and those that began before and last into them.

Days are those of a clock on a wall: for moments they begin at midnight in a time zone, and an end at midnight is still of the
day before; a row with dates lasts to the end of its last day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, false, or_

from runtime.records.source import Source

FIRST, BEYOND = "s_first", "s_beyond"


@dataclass(frozen=True, slots=True)
class During:
    """The narrowing to rows of some days; `start` and `end` are paths to dates, or to date-times if `moments`."""

    start: str
    end: str
    moments: bool

    @property
    def ranks(self) -> bool:
        """No."""
        return False

    def condition(self, source: Source) -> ColumnElement[bool]:
        """It has begun before the days are over, and is not over before they begin."""
        start = source.value(self.start)
        if start is None:
            return false()
        first, beyond = self._bind(FIRST, start), self._bind(BEYOND, start)
        end = source.value(self.end) if self.end else None
        if end is None:
            return and_(start >= first, start < beyond)
        lasting = end > first if self.moments else end >= first
        return and_(start < beyond, or_(start >= first, lasting))

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """The order stays."""
        return None

    def _bind(self, name: str, column: ColumnElement[Any]) -> BindParameter[Any]:
        return bindparam(name, type_=column.type)


def bound_during(first: dt.date, days: int, zone: dt.tzinfo | None) -> tuple[tuple[str, Any], ...]:
    """The values of the binds of `During` for so many days; `zone` is that of their midnights, None for dates."""
    beyond = first + dt.timedelta(days=days)
    if zone is None:
        return ((FIRST, first), (BEYOND, beyond))
    return ((FIRST, _midnight(first, zone)), (BEYOND, _midnight(beyond, zone)))


def _midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
