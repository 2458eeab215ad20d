"""The groups of a chart as people read them: their names, the spans of time between them, and where their rows are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from babel.dates import format_skeleton

from metadata.model import Chart
from metadata.snapshot import CompiledAttribute
from runtime.context import RequestContext
from runtime.pages.addresses import page_url, quoted
from runtime.pages.content import words_of
from runtime.pages.layouts import LAYOUT, TABLE, layouts_of
from runtime.pages.list_filters import Declared, filters_of
from runtime.pages.list_places import list_of, views_of
from runtime.pages.part import BlockAsk
from runtime.pages.speech import formats_of, text_of
from runtime.records.figures import Group
from runtime.sitemap import readable_pages

MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Way:
    """Where the rows of a chart are: the address of their list, what begins its arguments, and the filter by the groups."""

    url: str
    prefix: str = ""
    filter: Declared | None = None

    def to(self, group: Group, by: str) -> str:
        """The address of a group's rows; "" where there is none."""
        if self.filter is None or group.key is None:
            return ""
        joint = "&" if "?" in self.url else "?"
        names = [quoted(self.prefix + name) for name in self.filter.names]
        if isinstance(group.key, dt.date):
            last = following(group.key, by) - dt.timedelta(days=1)
            return f"{self.url}{joint}{names[0]}={group.key.isoformat()}&{names[1]}={last.isoformat()}"
        value = str(int(group.key)) if isinstance(group.key, bool) else str(group.key)
        return f"{self.url}{joint}{names[0]}={quoted(value)}"


def way_of(ask: BlockAsk, model: Chart) -> Way | None:
    """The way to the list that a chart names; None where there is none, or none for this person."""
    context = ask.context
    node = context.site.pages.get(model.page)
    if node is None or model.page not in readable_pages(context.snapshot, context.site, context.principal.roles):
        return None
    there = list_of(context, node.page, model.view)
    if there is None:
        return None
    found, prefix = there
    layouts = layouts_of(found)
    arguments = {
        "view": "" if views_of(context, found)[0] == model.view else model.view,
        LAYOUT: TABLE if TABLE in layouts and layouts[0] != TABLE else "",
    }
    query = "&".join(f"{quoted(prefix + name)}={quoted(value)}" for name, value in arguments.items() if value)
    url = page_url(context, node, ask.keys)
    chosen = next((one for one in filters_of(context, found) if model.filter and one.model.key == model.filter), None)
    return Way(f"{url}?{query}" if query else url, prefix, chosen)


def group_name(context: RequestContext, attribute: CompiledAttribute, group: Group, by: str) -> str:
    """What a group is called."""
    text, key = text_of(context), group.key
    if key is None:
        return text("value.none")
    if isinstance(key, bool):
        return text("value.yes" if key else "value.no")
    if isinstance(key, dt.date):
        return span_name(context, key, by)
    if attribute.type.name == "choice":
        options = {option.value: option for option in context.snapshot.choices[attribute.model.choice].options}
        return (words_of(context, options[key].label) if key in options else "") or str(key)
    if attribute.type.name == "lookup":
        return group.name
    return formats_of(context).number(key, attribute) if isinstance(key, int) else str(key)


def without_gaps(groups: list[Group], by: str, most: int) -> list[Group]:
    """The groups of spans of time with those between them that have no rows, of which the last so many."""
    dated = {group.key: group for group in groups if isinstance(group.key, dt.date)}
    if not dated:
        return groups
    first, key = min(dated), max(dated)
    found: list[Group] = []
    while key >= first and len(found) < most:
        found.insert(0, dated.get(key) or Group(key, "", Decimal(0), 0))
        key = preceding(key, by)
    return [*found, *(group for group in groups if group.key is None)]


def following(day: dt.date, by: str) -> dt.date:
    """The first day of the next span of time."""
    return _moved(day, by, 1)


def preceding(day: dt.date, by: str) -> dt.date:
    """The first day of the span of time before."""
    return _moved(day, by, -1)


def _moved(day: dt.date, by: str, way: int) -> dt.date:
    if by in DAYS:
        return day + dt.timedelta(days=way * DAYS[by])
    months = day.year * 12 + day.month - 1 + way * MONTHS[by]
    return dt.date(months // 12, months % 12 + 1, 1)


def span_name(context: RequestContext, day: dt.date, by: str) -> str:
    """What a span of time is called, from its first day."""
    formats = formats_of(context)
    match by:
        case "week":
            return text_of(context)("chart.week", day=formats.day(day))
        case "month":
            return str(format_skeleton("yMMM", day, locale=formats.locale))
        case "quarter":
            return str(format_skeleton("yQQQ", day, locale=formats.locale))
        case "year":
            return str(day.year)
    return formats.day(day)
