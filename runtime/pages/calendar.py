"""A list as a calendar: a month, a week or a day of its rows, on the person's clock or on one that the list names.

Which days are shown stands in the address, as `on` and `span`; only their rows are fetched, in one statement.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from babel.dates import format_date, format_skeleton, get_day_names

from metadata.model import ListCalendar
from runtime.pages.calendar_view import CalendarView, Day, Entry, SpanTab
from runtime.pages.card_view import Card
from runtime.pages.layouts import LAYOUT, ON, SPAN, refuse
from runtime.pages.list_cards import cards_of
from runtime.pages.list_frame import TEMPLATE, emptiness_of, head_of
from runtime.pages.list_ready import ReadyList, chrome_of
from runtime.pages.list_states import denied_state
from runtime.pages.listing import listing_of
from runtime.pages.part import BlockAsk, Part
from runtime.pages.queries import UnusableArgument
from runtime.pages.speech import formats_of, text_of
from runtime.records.ask import ListAsk
from runtime.records.lists import ListPage, fetch_list
from runtime.records.prepared import Row
from runtime.records.source import trace
from runtime.records.spans import During, bound_during
from runtime.render import Formats, formats_for

SPANS = ("month", "week", "day")
SHOWN = {"month": 3, "week": 12, "day": 1000}
"""How many entries of a day are shown; the day alone shows the rest."""
MOST = 1000
"""Rows that are fetched; of more the calendar says that it is not complete."""
WEEKDAYS = {"monday": 0, "saturday": 5, "sunday": 6}
EARLIEST, LATEST = dt.date(1000, 1, 1), dt.date(8999, 12, 31)
WEEK = 7
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are asked for: the one named, all that are shown, and how they are written."""

    on: dt.date
    span: str
    first: dt.date
    count: int
    formats: Formats

    @property
    def all(self) -> tuple[dt.date, ...]:
        """Each of them."""
        return tuple(self.first + dt.timedelta(days=number) for number in range(self.count))


@dataclass(frozen=True, slots=True)
class _Stay:
    """A row on the calendar: its first and last day, and for moments the clock at its beginning and its end."""

    card: Card
    first: dt.date
    last: dt.date
    begins: dt.datetime | None = None
    ends: dt.datetime | None = None


def show_calendar(ask: BlockAsk, ready: ReadyList, asked: ListAsk) -> Part:
    """The list as a calendar. Raises UnusableArgument for days that cannot be, and for what a calendar has no use for."""
    declared, context = ready.model.calendar, ask.context
    if declared is None:
        raise UnusableArgument(ask.query.name(LAYOUT))
    days = wanted_days(ask, declared)
    wanted = asked_of(ask, ready, declared, asked, days)
    if ready.plan.column(declared.start) is None:
        denied = denied_state(context, ready.model.messages, ready.view.entity)
        return Part(TEMPLATE, replace(chrome_of(ask, ready, asked), state=denied), head_of(ask, ready))
    with context.stages.measure("fetch"):
        page = fetch_list(context.reader, ready.plan, context.principal, wanted)
    head, view = head_of(ask, ready), chrome_of(ask, ready, asked)
    if head.freshness is not None and head.freshness.as_of is None:
        view = replace(view, state=emptiness_of(ask, ready))
    else:
        view = replace(view, calendar=calendar_view(ask, ready, declared, page, days))
    return Part(TEMPLATE, view, head)


