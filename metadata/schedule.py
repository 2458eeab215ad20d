"""When a page or a web file is there: its dates as moments, in the time zone of its site."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from metadata.model import Page, WebFile

Dated = Page | WebFile
DAY = dt.timedelta(days=1)


def appears(page: Dated, zone: str) -> dt.datetime | None:
    """The moment from which it is there; a date alone is the beginning of that day. None where it has always been."""
    return _moment(dt.datetime.fromisoformat(page.visible_from), zone) if page.visible_from else None


def disappears(page: Dated, zone: str) -> dt.datetime | None:
    """The moment from which it is no longer there; a date alone is the end of that day. None where it stays."""
    if not page.visible_until:
        return None
    written = dt.datetime.fromisoformat(page.visible_until)
    return _moment(written if "T" in page.visible_until else written + DAY, zone)


def begins(written: str, zone: str) -> dt.datetime:
    """The moment that a date, or a date with the time of day, means in a time zone; a date alone is its beginning."""
    return _moment(dt.datetime.fromisoformat(written), zone)


def is_due(page: Dated, zone: str, at: dt.datetime) -> bool:
    """Whether it is there at a moment, as far as its dates say."""
    first, last = appears(page, zone), disappears(page, zone)
    return (first is None or first <= at) and (last is None or at < last)


def _moment(local: dt.datetime, zone: str) -> dt.datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
