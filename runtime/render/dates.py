"""Days and moments as a language writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time

from runtime.render.memo import remembered

NO_BREAK = "\u00a0"


def short_day(locale: Locale, this_year: int) -> Callable[[dt.date], str]:
    """Writes "9 Nov", with the year where it is another one."""

    def write(day: dt.date) -> str:
        skeleton = "MMMd" if day.year == this_year else "yMMMd"
        return format_skeleton(skeleton, day, locale=locale).replace(" ", NO_BREAK)

    return remembered(write)


def long_day(locale: Locale) -> Callable[[dt.date], str]:
    """Writes "9 November 2026"."""
    return remembered(lambda day: format_date(day, "long", locale=locale))


def clock(locale: Locale) -> Callable[[int], str]:
    """Writes the time of day, given in minutes since midnight."""

    def write(minutes: int) -> str:
        return format_time(dt.time(*divmod(minutes, 60)), "short", locale=locale).replace(" ", NO_BREAK)

    return remembered(write)


def moment(day: Callable[[dt.date], str], locale: Locale, zone: ZoneInfo, join: str) -> Callable[[dt.datetime], str]:
    """Writes a moment as it was on the clock of a zone: the day, `join`, the time."""
    time = clock(locale)

    def write(value: dt.datetime) -> str:
        local = value.astimezone(zone)
        return f"{day(local.date())}{join}{time(local.hour * 60 + local.minute)}"

    return write