def wanted_days(ask: BlockAsk, declared: ListCalendar) -> Days:
    """The days that the address asks for, else those around today. Raises UnusableArgument."""
    own, context = ask.query.own, ask.context
    formats = formats_of(context)
    if declared.time_zone:
        formats = formats_for(context.language, declared.time_zone, context.site.model.currency)
    span = own.get(SPAN) or declared.span
    if span not in SPANS:
        raise UnusableArgument(ask.query.name(SPAN))
    on = _day(ask, own[ON]) if own.get(ON) else dt.datetime.now(formats.zone).date()
    first_day = WEEKDAYS.get(declared.first_day, formats.locale.first_week_day)
    if span == "day":
        return Days(on, span, on, 1, formats)
    if span == "week":
        return Days(on, span, _week_of(on, first_day), WEEK, formats)
    first = _week_of(on.replace(day=1), first_day)
    weeks = -(-(_next_month(on) - first).days // WEEK)
    return Days(on, span, first, weeks * WEEK, formats)


def asked_of(ask: BlockAsk, ready: ReadyList, declared: ListCalendar, asked: ListAsk, days: Days) -> ListAsk:
    """The ask for the rows of the days alone, in their order. Raises UnusableArgument for what a calendar has no use for."""
    refuse(ask, "page", "after", "before", "sort")
    moments = _moments(ready, declared)
    bound = bound_during(days.first, days.count, days.formats.zone if moments else None)
    return replace(
        asked,
        page=1,
        page_size=MOST,
        sort=((declared.start, False),),
        narrowings=(*asked.narrowings, During(declared.start, declared.end, moments)),
        bound=(*asked.bound, *bound),
    )


def calendar_view(ask: BlockAsk, ready: ReadyList, declared: ListCalendar, page: ListPage, days: Days) -> CalendarView:
    """The days with their rows."""
    text, formats = text_of(ask.context), days.formats
    stays = _stays(ask, ready, declared, page, days)
    today = dt.datetime.now(formats.zone).date()
    shown = [_shown_day(ask, day, stays, days, today) for day in days.all]
    width = len(shown) if days.span == "day" else WEEK
    note = text("calendar.too_many", count=MOST) if page.next_after is not None else ""
    return CalendarView(
        span=days.span,
        title=_title(days),
        weeks=tuple(tuple(shown[at : at + width]) for at in range(0, len(shown), width)),
        weekdays=tuple(_weekday(day, formats) for day in days.all[:width]),
        spans=tuple(_span_tab(ask, declared, days, span) for span in SPANS),
        previous=_turn(ask, days, -1),
        next=_turn(ask, days, 1),
        today=ask.query.link(**{ON: None}),
        zone=text("calendar.zone", zone=formats.zone.key.replace("_", " ")) if declared.time_zone else "",
        note=note or ("" if stays else text("calendar.nothing")),
    )


def _day(ask: BlockAsk, raw: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(raw) if _DAY.fullmatch(raw) else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        raise UnusableArgument(ask.query.name(ON))
    return day


def _week_of(day: dt.date, first_day: int) -> dt.date:
    return day - dt.timedelta(days=(day.weekday() - first_day) % WEEK)


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


def _moments(ready: ReadyList, declared: ListCalendar) -> bool:
    """Whether rows are placed by moments; of a path that may not be read there is nothing to place."""
    leaves = trace(ready.plan.snapshot, ready.plan.standing, ready.plan.entity.key, declared.start)
    return leaves is not None and leaves[-1].attribute.type.name == "datetime"


def _stays(ask: BlockAsk, ready: ReadyList, declared: ListCalendar, page: ListPage, days: Days) -> list[_Stay]:
    listing = listing_of(ask.context, ready.plan, ready.look, days.formats)
    cards = cards_of(page, listing, ready.links, frozenset({declared.start, declared.end, declared.all_day}))
    zone = days.formats.zone
    stays = []
    for card, row in zip(cards, page.rows, strict=True):
        start, end, whole = (_value(ready, path, row) for path in (declared.start, declared.end, declared.all_day))
        if isinstance(start, dt.datetime):
            stays.append(_of_moments(card, start.astimezone(zone), end.astimezone(zone) if end else None, whole=bool(whole)))
        elif start is not None:
            stays.append(_Stay(card, start, max(start, end or start)))
    return stays


def _of_moments(card: Card, begins: dt.datetime, ends: dt.datetime | None, *, whole: bool) -> _Stay:
    """An end at midnight is of the day before: who stays until then is gone the next day."""
    lasts = ends is not None and ends > begins
    last = (ends - dt.timedelta(microseconds=1)).date() if ends is not None and lasts else begins.date()
    if whole:
        return _Stay(card, begins.date(), last)
    return _Stay(card, begins.date(), last, begins, ends if lasts else None)


def _value(ready: ReadyList, path: str, row: Row) -> Any:
    planned = ready.plan.column(path) if path else None
    return None if planned is None else row[planned.index]


def _shown_day(ask: BlockAsk, day: dt.date, stays: Sequence[_Stay], days: Days, today: dt.date) -> Day:
    mine = [stay for stay in stays if stay.first <= day <= stay.last]
    mine.sort(key=lambda stay: stay.begins is not None and stay.first == day)  # stable: whole days first, then by the clock
    most = SHOWN[days.span]
    kept = mine if len(mine) <= most else mine[: most - 1]  # one more line says how many are left out
    return Day(
        date=day.isoformat(),
        number=format_date(day, "d", locale=days.formats.locale),
        name=format_date(day, "full", locale=days.formats.locale),
        url=ask.query.link(**{ON: day.isoformat(), SPAN: "day"}),
        entries=tuple(_entry(ask, stay, day, days) for stay in kept),
        more=len(mine) - len(kept),
        today=day == today,
        outside=days.span == "month" and day.month != days.on.month,
    )


def _entry(ask: BlockAsk, stay: _Stay, day: dt.date, days: Days) -> Entry:
    return Entry(stay.card, _clock(ask, stay, day, days), continued=stay.first < day)


def _clock(ask: BlockAsk, stay: _Stay, day: dt.date, days: Days) -> str:
    """What the clock shows: in a month when it begins, else until when as well; on its last day when it ends."""
    if stay.begins is None:
        return ""
    text, time = text_of(ask.context), days.formats.time
    if day > stay.first:
        return text("calendar.until", time=time(stay.ends)) if stay.ends is not None and day == stay.last else ""
    begins = time(stay.begins)
    if stay.ends is None or day < stay.last or days.span == "month":
        return begins
    return f"{begins}–{time(stay.ends)}"


def _title(days: Days) -> str:
    locale = days.formats.locale
    if days.span == "month":
        return str(format_skeleton("yMMMM", days.on, locale=locale))
    if days.span == "day":
        return str(format_date(days.on, "full", locale=locale))
    return f"{format_date(days.first, 'long', locale=locale)} – {format_date(days.all[-1], 'long', locale=locale)}"


def _weekday(day: dt.date, formats: Formats) -> tuple[str, str]:
    short = get_day_names("abbreviated", "stand-alone", formats.locale)[day.weekday()]
    return str(short), str(get_day_names("wide", "stand-alone", formats.locale)[day.weekday()])


def _span_tab(ask: BlockAsk, declared: ListCalendar, days: Days, span: str) -> SpanTab:
    label = text_of(ask.context)(f"calendar.{span}")
    return SpanTab(label, ask.query.link(**{SPAN: "" if span == declared.span else span}), span == days.span)


def _turn(ask: BlockAsk, days: Days, way: int) -> str:
    """The address of the days before or after; "" beyond the years that a calendar shows."""
    if days.span == "month":
        on = _next_month(days.on) if way > 0 else (days.on.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    else:
        on = days.on + dt.timedelta(days=way * (WEEK if days.span == "week" else 1))
    return ask.query.link(**{ON: on.isoformat()}) if EARLIEST <= on <= LATEST else ""
