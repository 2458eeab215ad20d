"""What the theme is given of a list as a calendar."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.pages.card_view import Card


@dataclass(frozen=True, slots=True)
class Entry:
    """A row on one of its days. `time` is what the clock shows on that day, empty for all of it; `continued` tells that the
    row began on an earlier day."""

    card: Card
    time: str = ""
    continued: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A day: as ISO 8601, its number in the month, its name in full, the address that shows it alone, and what is on it.

    `outside` says that it is of another month than the one shown; `more` is how many entries are left out.
    """

    date: str
    number: str
    name: str
    url: str
    entries: tuple[Entry, ...] = ()
    more: int = 0
    today: bool = False
    outside: bool = False


@dataclass(frozen=True, slots=True)
class SpanTab:
    """A way to see more or fewer days."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class CalendarView:
    """The days shown, in weeks, with the ways to other days. `weekdays` are the days of a week in short and in full.

    `zone` names the clock where it may not be the person's; `note` says what is not shown.
    """

    span: str
    title: str
    weeks: tuple[tuple[Day, ...], ...]
    weekdays: tuple[tuple[str, str], ...]
    spans: tuple[SpanTab, ...]
    previous: str
    next: str
    today: str
    zone: str = ""
    note: str = ""
